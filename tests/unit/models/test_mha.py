import math

import pytest
import torch
from torch import nn

from emofusion.models import build_model

LN3 = math.log(3)


class Encoded(nn.Module):
    """Stands for an encoder: states [time] of one sequence, two of them valid, and a last one."""

    def __init__(self, states, last):
        super().__init__()
        self.states = torch.tensor(states).reshape(1, -1, 1)
        self.last = torch.tensor([[last]])

    def forward(self, inputs):
        return self.states, torch.tensor([2]), self.last


@pytest.mark.parametrize(
    ("modalities", "widths"), [("tv", (300, 2048)), ("ta", (300, 120)), ("va", (2048, 120))]
)
def test_parameter_counts(modalities, widths):
    # Two directions of four gates: 8 (w h + h h + 2 h); the hops have no parameters.
    encoders = sum(8 * (w * 200 + 200 * 200 + 400) for w in widths)
    network = build_model("mha", modalities)
    assert sum(p.numel() for p in network.parameters()) == encoders + 2 * 400 * 7 + 7


def test_encoders_read_in_both_directions():
    torch.manual_seed(1)
    encoder = build_model("mha", "ta", widths={"text": 5, "audio": 4}, hidden=3).eval().first
    lstm = nn.LSTM(4, 3, batch_first=True, bidirectional=True)
    onward, backward = (part.rnn.state_dict() for part in encoder.rnns)
    lstm.load_state_dict(onward | {f"{name}_reverse": w for name, w in backward.items()})
    x = torch.randn(1, 6, 4)
    states, _, last = encoder({"audio": x, "audio_lengths": torch.tensor([4])})
    expected, (ends, _) = lstm(x[:, :4])  # the valid steps alone
    torch.testing.assert_close(states[:, :4], expected)
    torch.testing.assert_close(last, ends.transpose(0, 1).flatten(start_dim=1))


def test_hops_by_hand():
    network = build_model("mha", "ta")
    network.first = Encoded([0.0, 4 / 3 * LN3, 50.0], last=LN3)  # the third step is padding
    network.second = Encoded([1.0, 0.0, 50.0], last=9.0)
    network.output = nn.Identity()
    # Hop 1 over the second: query ln 3; scores ln 3, 0; weights 3/4, 1/4 -> 3/4.
    # Hop 2 over the first: query 3/4; scores 0, ln 3; weights 1/4, 3/4 -> ln 3.
    # Hop 3 over the second: query ln 3 -> 3/4.
    torch.testing.assert_close(network({}), torch.tensor([[LN3, 0.75]]))


@pytest.mark.parametrize(
    ("modalities", "first", "second"),
    [("tv", "vision", "text"), ("ta", "audio", "text"), ("va", "audio", "vision")],
)
def test_audio_begins_else_vision(modalities, first, second):
    network = build_model("mha", modalities)
    assert (network.first.source.name, network.second.source.name) == (first, second)
