"""Layers for seeds side by side.

Each of them computes what its namesake in `torch.nn` computes. In addition, all its parameters may
carry one leading axis, entry i being the parameter of seed i; then so does the input. `*` in a
shape is that axis, or none. `training.stack` puts it there.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn


class Linear(nn.Linear):
    """A linear layer: [*, ..., in] -> [*, ..., out]."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map the last axis."""
        if self.weight.dim() == 2:
            return super().forward(x)
        rows = torch.baddbmm(self.bias[:, None], x.flatten(1, -2), self.weight.mT)
        return rows.unflatten(1, x.shape[1:-1])


class Dropout(nn.Module):
    """Dropout of single elements of [*, ...], for each seed from its own stream."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Drop elements in training."""
        if not self.training or not self.p:
            return x
        keys = draw_dropout_keys()
        shape = x.shape[1:] if _streams else x.shape
        kept = [DropoutMask(key, self.p, x.device) for key in keys]
        factors = [one.draw(shape).to(x) * one.scale for one in kept]
        return x * torch.stack(factors).view(x.shape)


_streams: Sequence[torch.Generator] = ()


@contextmanager
def dropout_streams(generators: Sequence[torch.Generator]) -> Iterator[None]:
    """Inside the block, dropout draws for seed i from generator i, on the CPU.

    Outside of any such block dropout takes its input to have no axis of seeds, and draws from
    torch's default generator. Evaluation, which drops nothing, needs no block.
    """
    global _streams
    before, _streams = _streams, generators
    try:
        yield
    finally:
        _streams = before


def draw_dropout_keys() -> list[int]:
    """One number from each seed's stream. It decides what one call of a layer drops."""
    streams: Sequence[torch.Generator | None] = _streams or [None]
    return [int(torch.randint(2**63 - 1, (), generator=generator)) for generator in streams]


class DropoutMask:
    """Draws which elements dropout keeps in one call of a layer.

    Most of the time of dropout goes into random bits. A decision takes 16 of them, which is enough
    to meet p to 1e-5, and they come from a generator that is faster than torch's on a CPU.

    Args:
        key: decides all draws.
        p: probability that an element is dropped.
        device: where numbers are drawn.

    Attributes:
        scale: 1 / (1 - p).
    """

    def __init__(self, key: int, p: float, device: torch.device) -> None:
        self.device = device
        self.dropped = min(max(round(p * 2**16), 1), 2**16 - 1)
        self.scale = 2**16 / (2**16 - self.dropped)
        if device.type == "cuda":
            self.generator: Any = torch.Generator(device).manual_seed(key)
        else:
            self.generator = np.random.SFC64(key)

    def draw(self, shape: Sequence[int]) -> torch.Tensor:
        """The mask of the next elements, int16: 1 where an element is kept, else 0."""
        # Clamp in place to 0 or 1; cheaper than a comparison.
        first = self.dropped - 2**15  # the smallest number whose element is kept
        bits = self._bits(int(np.prod(shape)))
        return bits.clamp_(first - 1, first).sub_(first - 1).view(shape)

    def _bits(self, n: int) -> torch.Tensor:
        """[n] int16, uniform."""
        if self.device.type == "cuda":
            bits = torch.empty(n, dtype=torch.int16, device=self.device)
            return bits.random_(-(2**15), 2**15, generator=self.generator)
        return torch.from_numpy(self.generator.random_raw(-(-n // 4)).view(np.int16))[:n]
