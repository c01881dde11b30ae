import math

import torch
from torch import nn

from emofusion.models import build_model

LN3 = math.log(3)


class Encoded(nn.Module):
    """Stands for an encoder: states [time] of one sequence with two valid steps."""

    def __init__(self, *states):
        super().__init__()
        self.states = torch.tensor(states).reshape(1, -1, 1)

    def forward(self, inputs):
        return self.states, torch.tensor([2]), self.states[:, 1]


def test_parameter_count():
    sizes = [(300, 200), (2048, 128), (120, 200)]
    encoders = sum(3 * (w * h + h * h + 2 * h) for w, h in sizes)
    to_vision = 400 * 128 + 128
    to_audio = to_text = 328 * 200 + 200
    # Seven hops: vision, audio, text, vision, audio, text, vision.
    hops = 3 * to_vision + 2 * to_audio + 2 * to_text
    network = build_model("amh", "tva")
    assert sum(p.numel() for p in network.parameters()) == encoders + hops + 528 * 7 + 7


def test_hops_by_hand():
    one = {"text_hidden": 1, "vision_hidden": 1, "audio_hidden": 1}
    widths = {"text": 1, "vision": 1, "audio": 1}
    network = build_model("amh", "tva", widths=widths, classes=3, hops=4, **one)
    network.encoders = nn.ModuleDict(
        {  # the third step is padding
            "text": Encoded(0.0, LN3, 50.0),
            "vision": Encoded(1.0, 0.0, 50.0),
            "audio": Encoded(2.0, 0.0, 50.0),
        }
    )
    # Hop 1, vision: query 1 text + 7 audio = ln 3; scores ln 3, 0; weights 3/4, 1/4 -> 3/4.
    # Hop 2, audio: query text + 4 vision - 3 = ln 3; scores 2 ln 3, 0; weights 9/10, 1/10 -> 1.8.
    # Hop 3, text: query 0 vision + audio - 0.8 = 1; scores 0, ln 3; weights 1/4, 3/4 -> 3/4 ln 3.
    # Hop 4, vision: query 4/3 text + 5 audio - 9 = ln 3 -> 3/4 again, as hops read the states.
    hops = [((1, 7), 0), ((1, 4), -3), ((0, 1), -0.8), ((4 / 3, 5), -9)]
    for query, (weights, bias) in zip(network.queries, hops, strict=True):
        query.weight.data = torch.tensor([weights], dtype=torch.float32)
        query.bias.data.fill_(bias)
    network.output.weight.data = torch.eye(3)
    expected = torch.tensor([[0.75 * LN3, 0.75, 1.8]])  # text, vision, audio
    torch.testing.assert_close(network({}), expected)
