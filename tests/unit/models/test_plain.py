"""Every model computes what its plain build from torch.nn computes."""

import pytest
import torch
from plain import BUILDS, WITHOUT_DROPOUT, gradients, plain, random_batch
from plain import SIZES as SMALL

from emofusion.models import build_model, registry

SYSTEMS = [
    (model, modalities) for model, entry in registry().items() for modalities in entry.sets()
]
LARGEST = [(model, max(entry.sets(), key=len)) for model, entry in registry().items()]
SIZES = {
    "small": SMALL | {"width": 12, "text_hidden": 5, "vision_hidden": 4, "audio_hidden": 6},
    "odd": {
        "lengths": {"text": 31, "vision": 17, "audio": 97},
        "widths": {"text": 19, "vision": 67, "audio": 13},
        "hidden": 7,
        "heads": 2,
        "vision_steps": 11,
        "audio_steps": 53,
        "width": 22,
        "text_hidden": 9,
        "vision_hidden": 8,
        "audio_hidden": 10,
    },
}
DROPPING = [(model, modalities, {}) for model, modalities in LARGEST if model != "mean"] + [
    (model, modalities, {"text_dropout": 0.25, "attention_dropout": 0.0})
    for model, modalities in LARGEST
    if "text_dropout" in registry()[model].sizes
]
"""One kind of dropout at a time: a large one would hide another."""
TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-10}


def system(model, modalities, batch, sizes, **more):
    """A model of these sizes, as far as it knows them, and a batch."""
    torch.manual_seed(1)
    inputs, build = random_batch(model, modalities, batch, sizes["lengths"], sizes["widths"])
    known = registry()[model].sizes
    chosen = {name: size for name, size in (sizes | more).items() if name in known}
    return build_model(model, modalities, **build, **chosen), inputs


def cast(inputs, dtype):
    return {name: x.to(dtype) if x.is_floating_point() else x for name, x in inputs.items()}


def assert_close(found, expected, dtype):
    torch.testing.assert_close(found, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize(("model", "modalities"), SYSTEMS)
def test_logits_and_all_gradients_are_those_of_the_plain_build(model, modalities, sizes, dtype):
    ours, inputs = system(model, modalities, 5, SIZES[sizes], **WITHOUT_DROPOUT)
    ours, inputs = ours.to(dtype), cast(inputs, dtype)
    other = plain(ours)
    weight = torch.randn(5, 7, dtype=dtype)
    found, expected = ours(inputs), other(inputs)
    assert_close(found, expected, dtype)
    for logits in (found, expected):
        (logits * weight).sum().backward()
    assert_close(gradients(ours), gradients(other), dtype)


@pytest.mark.parametrize(("model", "modalities"), SYSTEMS)
def test_evaluation_drops_nothing_and_gives_the_logits_of_the_plain_build(model, modalities):
    ours, inputs = system(model, modalities, 5, SIZES["odd"])
    with torch.no_grad():
        assert_close(ours.eval()(inputs), plain(ours)(inputs), torch.float32)


@pytest.mark.parametrize(("model", "modalities", "dropout"), DROPPING)
def test_dropout_spreads_the_logits_as_in_the_plain_build(model, modalities, dropout):
    """One utterance many times in a batch: each row is a draw."""
    draws = 4000
    ours, inputs = system(model, modalities, 1, SIZES["small"], **dropout)
    rows = {name: x.expand(draws, *x.shape[1:]) for name, x in inputs.items()}
    torch.manual_seed(2)
    with torch.no_grad():
        found, expected = (build(rows).double() for build in (ours, plain(ours)))
    assert standard_errors(found, expected).max() < 4
    squares = ((logits - logits.mean(dim=0)) ** 2 for logits in (found, expected))
    assert standard_errors(*squares).max() < 4


def standard_errors(a, b):
    """How far two samples [draw, logit] are apart in their mean, [logit]."""
    return (a.mean(dim=0) - b.mean(dim=0)).abs() / ((a.var(dim=0) + b.var(dim=0)) / len(a)).sqrt()


@pytest.mark.parametrize(("model", "modalities", "dropout"), DROPPING)
def test_every_step_draws_its_own_dropout(model, modalities, dropout):
    ours, inputs = system(model, modalities, 2, SIZES["small"], **dropout)
    assert not torch.equal(ours(inputs), ours(inputs))


@pytest.mark.parametrize(("model", "modalities"), LARGEST)
def test_the_plain_build_has_none_of_our_fast_layers_and_shares_no_weight(model, modalities):
    ours, _ = system(model, modalities, 1, SIZES["small"])
    other = plain(ours)
    assert not BUILDS.keys() & {type(module) for module in other.modules()}
    places = [{p.data_ptr() for p in build.parameters()} for build in (ours, other)]
    assert not places[0] & places[1]
