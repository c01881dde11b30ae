"""Layers with and without an axis of seeds, and what dropout draws."""

import pytest
import torch

from emofusion.models.layers import Dropout, DropoutMask, Linear, draw_dropout_keys, dropout_streams

CPU = torch.device("cpu")


def streams(*seeds):
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def test_linear_layers_side_by_side_are_each_as_alone():
    seeds = [Linear(3, 2) for _ in range(4)]
    x = torch.randn(4, 5, 6, 3)
    expected = torch.stack([seed(part) for seed, part in zip(seeds, x, strict=True)])
    side_by_side = Linear(3, 2)
    for name in ("weight", "bias"):
        parameter = side_by_side.get_parameter(name)
        parameter.data = torch.stack([seed.get_parameter(name).data for seed in seeds])
    torch.testing.assert_close(side_by_side(x), expected)
    torch.testing.assert_close(side_by_side(x[:, 0, 0:1]), expected[:, 0, 0:1])


@pytest.mark.parametrize("p", [0.1, 0.25, 0.5])
def test_elements_are_dropped_with_their_probability(p):
    n = 1_000_000
    share = 1 - DropoutMask(7, p, CPU).draw((n,)).double().mean().item()
    assert share == pytest.approx(p, abs=4 * (p * (1 - p) / n) ** 0.5)


def test_neighbours_are_dropped_independently():
    """The four decisions of one draw, and those of two draws."""
    kept = DropoutMask(7, 0.5, CPU).draw((250_000, 4)) - 0.5
    pairs = [kept[:, i] * kept[:, j] for i in range(4) for j in range(i)]
    pairs.append(kept[1:, 0] * kept[:-1, 3])
    for product in pairs:
        assert product.mean().abs() < 4 * 0.25 / len(kept) ** 0.5


def test_the_probability_is_met_and_the_scale_makes_up_for_it():
    kept = DropoutMask(1, 0.1, CPU)
    assert kept.dropped / 2**16 == pytest.approx(0.1, abs=1e-5)
    assert kept.scale * (1 - kept.dropped / 2**16) == 1


@pytest.mark.parametrize("dropped", [1, 2**15, 2**16 - 1])
def test_what_stays_are_the_numbers_above_the_bound(monkeypatch, dropped):
    every = torch.arange(-(2**15), 2**15, dtype=torch.int16)
    monkeypatch.setattr(DropoutMask, "_bits", lambda self, n: every.clone())
    kept = DropoutMask(1, dropped / 2**16, CPU).draw((2**16,))
    assert kept.tolist() == [0] * dropped + [1] * (2**16 - dropped)


def test_a_key_gives_the_same_draws_in_turn():
    first, second = DropoutMask(5, 0.5, CPU), DropoutMask(5, 0.5, CPU)
    for n in (3, 8, 5):
        assert first.draw((n,)).tolist() == second.draw((n,)).tolist()
    assert DropoutMask(5, 0.5, CPU).draw((64,)).tolist() != first.draw((64,)).tolist()


def test_dropout_of_a_seed_is_the_same_beside_others():
    x = torch.ones(2, 3, 50)
    with dropout_streams(streams(1, 2)):
        together = Dropout(0.5)(x)
    with dropout_streams(streams(2)):
        alone = Dropout(0.5)(x[1:])
    assert together[1].tolist() == alone[0].tolist()
    assert together[0].tolist() != together[1].tolist()


def test_dropout_keeps_the_mean_and_is_gone_in_evaluation():
    torch.manual_seed(0)
    dropout, x = Dropout(0.25), torch.ones(400, 500)
    dropped = dropout(x)
    assert sorted({round(value, 5) for value in dropped.flatten().tolist()}) == [0, 1.33333]
    assert dropped.mean().item() == pytest.approx(1, abs=0.006)  # 4 standard errors
    assert dropout.eval()(x) is x


def test_dropout_of_float64_scales_in_float64():
    torch.manual_seed(0)
    dropped = Dropout(0.1)(torch.ones(100, dtype=torch.float64))
    assert dropped.max().item() == DropoutMask(1, 0.1, CPU).scale


def test_without_streams_torch_s_own_generator_decides():
    torch.manual_seed(3)
    first = draw_dropout_keys()
    torch.manual_seed(3)
    assert draw_dropout_keys() == first
    with dropout_streams(streams(1, 1)):
        one, other = draw_dropout_keys()
    assert one == other != first[0]
