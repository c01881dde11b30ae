"""The paper's self- and cross-attention models (section 2, figures 1 and 2)."""

import torch
from torch import nn

from emofusion.modalities import MODALITIES
from emofusion.models.attention import MeanAttention
from emofusion.models.encoders import Encoder

MODELS = {
    "self": "t v a tv ta va tva",
    "cross": "tv ta va tva",
}


class SelfCross(nn.Module):
    """Encoders, an attention for each (target, source) pair, statistical pooling, linear layers.

    Self: target and source are the same modality. Cross: every ordered pair of two different ones.
    """

    def __init__(
        self,
        modalities: list[str],
        pairs: list[tuple[str, str]],
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
    ) -> None:
        super().__init__()
        self.pairs = pairs
        steps = {"text": None, "vision": vision_steps, "audio": audio_steps}
        self.encoders = nn.ModuleDict(
            {
                name: Encoder(
                    length=lengths[name],
                    width=widths[name],
                    hidden=hidden,
                    steps=steps[name],
                    input_dropout=text_dropout if name == "text" else 0.0,
                )
                for name in modalities
            }
        )
        self.attentions = nn.ModuleList(
            MeanAttention(2 * hidden, heads, attention_dropout) for _ in pairs
        )
        self.classifier = nn.Sequential(nn.Linear(4 * hidden, hidden), nn.Linear(hidden, classes))

    def forward(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """{modality: [batch, time, feature]} -> logits [batch, classes]."""
        encoded = {name: encoder(inputs[name]) for name, encoder in self.encoders.items()}
        means = [
            attention(encoded[target], encoded[source])
            for (target, source), attention in zip(self.pairs, self.attentions, strict=True)
        ]
        return self.classifier(statistical_pooling(torch.stack(means, dim=1)))


def statistical_pooling(means: torch.Tensor) -> torch.Tensor:
    """Mean and unbiased deviation over the attentions: [batch, n, width] -> [batch, 2 * width].

    With one attention the deviation is taken as zero; the unbiased formula has no value there.
    """
    if means.shape[1] == 1:
        deviation = torch.zeros_like(means[:, 0])
    else:
        deviation = means.std(dim=1, unbiased=True)
    return torch.cat([means.mean(dim=1), deviation], dim=1)


def build(name: str, modalities: str, **sizes: object) -> SelfCross:
    """Build `self` or `cross` on the modalities given by their letters."""
    names = [MODALITIES[letter] for letter in modalities]
    pairs = [(target, source) for target in names for source in names]
    wanted = [pair for pair in pairs if (pair[0] == pair[1]) == (name == "self")]
    return SelfCross(names, wanted, **sizes)
