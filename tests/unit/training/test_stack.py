"""Seeds side by side against each seed alone."""

import pytest
import torch
from plain import SIZES as SMALL
from torch import nn

from emofusion.modalities import MODALITIES
from emofusion.models import build_model
from emofusion.models.layers import Dropout, Linear
from emofusion.models.selfcross import MODELS
from emofusion.training import stack as stack_module
from emofusion.training.stack import Stack

SIZES = SMALL | {"attention_dropout": 0.3, "text_dropout": 0.2}


class Plain(nn.Module):
    """A model that knows nothing of seeds, with all that a module may have."""

    def __init__(self):
        super().__init__()
        self.frozen = nn.Linear(2, 3).requires_grad_(False)
        self.norm = nn.BatchNorm1d(3)
        self.dropouts = nn.Sequential(nn.Dropout(0.5), Dropout(0.5))
        self.output = nn.Linear(3, 3)
        self.tied = nn.Linear(3, 3)
        self.tied.weight = self.output.weight
        self.transposed = nn.Parameter(torch.randn(2, 3).T)
        self.unused = nn.Parameter(torch.ones(()))

    def forward(self, inputs):
        x = self.dropouts(self.norm(self.frozen(inputs["text"])))
        return self.tied(self.output(x)) @ self.transposed


class SideBySide(nn.Module):
    """A model for seeds side by side that does not train all it has."""

    side_by_side = True

    def __init__(self):
        super().__init__()
        self.register_buffer("scale", torch.rand(()))
        self.frozen = Linear(2, 3).requires_grad_(False)
        self.output = Linear(3, 2)

    def forward(self, inputs):
        return self.output(self.frozen(inputs["text"])) * self.scale[..., None, None]


def streams(numbers):
    return [torch.Generator().manual_seed(number) for number in numbers]


def step(models, inputs, numbers, **options):
    """Losses, gradients and states after a step in training."""
    stack = Stack(models[0], [model.state_dict() for model in models])
    stack.train()
    losses, gradients = stack.gradients(
        inputs, streams(numbers), lambda logits, _: logits.square().mean(dim=(1, 2)), **options
    )
    return losses, gradients, [stack.state_dict(number) for number in range(len(models))]


def assert_as_alone(models, inputs):
    numbers = range(len(models))
    losses, gradients, states = step(models, inputs, numbers)
    for i in numbers:
        own = {name: values[i : i + 1] for name, values in inputs.items()}
        alone = step(models[i : i + 1], own, [i])
        torch.testing.assert_close((losses[i], gradients[i]), (alone[0][0], alone[1][0]))
        torch.testing.assert_close(states[i], alone[2][0])
    assert len(set(losses.tolist())) == len(models)


@pytest.mark.parametrize(
    ("name", "modalities"),
    [(name, "tva") for name in MODELS] + [("self", "t"), ("cross", "ta")],
)
def test_seeds_of_the_paper_s_models_compute_side_by_side_as_each_alone(name, modalities):
    torch.manual_seed(0)
    models = [build_model(name, modalities, **SIZES) for _ in range(3)]
    names = [MODALITIES[letter] for letter in modalities]
    inputs = {n: torch.randn(3, 2, SIZES["lengths"][n], SIZES["widths"][n]) for n in names}
    assert_as_alone(models, inputs)


def test_seeds_of_any_other_model_take_turns_each_with_its_own_dropout_and_buffers():
    torch.manual_seed(0)
    assert_as_alone([Plain() for _ in range(3)], {"text": torch.randn(3, 8, 2)})


def test_what_is_not_trained_is_each_seed_s_own_too():
    torch.manual_seed(0)
    assert_as_alone([SideBySide() for _ in range(3)], {"text": torch.randn(3, 8, 2)})


def test_a_step_along_a_row_moves_the_model():
    models = [Plain() for _ in range(2)]
    stack = Stack(models[0], [model.state_dict() for model in models])
    stack.weights[1] += 1
    torch.testing.assert_close(stack.state_dict(0), dict(models[0].state_dict()))
    for name, values in stack.state_dict(1).items():
        moved = 0 if "frozen" in name or "norm.running" in name or "tracked" in name else 1
        torch.testing.assert_close(values, models[1].state_dict()[name] + moved)


@pytest.mark.parametrize("model", [Plain, lambda: build_model("self", "ta", **SIZES)])
def test_parameters_that_start_at_multiples_have_gaps_that_stay_zero(monkeypatch, model):
    torch.manual_seed(0)
    models = [model() for _ in range(2)]
    inputs = {
        n: torch.randn(2, 8, SIZES["lengths"][n], SIZES["widths"][n]) for n in ("text", "audio")
    }
    if model is Plain:
        inputs = {"text": torch.randn(2, 8, 2)}
    losses, gradients, states = step(models, inputs, [0, 1])
    spans = Stack(models[0], [models[0].state_dict()]).spans
    monkeypatch.setattr(stack_module, "alignment", lambda device: 8)
    aligned = Stack(models[0], [one.state_dict() for one in models])
    assert all(span.start % 8 == 0 for span in aligned.spans)
    losses_8, gradients_8, states_8 = step(models, inputs, [0, 1])
    torch.testing.assert_close((losses_8, states_8), (losses, states))
    assert gradients_8.shape == aligned.weights.shape
    for span, span_8 in zip(spans, aligned.spans, strict=True):
        torch.testing.assert_close(gradients_8[:, span_8], gradients[:, span])
        gradients_8[:, span_8] = 0
    assert not gradients_8.any()


def test_a_state_is_a_copy_with_the_names_and_shapes_of_a_model_alone():
    model = build_model("self", "t", **SIZES)
    stack = Stack(model, [model.state_dict()] * 2)
    state = stack.state_dict(1)
    torch.testing.assert_close(state, dict(model.state_dict()))
    stack.weights.zero_()
    torch.testing.assert_close(state, dict(model.state_dict()))
    model.load_state_dict(state)


def test_mixed_precision_changes_little_and_leaves_gradients_of_the_weights_type():
    torch.manual_seed(0)
    model = build_model("self_cross", "tva", **SIZES)
    inputs = {
        n: torch.randn(1, 2, length, SIZES["widths"][n]) for n, length in SIZES["lengths"].items()
    }
    full, gradients, _ = step([model], inputs, [0])
    low, low_gradients, _ = step([model], inputs, [0], mixed_precision=True)
    assert not torch.equal(low, full)
    torch.testing.assert_close(low, full, atol=0.03, rtol=0.1)
    assert low_gradients.dtype == gradients.dtype
    assert torch.nn.functional.cosine_similarity(low_gradients, gradients).item() > 0.98
