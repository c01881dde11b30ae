"""Layers that the baselines share. Unlike the paper's models they respect each sequence's length.

A length is the number of valid steps [batch]; it may be 0. Steps beyond it change nothing.
"""

import torch
from torch import nn

from emofusion.models.recurrence import GRU


class Source(nn.Module):
    """A modality's padded sequence and its lengths, taken from the inputs.

    With an `embedding` [type, width], whose row 0 is padding and zero, the words' vectors are
    trained and looked up by `text_tokens`; without, they come as `text`.
    """

    def __init__(self, name: str, embedding: torch.Tensor | None = None) -> None:
        super().__init__()
        self.name = name
        self.words = None
        if name == "text" and embedding is not None:
            # A copy: training changes it, and other models may start from the same matrix.
            self.words = nn.Embedding.from_pretrained(
                embedding.clone(), freeze=False, padding_idx=0
            )

    def forward(self, inputs: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """The model's inputs -> [batch, time, width], lengths [batch] within the padded time."""
        x = inputs[self.name] if self.words is None else self.words(inputs["text_tokens"])
        return x, inputs[f"{self.name}_lengths"].clamp(max=x.shape[1])


class MaskedRNN(nn.Module):
    """One direction of a recurrent layer, over the valid steps.

    Padding comes last, so that the forward direction has read all valid steps before it; the
    backward direction reads each sequence reversed within its length. Packed sequences would give
    the same, on a CPU about thirty times slower.
    """

    def __init__(self, rnn: nn.RNNBase, *, backward: bool = False) -> None:
        super().__init__()
        self.rnn = rnn
        self.backward = backward

    def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Run over [batch, time, width].

        Returns:
            The states [batch, time, hidden], zero beyond the length, and the one after the last
            step read [batch, hidden], zero where there is none.
        """
        x = reverse(x, lengths) if self.backward else x
        with torch.autocast(x.device.type, enabled=False):  # step by step in full precision
            states, _ = self.rnn(x.to(self.rnn.get_parameter("weight_hh_l0")))
        states = zero_padding(states, lengths)
        last = states[torch.arange(len(states), device=x.device), (lengths - 1).clamp(min=0)]
        return (reverse(states, lengths) if self.backward else states), last


class RecurrentEncoder(nn.Module):
    """Dropout on a modality's input, then an RNN, or one in each direction."""

    def __init__(self, source: Source, keep: float, *rnns: nn.RNNBase) -> None:
        super().__init__()
        self.source = source
        self.dropout = nn.Dropout(1 - keep)
        self.rnns = nn.ModuleList(
            MaskedRNN(rnn, backward=number == 1) for number, rnn in enumerate(rnns)
        )

    def forward(
        self, inputs: dict[str, torch.Tensor]
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Encode one modality.

        Returns:
            States [batch, time, width], lengths [batch] and last states [batch, width]; two
            directions are side by side.
        """
        x, lengths = self.source(inputs)
        x = self.dropout(x)
        states, last = zip(*(rnn(x, lengths) for rnn in self.rnns), strict=True)
        return torch.cat(states, dim=-1), lengths, torch.cat(last, dim=-1)


def valid_steps(lengths: torch.Tensor, time: int) -> torch.Tensor:
    """True before the length: [batch] -> [batch, time]."""
    return torch.arange(time, device=lengths.device) < lengths[:, None]


def zero_padding(x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """[batch, time, width] with zeros beyond the lengths."""
    return x.masked_fill(~valid_steps(lengths, x.shape[1])[..., None], 0)


def reverse(x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """[batch, time, width] with the valid steps in reversed order, the padding in its place."""
    steps = torch.arange(x.shape[1], device=x.device).expand(x.shape[:2])
    mirrored = lengths[:, None] - 1 - steps
    rows = torch.arange(len(x), device=x.device)[:, None]
    return x[rows, torch.where(mirrored >= 0, mirrored, steps)]


def attend(query: torch.Tensor, states: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """Sum of the valid states, weighted by the softmax of their dot products with the query.

    Args:
        query: [batch, width].
        states: [batch, time, width].
        lengths: [batch]; where it is 0 the sum is 0.

    Returns:
        [batch, width].
    """
    scores = (states @ query[..., None]).squeeze(-1)
    padding = ~valid_steps(lengths, states.shape[1])
    # Lowest finite value, not -inf: a zero-length sequence would give NaN.
    scores = scores.masked_fill(padding, torch.finfo(scores.dtype).min)
    weights = scores.softmax(dim=-1).masked_fill(padding, 0)
    return (weights[:, None] @ states).squeeze(1)


def tensorflow_gru(width: int, hidden: int) -> GRU:
    """A GRU that starts as one of TensorFlow with an orthogonal initialiser.

    There, the two gates are one matrix over input and state, the candidate another, and the gates'
    biases start at 1. What stays different: TensorFlow's cell applies the reset gate to the state,
    torch's to the state's product with its weights.
    """
    gru = GRU(width, hidden)
    for rows in (slice(0, 2 * hidden), slice(2 * hidden, 3 * hidden)):
        joined = nn.init.orthogonal_(torch.empty(rows.stop - rows.start, width + hidden))
        gru.get_parameter("weight_ih_l0").data[rows] = joined[:, :width]
        gru.get_parameter("weight_hh_l0").data[rows] = joined[:, width:]
    for name in ("bias_hh_l0", "bias_ih_l0"):
        nn.init.zeros_(gru.get_parameter(name))
    gru.get_parameter("bias_ih_l0").data[: 2 * hidden] = 1
    return gru


def uniform_linear(width: int, out: int) -> nn.Linear:
    """A linear layer whose weights start uniform in (-0.25, 0.25), its bias at zero."""
    linear = nn.Linear(width, out)
    nn.init.uniform_(linear.weight, -0.25, 0.25)
    nn.init.zeros_(linear.bias)
    return linear
