"""The paper's self- and cross-attention models (section 2, figures 1 and 2), and their variants.

`self`, `cross`: the paper's two models. `self_nosp`, `cross_nosp`, `self_cross`: Table 2's. Two
controls are ours. `mean` has no attention: what is gained by any attention at all? `cross_matched`
has as many parameters as `self`, since a target's attentions share their weights: does `cross`
differ by its pairs or by its size? (With two modalities it would be `cross` itself.)
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import nn

from emofusion.models.attention import MeanAttention
from emofusion.models.encoders import Encoder
from emofusion.models.layers import Linear

MODELS = {
    "self": 1,
    "cross": 2,
    "self_nosp": 1,
    "cross_nosp": 2,
    "self_cross": 2,
    "mean": 1,
    "cross_matched": 3,
}
"""{model: the number of modalities that it needs at least}; it is defined on every set."""


def statistical_pooling(means: torch.Tensor) -> torch.Tensor:
    """Mean and sample standard deviation over the attentions: [*, n, width] -> [*, 2 * width].

    With one attention the deviation is taken as zero; the formula with n - 1 has no value there.
    """
    mean = means.mean(dim=-2)
    alone = means.shape[-2] == 1
    deviation = torch.zeros_like(mean) if alone else means.std(dim=-2, unbiased=True)
    return torch.cat([mean, deviation], dim=-1)


def concatenation(means: torch.Tensor) -> torch.Tensor:
    """The means side by side: [*, n, width] -> [*, n * width]."""
    return means.flatten(start_dim=-2)


@dataclass(frozen=True)
class Design:
    """What distinguishes the models of the family.

    Attributes:
        groups: sets of (target, source) pairs: `own`, each modality with itself, or `other`, every
            ordered pair of two. Each group is pooled by itself.
        attention: one for each `pair`, one for each `target`, or `none`, where the target's
            average over time replaces it.
        pool: makes one vector of a group's temporal means.
    """

    groups: tuple[Literal["own", "other"], ...]
    attention: Literal["pair", "target", "none"] = "pair"
    pool: Callable[[torch.Tensor], torch.Tensor] = statistical_pooling


DESIGNS = {
    "self": Design(("own",)),
    "cross": Design(("other",)),
    "self_nosp": Design(("own",), pool=concatenation),
    "cross_nosp": Design(("other",), pool=concatenation),
    "self_cross": Design(("own", "other")),
    "mean": Design(("own",), attention="none"),
    "cross_matched": Design(("other",), attention="target"),
}


class SelfCross(nn.Module):
    """Encoders, attentions between them, pooling, two linear layers without activation between.

    The inputs may have an axis of seeds before the batch, if all parameters have one: `layers`.

    Without statistical pooling and with one modality, the one temporal mean goes to the classifier
    by itself. In `self_cross` both parts read the same encoders.

    `vision_steps`, `audio_steps` and `further_steps`, {modality: steps} of other modalities than
    the paper's, are output channels of the convolution over time. Text has no convolution, and
    neither has a further modality without steps.
    """

    side_by_side = True

    def __init__(
        self,
        modalities: list[str],
        design: Design,
        *,
        lengths: dict[str, int],
        widths: dict[str, int],
        classes: int,
        hidden: int = 60,
        heads: int = 6,
        attention_dropout: float = 0.1,
        text_dropout: float = 0.0,
        vision_steps: int = 25,
        audio_steps: int = 500,
        further_steps: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__()
        self.design = design
        self.groups = [_pairs(group, modalities) for group in design.groups]
        steps = {"vision": vision_steps, "audio": audio_steps, **(further_steps or {})}
        self.encoders = nn.ModuleDict(
            {
                name: Encoder(
                    length=lengths[name],
                    width=widths[name],
                    hidden=hidden,
                    steps=steps.get(name),
                    input_dropout=text_dropout if name == "text" else 0.0,
                )
                for name in modalities
            }
        )
        keys = [self._attention_of(pair) for group in self.groups for pair in group]
        self.attentions = nn.ModuleDict(
            {
                key: MeanAttention(2 * hidden, heads, attention_dropout)
                for key in dict.fromkeys(keys)
                if key is not None
            }
        )
        width = sum(
            design.pool(torch.zeros(1, len(group), 2 * hidden)).shape[1] for group in self.groups
        )
        self.classifier = nn.Sequential(Linear(width, hidden), Linear(hidden, classes))

    def forward(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """{modality: [*, batch, time, feature]} -> logits [*, batch, classes]."""
        encoded = self._encode(inputs)
        pooled = [
            self.design.pool(torch.stack([self._mean(encoded, pair) for pair in group], dim=-2))
            for group in self.groups
        ]
        return self.classifier(torch.cat(pooled, dim=-1))

    def attention(self, inputs: dict[str, torch.Tensor]) -> dict[tuple[str, str], torch.Tensor]:
        """Attention weights of each pair, averaged over queries and heads.

        Only for a model without an axis of seeds.

        Returns:
            {(target, source): [batch, source time]}; without dropout each row sums to one. Where a
            modality has a convolution, its time steps are those after it. Empty for a model without
            attention.
        """
        encoded = self._encode(inputs)
        attention = {}
        for pair in (pair for group in self.groups for pair in group):
            key = self._attention_of(pair)
            if key is not None:
                target, source = (encoded[name] for name in pair)
                layer: Any = self.attentions[key]
                attention[pair] = layer.weights(target, source).mean(dim=1)
        return attention

    def _encode(self, inputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return {name: encoder(inputs[name]) for name, encoder in self.encoders.items()}

    def _mean(self, encoded: dict[str, torch.Tensor], pair: tuple[str, str]) -> torch.Tensor:
        """Mean over the target's time of what it attends to, [*, batch, width]."""
        target, source = pair
        key = self._attention_of(pair)
        if key is None:
            return encoded[target].mean(dim=-2)
        return self.attentions[key](encoded[target], encoded[source])

    def _attention_of(self, pair: tuple[str, str]) -> str | None:
        """Key of a pair's layer in `attentions`; pairs of one key share it. None: no attention."""
        return {"pair": "_".join(pair), "target": pair[0], "none": None}[self.design.attention]


def _pairs(group: str, modalities: list[str]) -> list[tuple[str, str]]:
    """(target, source) pairs of a group."""
    pairs = [(target, source) for target in modalities for source in modalities]
    return [pair for pair in pairs if (pair[0] == pair[1]) == (group == "own")]


def build(name: str, modalities: str, *, lengths: dict[str, int], **sizes: Any) -> SelfCross:
    """Build a model of the family on the modalities that `lengths` names."""
    return SelfCross(list(lengths), DESIGNS[name], lengths=lengths, **sizes)
