"""MDRE, the multimodal dual recurrent encoder (Yoon et al., SLT 2018)."""

from typing import Any

import torch
from torch import nn

from emofusion.models.baselines import RecurrentEncoder, Source, tensorflow_gru, uniform_linear

MODELS = {"mdre": "tv ta va tva"}
READS = {"mdre": "lengths tokens prosody"}


class MDRE(nn.Module):
    """A GRU for each modality; its last state, halved by a linear layer; all joined, to the logits.

    There is no activation other than those of the GRUs. The utterance's prosody joins the last
    state of the audio when `widths` has the key `prosody`; else the model does without.

    The authors' code has audio and text. With vision it is re-implemented from the description: the
    vision encoder has the size and dropout that the same authors give it in AMH, and is halved like
    the others. Also chosen: torch's GRU cell (see `tensorflow_gru`), a bias of its own for each
    output of a linear layer (there, one for the layer). Dropout on the GRU's output is left out: it
    acts on outputs that nothing reads.
    """

    def __init__(
        self,
        modalities: list[str],
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
    ) -> None:
        super().__init__()
        hidden = {"text": text_hidden, "vision": vision_hidden, "audio": audio_hidden}
        keep = {"text": text_keep, "vision": vision_keep, "audio": audio_keep}
        self.encoders = nn.ModuleDict(
            {
                name: RecurrentEncoder(
                    Source(name, embedding),
                    keep[name],
                    tensorflow_gru(widths[name], hidden[name]),
                )
                for name in modalities
            }
        )
        self.with_prosody = "audio" in modalities and "prosody" in widths
        if self.with_prosody:
            hidden["audio"] += widths["prosody"]
        self.halves = nn.ModuleDict(
            {name: uniform_linear(hidden[name], hidden[name] // 2) for name in modalities}
        )
        self.output = uniform_linear(sum(hidden[name] // 2 for name in modalities), classes)

    def forward(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """Map a batch to logits [batch, classes].

        Args:
            inputs: for each modality, `<modality>` [batch, time, feature] (or `text_tokens` [batch,
                time]) and `<modality>_lengths` [batch]; `prosody` [batch, value] where it is used.
        """
        halves = []
        for name, encoder in self.encoders.items():
            _, _, last = encoder(inputs)
            if name == "audio" and self.with_prosody:
                last = torch.cat([last, inputs["prosody"]], dim=1)
            halves.append(self.halves[name](last))
        return self.output(torch.cat(halves, dim=1))


def build(name: str, modalities: str, *, lengths: dict[str, int], **sizes: Any) -> MDRE:
    """Build it on the modalities that `lengths` names; any length will do."""
    return MDRE(list(lengths), **sizes)
