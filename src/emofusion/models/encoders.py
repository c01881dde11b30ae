"""Encoders: a convolution over time, then a bidirectional GRU (section 2 of the paper)."""

import torch
from torch import nn


class TimeMixing(nn.Module):
    """Linear mix of time steps, the same for every feature (equation 1).

    The paper calls it a 1D convolution with kernel size 1; its channels are the time steps.
    """

    def __init__(self, steps_in: int, steps_out: int) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(steps_in, steps_out, kernel_size=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[batch, steps_in, feature] -> [batch, steps_out, feature]."""
        return self.convolution(x)


class Encoder(nn.Module):
    """[batch, time, width] -> [batch, time or steps, 2 * hidden] (equations 1 and 2).

    Nothing is masked: padding goes through the convolution and the GRU, as in the released code.
    """

    def __init__(
        self, *, length: int, width: int, hidden: int, steps: int | None, input_dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.dropout = nn.Dropout(input_dropout)
        self.mix = nn.Identity() if steps is None else TimeMixing(length, steps)
        self.gru = nn.GRU(width, hidden, batch_first=True, bidirectional=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Encode one modality."""
        states, _ = self.gru(self.mix(self.dropout(x)))
        return states
