"""The plain build of a model, from the modules of torch.nn: the oracle of ours, and its yardstick.

Only layers that we compute in our own way are replaced. What stands around them (pooling, hops,
masks) is shared, and has tests by hand.
"""

import copy
from collections import OrderedDict

import torch
from torch import nn

from emofusion.modalities import MODALITIES
from emofusion.models import registry
from emofusion.models.attention import MeanAttention
from emofusion.models.encoders import TimeMixing
from emofusion.models.layers import Dropout, Linear
from emofusion.models.recurrence import GRU

SIZES = {
    "lengths": {"text": 6, "vision": 5, "audio": 8},
    "widths": {"text": 7, "vision": 9, "audio": 4},
    "hidden": 6,
    "heads": 3,
    "vision_steps": 4,
    "audio_steps": 3,
}
"""Of the paper's models, so small that a test is quick."""
WITHOUT_DROPOUT = {
    "attention_dropout": 0.0,
    "dropout": 0.0,
    "text_keep": 1.0,
    "vision_keep": 1.0,
    "audio_keep": 1.0,
}
"""Sizes of any model that switch its dropout off."""


def plain(model: nn.Module) -> nn.Module:
    """A copy of a model, with the same weights, whose layers are those of torch.nn."""
    return _replaced(copy.deepcopy(model))


def gradients(model: nn.Module) -> dict[str, torch.Tensor]:
    """Gradients of all parameters, by the names that they have in our build."""
    found = {}
    for name, parameter in model.named_parameters():
        if "in_proj_" in name:
            parts = zip(("query", "key", "value"), parameter.grad.chunk(3), strict=True)
            found |= {name.replace("in_proj_", f"{part}."): gradient for part, gradient in parts}
        else:
            found[name.replace("out_proj", "output")] = parameter.grad
    return found


def attention_weights(ours: MeanAttention) -> dict[str, torch.Tensor]:
    """Parameters of an attention by the names that they have in torch's."""
    parts = (ours.query, ours.key, ours.value)
    return {
        "in_proj_weight": torch.cat([part.weight for part in parts]),
        "in_proj_bias": torch.cat([part.bias for part in parts]),
        "out_proj.weight": ours.output.weight,
        "out_proj.bias": ours.output.bias,
    }


class MeanOfAttention(nn.MultiheadAttention):
    """Attention of every step of the target, with the weights that torch returns; then the mean."""

    def forward(self, target: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
        """[batch, target time, width], [batch, source time, width] -> [batch, width]."""
        attended, _ = super().forward(target, source, source)
        return attended.mean(dim=1)


def _replaced(module: nn.Module) -> nn.Module:
    if type(module) in BUILDS:
        return BUILDS[type(module)](module).train(module.training)
    for name, child in module.named_children():
        setattr(module, name, _replaced(child))
    return module


def _linear(ours: Linear) -> nn.Linear:
    return _like(ours, nn.Linear(ours.in_features, ours.out_features))


def _gru(ours: GRU) -> nn.GRU:
    sizes = (ours.input_size, ours.hidden_size)
    return _like(ours, nn.GRU(*sizes, batch_first=True, bidirectional=ours.bidirectional))


def _time_mixing(ours: TimeMixing) -> nn.Sequential:
    steps = (ours.convolution.in_channels, ours.convolution.out_channels)
    return _like(ours, nn.Sequential(OrderedDict(convolution=nn.Conv1d(*steps, kernel_size=1))))


def _mean_attention(ours: MeanAttention) -> MeanOfAttention:
    width = ours.query.in_features
    attention = MeanOfAttention(width, ours.heads, ours.dropout, batch_first=True)
    attention.to(ours.query.weight).load_state_dict(attention_weights(ours))
    return attention


def _like(ours: nn.Module, module: nn.Module) -> nn.Module:
    """The module with our weights, device and type."""
    module.to(next(ours.parameters())).load_state_dict(ours.state_dict())
    return module


BUILDS = {
    Linear: _linear,
    Dropout: lambda ours: nn.Dropout(ours.p),
    GRU: _gru,
    TimeMixing: _time_mixing,
    MeanAttention: _mean_attention,
}


def random_batch(
    model: str, modalities: str, batch: int, lengths: dict[str, int], widths: dict[str, int]
) -> tuple[dict[str, torch.Tensor], dict[str, object]]:
    """Noise for all that a model reads, as {name: tensor}; and what to tell `build_model` of it."""
    reads = registry()[model].reads
    names = [MODALITIES[letter] for letter in modalities]
    inputs = {name: torch.randn(batch, lengths[name], widths[name]) for name in names}
    build = {"lengths": lengths, "widths": widths}
    if "lengths" in reads:
        for name in names:
            inputs[f"{name}_lengths"] = torch.randint(lengths[name] + 1, (batch,))
    if "tokens" in reads and "text" in names:
        del inputs["text"]
        inputs["text_tokens"] = torch.randint(WORDS, (batch, lengths["text"]))
        build["embedding"] = torch.randn(WORDS, widths["text"])
    if "prosody" in reads and "audio" in names:
        inputs["prosody"] = torch.randn(batch, PROSODY)
        build["widths"] = widths | {"prosody": PROSODY}
    return inputs, build


WORDS, PROSODY = 3745, 35
