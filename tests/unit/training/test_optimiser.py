"""Adam and the falling learning rate, against torch.optim."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from emofusion.training.optimiser import Adam, Plateau


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_adam_is_torchs_to_the_bit_also_after_its_state_was_saved(dtype):
    torch.manual_seed(0)
    start, gradients = torch.randn(7, dtype=dtype), torch.randn(6, 7, dtype=dtype)
    expected = torch.nn.Parameter(start.clone())
    theirs = torch.optim.Adam([expected], lr=0.1, fused=True)
    weights = start.clone()
    ours = Adam(weights, 0.1)
    for number, gradient in enumerate(gradients):
        if number == 3:
            state, ours = ours.state(), Adam(weights, 9.0)
            ours.restore(state)
        expected.grad = gradient
        theirs.step()
        ours.step(gradient)
        assert torch.equal(weights, expected)


def test_the_first_step_of_adam_is_the_learning_rate_against_the_gradients_sign():
    weights = torch.zeros(2)
    Adam(weights, 0.25).step(torch.tensor([3.0, -0.5]))
    assert weights.tolist() == pytest.approx([-0.25, 0.25])


@given(
    st.lists(st.sampled_from([1.0, 0.99995, 0.9, 0.5, math.nan]), max_size=30),
    st.sampled_from([0, 1, 2, None]),
)
def test_the_learning_rate_falls_when_torchs_does(losses, patience):
    ours = Adam(torch.zeros(1), 0.1)
    plateau = Plateau(ours, 0.5, patience)
    theirs = torch.optim.Adam([torch.zeros(1)], lr=0.1)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(
        theirs, factor=0.5, patience=math.inf if patience is None else patience
    )
    for loss in losses:
        plateau.step(loss)
        schedule.step(loss)
        assert ours.learning_rate == theirs.param_groups[0]["lr"]


def test_the_learning_rate_falls_after_more_checks_than_the_patience():
    optimiser = Adam(torch.zeros(1), 0.8)
    plateau = Plateau(optimiser, 0.5, 1)
    rates = []
    for loss in (1.0, 1.0, 1.0, 0.5, 0.5, 0.5):
        plateau.step(loss)
        rates.append(optimiser.learning_rate)
    assert rates == [0.8, 0.8, 0.4, 0.4, 0.4, 0.2]
