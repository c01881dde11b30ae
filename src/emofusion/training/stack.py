"""The models of several seeds as one."""

import copy
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import accumulate

import torch
from torch import nn

from emofusion.models.layers import dropout_streams

Tensors = Mapping[str, torch.Tensor]

NOT_CONTIGUOUS = "RNN module weights are not part of single contiguous chunk of memory"
"""torch's warning about a cuDNN layer whose weights are views of a stack's matrix.

torch then copies the weights at each call, which costs little beside hundreds of time steps.
`flatten_parameters`, which it recommends, would move them out of the matrix.
"""


class Stack:
    """The models of several seeds, of one architecture.

    Their trainable weights are the rows of one matrix, and the models' parameters are views of it.
    A model with the attribute `side_by_side` is one module for all seeds, whose parameters have a
    leading axis of seeds (`models.layers`); any other model is called once per seed. A single seed
    is a stack of one.

    Args:
        model: the architecture, on the device to compute on; its values do not matter.
        states: state dict of each seed.

    Attributes:
        weights: [seed, weight]; gaps between parameters hold zeros.
        spans: the slice of each parameter in a row.
        gaps: number of zeros after each parameter.
    """

    def __init__(self, model: nn.Module, states: Sequence[Mapping[str, torch.Tensor]]) -> None:
        warnings.filterwarnings("ignore", NOT_CONTIGUOUS)
        self.side_by_side = getattr(model, "side_by_side", False)
        trained = {n: p for n, p in model.named_parameters() if p.requires_grad}
        device = next(iter(trained.values())).device
        # States of a checkpoint are on the CPU, newer ones on the device.
        states = [{name: values.to(device) for name, values in state.items()} for state in states]
        sizes = [parameter.numel() for parameter in trained.values()]
        aligned = alignment(device)
        starts = [0, *accumulate(-(-size // aligned) * aligned for size in sizes)]
        self.spans = [slice(a, a + n) for a, n in zip(starts[:-1], sizes, strict=True)]
        self.gaps = [b - span.stop for b, span in zip(starts[1:], self.spans, strict=True)]
        self.weights = next(iter(trained.values())).new_zeros(len(states), starts[-1])
        for row, state in zip(self.weights, states, strict=True):
            for name, span in zip(trained, self.spans, strict=True):
                row[span] = state[name].flatten()
        if self.side_by_side:
            one = copy.deepcopy(model)
            for name, values in one.state_dict(keep_vars=True).items():
                values.data = torch.stack([state[name] for state in states])
            self.groups = [(one, slice(len(states)))]
            self._attach(one, self.weights)
        else:
            self.groups = []
            for number, state in enumerate(states):
                one = copy.deepcopy(model)
                one.load_state_dict(state)
                self.groups.append((one, slice(number, number + 1)))
                self._attach(one, self.weights[number])

    def _attach(self, model: nn.Module, rows: torch.Tensor) -> None:
        """Make a model's parameters views of the weights."""
        for parameter, span in zip(_trained(model), self.spans, strict=True):
            parameter.data = rows[..., span].view(parameter.shape)

    def __len__(self) -> int:
        return len(self.weights)

    def train(self, mode: bool = True) -> None:
        """Switch dropout on or off."""
        for model, _ in self.groups:
            model.train(mode)

    def __call__(self, inputs: Tensors) -> torch.Tensor:
        """Logits [seed, batch, classes] of {name: [seed, batch, ...]}; only for evaluation."""
        return torch.cat([self._logits(model, inputs, seeds) for model, seeds in self.groups])

    def gradients(
        self,
        inputs: Tensors,
        streams: Sequence[torch.Generator],
        losses: Callable[[torch.Tensor, slice], torch.Tensor],
        mixed_precision: bool = False,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Losses [seed] on a batch of each seed, and their gradients [seed, weight].

        Args:
            inputs: {name: [seed, batch, ...]}.
            streams: each seed's source of dropout, on the CPU.
            losses: function (logits [seed, batch, classes], seeds: slice) -> losses [seed]. It is
                called once for all seeds if the model is `side_by_side`, else once per seed.
            mixed_precision: whether matrix products are in bfloat16.
        """
        found, gradients = [], []
        for model, seeds in self.groups:
            own = self._streams(streams[seeds])
            with own, torch.autocast(self.weights.device.type, torch.bfloat16, mixed_precision):
                logits = self._logits(model, inputs, seeds)
            found.append(losses(logits.to(self.weights), seeds))
            by_parameter = torch.autograd.grad(
                found[-1].sum(), _trained(model), allow_unused=True, materialize_grads=True
            )
            zeros = self.weights.new_zeros(len(found[-1]), max(self.gaps))
            parts = [
                part
                for gradient, gap in zip(by_parameter, self.gaps, strict=True)
                for part in (gradient.reshape(len(zeros), -1), zeros[:, :gap])
            ]
            gradients.append(torch.cat(parts, dim=1))
        return torch.cat(found).detach(), torch.cat(gradients)

    def _streams(self, streams: Sequence[torch.Generator]) -> AbstractContextManager[None]:
        """Context in which a model's dropout draws from the streams of its seeds."""
        if self.side_by_side:
            return dropout_streams(streams)
        # Dropout of any other model draws from torch's own generators: seed them.
        torch.manual_seed(int(torch.randint(2**63 - 1, (), generator=streams[0])))
        return nullcontext()

    def _logits(self, model: nn.Module, inputs: Tensors, seeds: slice) -> torch.Tensor:
        own = {name: values[seeds] for name, values in inputs.items()}
        if self.side_by_side:
            return model(own)
        return model({name: values[0] for name, values in own.items()})[None]

    def state_dict(self, number: int) -> dict[str, torch.Tensor]:
        """A copy of a seed's state, with the names and shapes of a single model."""
        if self.side_by_side:
            state = {
                name: values[number] for name, values in self.groups[0][0].state_dict().items()
            }
        else:
            state = self.groups[number][0].state_dict()
        return {name: values.clone() for name, values in state.items()}


def alignment(device: torch.device) -> int:
    """Parameters start in a row at multiples of this many elements.

    Kernels of a GPU load 16 bytes at once from addresses that are multiples of 16; 32 elements are
    128 bytes in float32. A CPU gains nothing, and its products would round differently.
    """
    return 32 if device.type == "cuda" else 1


def _trained(model: nn.Module) -> list[nn.Parameter]:
    return [parameter for parameter in model.parameters() if parameter.requires_grad]
