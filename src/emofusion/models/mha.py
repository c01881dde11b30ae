"""MHA, multi-hop attention between two modalities (Yoon et al., Interspeech 2019)."""

from typing import Any

import torch
from torch import nn

from emofusion.models.baselines import RecurrentEncoder, Source, attend, uniform_linear

MODELS = {"mha": "tv ta va"}
READS = {"mha": "lengths tokens"}


class MHA(nn.Module):
    """Bidirectional LSTMs over two modalities, then three hops of attention between them.

    Hop 1: the last state of modality A attends over the states of B. Hop 2: its result attends over
        A. Hop 3: that result attends over B again. The results of hops 2 and 3 are joined and go to
        the logits.

    Re-implemented from the description; no code is public. Chosen: A is the later of the two in the
    order t, v, a (audio queries text, as described; vision queries text; audio queries vision). 200
    units each way, as in the authors' other models, and as many for vision: dot products need equal
    widths. A last state joins what each direction ends with. No residuals, no prosody; dropout on
    only the input, as in AMH; LSTMs start as torch's, the output layer uniform.
    """

    def __init__(
        self,
        modalities: list[str],
        *,
        widths: dict[str, int],
        classes: int,
        embedding: torch.Tensor | None = None,
        hidden: int = 200,
        text_keep: float = 0.3,
        vision_keep: float = 0.7,
        audio_keep: float = 0.7,
    ) -> None:
        super().__init__()
        keep = {"text": text_keep, "vision": vision_keep, "audio": audio_keep}
        self.second, self.first = (
            RecurrentEncoder(
                Source(name, embedding),
                keep[name],
                *(nn.LSTM(widths[name], hidden, batch_first=True) for _ in range(2)),
            )
            for name in modalities
        )
        self.output = uniform_linear(4 * hidden, classes)

    def forward(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """Map a batch to logits [batch, classes].

        Args:
            inputs: for each modality, `<modality>` [batch, time, feature] (or `text_tokens` [batch,
                time]) and `<modality>_lengths` [batch].
        """
        first, first_lengths, last = self.first(inputs)
        second, second_lengths, _ = self.second(inputs)
        one = attend(last, second, second_lengths)
        two = attend(one, first, first_lengths)
        three = attend(two, second, second_lengths)
        return self.output(torch.cat([two, three], dim=1))


def build(name: str, modalities: str, *, lengths: dict[str, int], **sizes: Any) -> MHA:
    """Build it on the two modalities that `lengths` names; any length will do."""
    return MHA(list(lengths), **sizes)
