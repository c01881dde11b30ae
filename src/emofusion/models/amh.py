"""AMH, attentive modality hopping (Yoon et al., ICASSP 2020)."""

from itertools import cycle, islice
from typing import Any

import torch
from torch import nn

from emofusion.models.baselines import (
    RecurrentEncoder,
    Source,
    attend,
    tensorflow_gru,
    uniform_linear,
)

MODELS = {"amh": "tva"}
READS = {"amh": "lengths tokens"}


class AMH(nn.Module):
    """GRUs over the three modalities, then hops from two of them to the third.

    Each modality has a summary, at first its last state. A hop attends over the states of one
    modality; the query is a projection of the two other summaries, and the result replaces the
    summary. The targets are vision, audio, text, in turns; no weights are shared between hops. The
    three summaries go to the logits.

    Follows the authors' code, which uses no prosody; so this model reads none. Our choice where it
    differs: torch's GRU cell (see `tensorflow_gru`).
    """

    def __init__(
        self,
        *,
        widths: dict[str, int],
        classes: int,
        embedding: torch.Tensor | None = None,
        text_hidden: int = 200,
        vision_hidden: int = 128,
        audio_hidden: int = 200,
        text_keep: float = 0.3,
        vision_keep: float = 0.7,
        audio_keep: float = 0.7,
        hops: int = 7,
    ) -> None:
        super().__init__()
        hidden = {"text": text_hidden, "vision": vision_hidden, "audio": audio_hidden}
        keep = {"text": text_keep, "vision": vision_keep, "audio": audio_keep}
        self.encoders = nn.ModuleDict(
            {
                name: RecurrentEncoder(
                    Source(name, embedding), keep[name], tensorflow_gru(widths[name], size)
                )
                for name, size in hidden.items()
            }
        )
        total = sum(hidden.values())
        self.targets = list(islice(cycle(["vision", "audio", "text"]), hops))
        self.queries = nn.ModuleList(
            uniform_linear(total - hidden[target], hidden[target]) for target in self.targets
        )
        self.output = uniform_linear(total, classes)

    def forward(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """Map a batch to logits [batch, classes].

        Args:
            inputs: for each modality, `<modality>` [batch, time, feature] (or `text_tokens` [batch,
                time]) and `<modality>_lengths` [batch].
        """
        states, lengths, summaries = {}, {}, {}
        for name, encoder in self.encoders.items():
            states[name], lengths[name], summaries[name] = encoder(inputs)
        for target, query in zip(self.targets, self.queries, strict=True):
            others = torch.cat([summaries[name] for name in summaries if name != target], dim=1)
            summaries[target] = attend(query(others), states[target], lengths[target])
        return self.output(torch.cat(list(summaries.values()), dim=1))


def build(name: str, modalities: str, *, lengths: dict[str, int], **sizes: Any) -> AMH:
    """Build it on all three modalities; `lengths` may be any."""
    return AMH(**sizes)
