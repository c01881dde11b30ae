"""Adam, and a learning rate that falls on a plateau.

They do what torch.optim does, to the bit. That module imports torch's compiler at its first step,
which costs each job 1.7 s of CPU time.
"""

import math
from typing import Any

import torch


class Adam:
    """Adam (Kingma and Ba, 2015) with torch's fused kernel, on one tensor of weights.

    Args:
        weights: [weight], changed in place.
        learning_rate: learning rate of the next step; may be set at any time.
    """

    def __init__(self, weights: torch.Tensor, learning_rate: float) -> None:
        self.weights = weights
        self.learning_rate = learning_rate
        self.steps = torch.zeros((), dtype=torch.float32, device=weights.device)
        self.mean = torch.zeros_like(weights)
        self.square = torch.zeros_like(weights)

    @torch.no_grad()
    def step(self, gradient: torch.Tensor) -> None:
        """Take a step along a gradient [weight]."""
        self.steps += 1
        torch._fused_adam_(
            [self.weights],
            [gradient],
            [self.mean],
            [self.square],
            [],
            [self.steps],
            lr=self.learning_rate,
            beta1=0.9,
            beta2=0.999,
            weight_decay=0.0,
            eps=1e-8,
            amsgrad=False,
            maximize=False,
        )

    def state(self) -> dict[str, Any]:
        """The state apart from the weights."""
        names = ("learning_rate", "steps", "mean", "square")
        return {name: getattr(self, name) for name in names}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore a state."""
        self.learning_rate = state["learning_rate"]
        for name in ("steps", "mean", "square"):
            getattr(self, name).copy_(state[name])


class Plateau:
    """Multiplies the learning rate when the loss has not fallen for some checks.

    A loss counts as lower if it falls by more than 0.01 %; NaN never does. The rate stays as it is
    once a change would be 1e-8 or less.

    Args:
        optimiser: whose learning rate falls.
        factor: multiplies the learning rate.
        patience: checks in a row without a lower loss that change nothing; the next one makes the
            rate fall. None: it never falls.
    """

    def __init__(self, optimiser: Adam, factor: float, patience: int | None) -> None:
        self.optimiser = optimiser
        self.factor = factor
        self.patience = math.inf if patience is None else patience
        self.best = math.inf
        self.waited = 0

    def step(self, loss: float) -> None:
        """Take the loss of a check into account."""
        if loss < self.best * (1 - 1e-4):
            self.best, self.waited = loss, 0
            return
        self.waited += 1
        if self.waited > self.patience:
            rate = self.optimiser.learning_rate * self.factor
            if self.optimiser.learning_rate - rate > 1e-8:
                self.optimiser.learning_rate = rate
            self.waited = 0

    def state(self) -> dict[str, Any]:
        """The state."""
        return {"best": self.best, "waited": self.waited}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore a state."""
        self.best, self.waited = state["best"], state["waited"]
