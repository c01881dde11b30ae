"""Encoders: a convolution over time, then a bidirectional GRU (section 2 of the paper)."""

import torch
from torch import nn

from emofusion.models.layers import Dropout
from emofusion.models.recurrence import GRU


class TimeMixing(nn.Module):
    """Linear mix of time steps, the same for every feature (equation 1).

    The paper calls it a 1D convolution with kernel size 1; its channels are the time steps. `*` as
    in `layers`. It is one matrix product over the whole batch, without a copy if the batch is
    stored time first, as by `training.data`.
    """

    def __init__(self, steps_in: int, steps_out: int) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(steps_in, steps_out, kernel_size=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[*, batch, steps_in, feature] -> [*, batch, steps_out, feature]."""
        steps = x.transpose(-2, -3)
        weight, bias = self.convolution.weight, self.convolution.get_parameter("bias")
        mixed = weight.squeeze(-1) @ steps.flatten(-2)
        mixed = mixed + bias[..., None]
        return mixed.unflatten(-1, steps.shape[-2:]).transpose(-2, -3)


class Encoder(nn.Module):
    """[*, batch, time, width] -> [*, batch, time or steps, 2 * hidden] (equations 1 and 2).

    Nothing is masked: padding goes through the convolution and the GRU, as in the released code.
    """

    def __init__(
        self, *, length: int, width: int, hidden: int, steps: int | None, input_dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.dropout = Dropout(input_dropout)
        self.mix = nn.Identity() if steps is None else TimeMixing(length, steps)
        self.gru = GRU(width, hidden, bidirectional=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Encode one modality."""
        states, _ = self.gru(self.mix(self.dropout(x)))
        return states
