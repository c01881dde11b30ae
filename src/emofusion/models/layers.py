"""Layers for seeds side by side.

Each of them computes what its namesake in `torch.nn` computes. Besides, all its parameters may
carry one leading axis, entry i being the parameter of seed i; then so does the input. `*` in a
shape stands for that axis, or for none. `training.stack` puts it there.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

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
        keys = draw_keys()
        shape = x.shape[1:] if _streams else x.shape
        kept = [Kept(key, self.p, x) for key in keys]
        return x * torch.stack([one.draw(shape).mul_(one.scale) for one in kept]).view(x.shape)


_streams: Sequence[torch.Generator] = ()


@contextmanager
def dropout_streams(generators: Sequence[torch.Generator]) -> Iterator[None]:
    """Let dropout inside the block draw for seed i from generator i, on the CPU.

    Outside of any block there is no axis of seeds, and torch's own generator decides.
    """
    global _streams
    _streams = generators
    try:
        yield
    finally:
        _streams = ()


def draw_keys() -> list[int]:
    """A number from each seed's stream: what one call of a layer drops follows from it."""
    return [
        int(torch.randint(2**63 - 1, (), generator=generator)) for generator in _streams or [None]
    ]


class Kept:
    """Which elements stay.

    Random bits are what dropout costs: a decision takes 16 of them, so that p is met to 1e-5, from
    a generator that is cheaper than torch's on a CPU. The same key gives the same draws again, so
    that they need not be stored for the backward pass.

    Args:
        key: of one call.
        p: probability that an element is dropped.
        like: has the device and dtype of what is drawn.

    Attributes:
        scale: 1 / (1 - p).
    """

    def __init__(self, key: int, p: float, like: torch.Tensor) -> None:
        self.like = like
        self.dropped = round(p * 2**16)
        self.scale = 2**16 / (2**16 - self.dropped)
        if like.is_cuda:
            self.generator = torch.Generator(like.device).manual_seed(key)
        else:
            self.generator = np.random.SFC64(key)

    def draw(self, shape: Sequence[int]) -> torch.Tensor:
        """The next elements: 1 where one stays, else 0."""
        bits = self._bits(int(np.prod(shape)))
        # Integers become 0 or 1 where they are: several times faster than comparing and selecting.
        first = self.dropped - 2**15  # the least that stays
        kept = bits.clamp_(first - 1, first).sub_(first - 1).view(shape)
        return self.like.new_empty(shape).copy_(kept)

    def _bits(self, n: int) -> torch.Tensor:
        """[n] int16, uniform."""
        if self.like.is_cuda:
            places = torch.empty(n, dtype=torch.int16, device=self.like.device)
            return places.random_(-(2**15), 2**15, generator=self.generator)
        return torch.from_numpy(self.generator.random_raw(-(-n // 4)).view(np.int16))[:n]
