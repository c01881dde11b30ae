"""Multi-head attention of which only the mean over the queries is computed (equations 3-6)."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.autograd.function import once_differentiable

from emofusion.models.layers import DropoutMask, Linear, draw_dropout_keys

BLOCK = {"cpu": 2**19, "cuda": 2**26}
"""Scores computed at once, by kind of device: they fit a core's cache, or keep a GPU busy."""


class MeanAttention(nn.Module):
    """Multi-head attention followed by the mean over time; `*` as in `layers`.

    The models use nothing of the attended sequence but its temporal average, and the average of
    weighted sums is the sum under averaged weights. So the weights are averaged over the queries
    first, and then the source is summed once, and projected once. That gives the same numbers for
    less work. Dropout acts on single weights, before the mean.
    """

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.query = Linear(width, width)
        self.key = Linear(width, width)
        self.value = Linear(width, width)
        self.output = Linear(width, width)
        self.dropout = dropout
        self._initialise()

    def _initialise(self) -> None:
        # As torch.nn.MultiheadAttention, which the paper's code uses: the three projections are
        # drawn as one [3 * width, width] matrix, biases start at zero.
        width = self.query.in_features
        joined = nn.init.xavier_uniform_(torch.empty(3 * width, width))
        for linear, weight in zip((self.query, self.key, self.value), joined.chunk(3), strict=True):
            linear.weight.data.copy_(weight)
            nn.init.zeros_(linear.bias)
        nn.init.zeros_(self.output.bias)

    def forward(self, target: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
        """Attend from every step of the target over the source.

        Args:
            target: gives the queries, [*, batch, target time, width].
            source: gives keys and values, [*, batch, source time, width].

        Returns:
            Mean of the attended sequence over the target's time, [*, batch, width].
        """
        weights = self.weights(target, source)
        # A head sums the source over time, in its full width, then projects the sum by its own rows
        # of the value matrix.
        summed = (weights @ source).transpose(-3, -2)
        values = summed @ self.value.weight.unflatten(-2, (self.heads, -1)).mT
        bias = self.value.bias.unflatten(-1, (self.heads, 1, -1))
        values = values + weights.sum(dim=-1).mT[..., None] * bias
        return self.output(values.transpose(-3, -2).flatten(-2))

    def weights(self, target: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
        """How much each head attends to each step of the source, on average over the target's time.

        Returns:
            [*, batch, heads, source time]; without dropout the weights of a head sum to one.
        """
        q, k = self._split(self.query(target)), self._split(self.key(source))
        dropout = self.dropout if self.training else 0.0
        dropout_keys = draw_dropout_keys() if dropout else []
        seeds = self.query.weight.shape[:-2].numel()
        q, k = (x.to(self.query.weight) for x in (q, k))  # autocast makes them bfloat16
        weights = MeanWeights.apply(
            q.reshape(seeds, -1, *q.shape[-2:]),
            k.reshape(seeds, -1, *k.shape[-2:]),
            dropout,
            dropout_keys,
        )
        return weights.reshape(*k.shape[:-1])

    def _split(self, x: torch.Tensor) -> torch.Tensor:
        """[*, batch, time, width] -> [*, batch, heads, time, width / heads]."""
        return x.unflatten(-1, (self.heads, -1)).transpose(-3, -2)


class MeanWeights(torch.autograd.Function):
    """Softmax of the scores, dropout on single weights, mean over the queries.

    The attention weights (batch x heads x target time x source time) would be the largest tensor of
    a model by far. They are computed in blocks that fit the cache, and are not stored: the backward
    pass computes them again from queries and keys. With dropout its mask is stored, in one byte per
    weight.
    """

    @staticmethod
    def forward(
        ctx: Any, q: torch.Tensor, k: torch.Tensor, dropout: float, dropout_keys: list[int]
    ) -> torch.Tensor:
        """Mean weights [seed, row, source time]; a row is one head of one utterance.

        Args:
            ctx: torch's.
            q: queries, [seed, row, target time, feature].
            k: keys, [seed, row, source time, feature].
            dropout: probability.
            dropout_keys: one key per seed, which decides what dropout drops; see `DropoutMask`.
        """
        draws = [DropoutMask(key, dropout, q.device) for key in dropout_keys if dropout]
        kept = q.new_empty((*q.shape[:-1], k.shape[-2]), dtype=torch.uint8) if draws else None
        ctx.save_for_backward(q, k, kept)
        ctx.factor = (draws[0].scale if draws else 1.0) / q.shape[-2]
        means = q.new_empty(k.shape[:-1])
        for place, weights in _blocks(q, k):
            if kept is not None:
                weights.mul_(kept[place].copy_(draws[place[0]].draw(weights.shape)))
            average = weights.new_full((len(weights), 1, q.shape[-2]), ctx.factor)
            torch.bmm(average, weights, out=means[place].unsqueeze(1))
        return means

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Gradients of queries and keys."""
        q, k, kept = ctx.saved_tensors
        dq, dk = torch.empty_like(q), torch.empty_like(k)
        for place, weights in _blocks(q, k):
            above = (gradient[place] * ctx.factor).unsqueeze(1).expand_as(weights)
            above = above if kept is None else above * kept[place]
            scores = torch._softmax_backward_data(above, weights, -1, weights.dtype)
            scaled_product(scores, k[place], k.shape[-1], out=dq[place])
            scaled_product(scores.mT, q[place], k.shape[-1], out=dk[place])
        return dq, dk, None, None


def _blocks(q: torch.Tensor, k: torch.Tensor) -> Iterator[tuple[tuple[int, slice], torch.Tensor]]:
    """Yield (seed, rows) and their softmax [row, target time, source time].

    All blocks share one buffer: a block is valid only until the next one is yielded.
    """
    seeds, rows = q.shape[:2]
    shape = (q.shape[-2], k.shape[-2])
    size = min(rows, max(1, BLOCK["cuda" if q.is_cuda else "cpu"] // (shape[0] * shape[1])))
    room = q.new_empty(size, *shape)
    for seed in range(seeds):
        for start in range(0, rows, size):
            place = seed, slice(start, start + size)
            scores = room[: min(size, rows - start)]
            scaled_product(q[place], k[place].mT, k.shape[-1], out=scores)
            yield place, torch.softmax(scores, dim=-1, out=scores)


def scaled_product(
    a: torch.Tensor, b: torch.Tensor, features: int, *, out: torch.Tensor
) -> torch.Tensor:
    """Product of matrices over the root of a head's number of features (equation 4)."""
    return out.baddbmm_(a, b, beta=0, alpha=features**-0.5)
