"""The GRU against torch's."""

import pytest
import torch
from torch import nn

from emofusion.models import recurrence
from emofusion.models.recurrence import GRU


def pair(bidirectional, dtype=torch.float64, seed=0):
    torch.manual_seed(seed)
    ours = GRU(5, 4, bidirectional=bidirectional).to(dtype)
    like = nn.GRU(5, 4, batch_first=True, bidirectional=bidirectional).to(dtype)
    like.load_state_dict(ours.state_dict())
    return ours, like


def results(gru, x, above):
    """What comes out, and the gradients of a sum that weighs all of it."""
    states, last = gru(x)
    total = (states * above).sum() + last.square().sum()
    return [states, last, *torch.autograd.grad(total, [x, *gru.parameters()])]


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("time", [1, 2, 3, 4, 7])
def test_states_and_gradients_are_those_of_torch(monkeypatch, bidirectional, time):
    monkeypatch.setattr(recurrence, "CHUNK", 3)
    ours, like = pair(bidirectional)
    x = torch.randn(3, time, 5, dtype=torch.float64, requires_grad=True)
    above = torch.randn(3, time, 8 if bidirectional else 4, dtype=torch.float64)
    torch.testing.assert_close(results(ours, x, above), results(like, x, above))


def test_without_gradients_the_states_are_the_same():
    ours, _ = pair(bidirectional=True)
    x = torch.randn(3, 6, 5, dtype=torch.float64)
    with torch.no_grad():
        states, last = ours(x)
    torch.testing.assert_close((states, last), ours(x), rtol=0, atol=0)


def test_time_first_memory_gives_the_same_states():
    ours, _ = pair(bidirectional=True)
    x = torch.randn(6, 3, 5, dtype=torch.float64).transpose(0, 1)
    torch.testing.assert_close(ours(x), ours(x.contiguous()), rtol=0, atol=0)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_seeds_side_by_side_are_each_as_alone(bidirectional):
    seeds = [pair(bidirectional, seed=seed)[1] for seed in range(3)]
    ours, _ = pair(bidirectional)
    for name, parameter in ours.named_parameters():
        parameter.data = torch.stack([seed.get_parameter(name).data for seed in seeds])
    x = torch.randn(3, 2, 6, 5, dtype=torch.float64)
    states, last = ours(x)
    above = torch.randn_like(states)
    gradients = torch.autograd.grad(states, list(ours.parameters()), above)
    for number, seed in enumerate(seeds):
        expected = seed(x[number])
        torch.testing.assert_close((states[number], last[number]), expected)
        alone = torch.autograd.grad(expected[0], list(seed.parameters()), above[number])
        torch.testing.assert_close([gradient[number] for gradient in gradients], list(alone))
