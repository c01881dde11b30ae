"""Multi-head attention, read as its mean over the queries (equations 3-6 of the paper)."""

import torch
from torch import nn


class MeanAttention(nn.Module):
    """Multi-head attention followed by the mean over time.

    The models use nothing of the attended sequence but its temporal average, and the average of
    weighted sums is the sum under averaged weights. So the weights are averaged over the queries
    first and the values summed once, which gives the same numbers for less work. Dropout acts on
    single weights, before the mean.
    """

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.output = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)
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
            target: gives the queries, [batch, target time, width].
            source: gives keys and values, [batch, source time, width].

        Returns:
            Mean of the attended sequence over the target's time, [batch, width].
        """
        weights = self.weights(target, source).unsqueeze(-2)
        return self.output((weights @ self._split(self.value(source))).flatten(start_dim=1))

    def weights(self, target: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
        """How much each head attends to each step of the source, on average over the target's time.

        Returns:
            [batch, heads, source time]; without dropout the weights of a head sum to one.
        """
        q, k = self._split(self.query(target)), self._split(self.key(source))
        scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
        return self.dropout(scores.softmax(dim=-1)).mean(dim=-2)

    def _split(self, x: torch.Tensor) -> torch.Tensor:
        """[batch, time, width] -> [batch, heads, time, width / heads]."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)
