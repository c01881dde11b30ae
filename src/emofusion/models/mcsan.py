"""MCSAN, the multimodal cross- and self-attention network (Sun et al., ICASSP 2021)."""

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from emofusion.models.baselines import MaskedRNN, Source, valid_steps, zero_padding

MODELS = {"mcsan": "ta"}
READS = {"mcsan": "lengths"}


class MCSAN(nn.Module):
    """Encoders of text and audio, then cross and self attention side by side, maximum over time.

    Re-implemented from the description; no code is public. Chosen: fixed word vectors, unless
    `embedding` is given; convolutions with zeros at both ends, each followed by a ReLU;
    sinusoidal positions; a feed-forward of four times the width with a ReLU; dropout
    on the attention weights and on both parts of a block; torch's initial weights. A modality
    without a valid step counts as one step of zeros.
    """

    def __init__(
        self,
        *,
        widths: dict[str, int],
        classes: int,
        embedding: torch.Tensor | None = None,
        width: int = 128,
        heads: int = 8,
        feedforward: int = 512,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.text = Source("text", embedding)
        self.audio = Source("audio")
        self.convolutions = nn.ModuleList(
            ConvolutionPool(width_in, width) for width_in in (widths["audio"], width)
        )
        self.text_rnn = AveragedLSTM(widths["text"], width)
        self.audio_rnn = AveragedLSTM(width, width)
        self.pairs = [
            (target, source) for target in ("text", "audio") for source in ("text", "audio")
        ]
        self.blocks = nn.ModuleList(Block(width, heads, feedforward, dropout) for _ in self.pairs)
        self.output = nn.Linear(len(self.pairs) * width, classes)

    def forward(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """Map a batch to logits [batch, classes].

        Args:
            inputs: `audio` [batch, time, feature], `text` [batch, time, feature] or `text_tokens`
                [batch, time], and the lengths of both [batch].
        """
        text, text_lengths = self.text(inputs)
        audio, audio_lengths = self.audio(inputs)
        for convolution in self.convolutions:
            audio, audio_lengths = convolution(audio, audio_lengths)
        encoded = {
            "text": self.text_rnn(text, text_lengths),
            "audio": self.audio_rnn(audio, audio_lengths),
        }
        encoded = {name: x + positions(x) for name, x in encoded.items()}
        padding = {
            "text": ~valid_steps(text_lengths.clamp(min=1), text.shape[1]),
            "audio": ~valid_steps(audio_lengths.clamp(min=1), audio.shape[1]),
        }
        pooled = [
            block(encoded[target], encoded[source], padding[source])
            .masked_fill(padding[target][..., None], -torch.inf)
            .amax(dim=1)
            for (target, source), block in zip(self.pairs, self.blocks, strict=True)
        ]
        return self.output(torch.cat(pooled, dim=1))


class ConvolutionPool(nn.Module):
    """Convolution over 3 steps, ReLU, then the maximum of each 3 steps."""

    def __init__(self, width_in: int, width_out: int) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(width_in, width_out, kernel_size=3, padding=1)

    def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """[batch, time, width_in] -> [batch, time / 3 (rounded up), width_out], and the lengths."""
        x = self.convolution(zero_padding(x, lengths).transpose(1, 2)).transpose(1, 2)
        # No valid step is below zero now, so that padding never decides a maximum.
        x = zero_padding(x.relu(), lengths)
        x = functional.pad(x, (0, 0, 0, -x.shape[1] % 3))
        return x.unflatten(1, (-1, 3)).amax(dim=2), (lengths + 2) // 3


class AveragedLSTM(nn.Module):
    """A bidirectional LSTM over the valid steps, its two directions averaged."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.onward = MaskedRNN(nn.LSTM(width, hidden, batch_first=True))
        self.backward = MaskedRNN(nn.LSTM(width, hidden, batch_first=True), backward=True)

    def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """[batch, time, width] -> [batch, time, hidden]."""
        return (self.onward(x, lengths)[0] + self.backward(x, lengths)[0]) / 2


class Block(nn.Module):
    """Attention and a feed-forward network, each added to its input and normalised."""

    def __init__(self, width: int, heads: int, feedforward: int, dropout: float) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(width, heads, dropout=dropout, batch_first=True)
        self.feedforward = nn.Sequential(
            nn.Linear(width, feedforward), nn.ReLU(), nn.Linear(feedforward, width)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, target: torch.Tensor, source: torch.Tensor, padding: torch.Tensor
    ) -> torch.Tensor:
        """Attend from the target over the source where `padding` [batch, source time] is false."""
        attended, _ = self.attention(
            target, source, source, key_padding_mask=padding, need_weights=False
        )
        h = self.norms[0](target + self.dropout(attended))
        return self.norms[1](h + self.dropout(self.feedforward(h)))


def positions(x: torch.Tensor) -> torch.Tensor:
    """Sinusoids of the steps of [batch, time, width]: [time, width], sines and cosines in turns."""
    _, time, width = x.shape
    steps = torch.arange(time, device=x.device, dtype=x.dtype)
    exponents = torch.arange(0, width, 2, device=x.device, dtype=x.dtype) / width
    angles = steps[:, None] / 10000**exponents
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(start_dim=1)


def build(name: str, modalities: str, *, lengths: dict[str, int], **sizes: Any) -> MCSAN:
    """Build it on text and audio; `lengths` may be any."""
    return MCSAN(**sizes)
