"""The models of several seeds as one."""

import copy
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, pairwise

import torch
from torch import nn

from emofusion.models.layers import draw_keys, dropout_streams

Inputs = Mapping[str, torch.Tensor]


class Stack:
    """Models of one architecture, one a seed, that compute side by side.

    Their trainable weights are the rows of one matrix, and the models' parameters are views of it.
    A model that says `side_by_side` is one module for all seeds, whose parameters have a leading
    axis of seeds (`models.layers`); any other takes its turn for each seed. A single seed is a
    stack of one.

    Args:
        model: the architecture; its values do not matter.
        states: state dict of each seed.

    Attributes:
        weights: [seed, weight].
        spans: where each parameter stands in a row.
    """

    def __init__(self, model: nn.Module, states: Sequence[Mapping[str, torch.Tensor]]) -> None:
        self.side_by_side = getattr(model, "side_by_side", False)
        models = [copy.deepcopy(model) for _ in states]
        for one, state in zip(models, states, strict=True):
            one.load_state_dict(state)
        trained = [_trained(one) for one in models]
        ends = accumulate((parameter.numel() for parameter in trained[0]), initial=0)
        self.spans = [slice(*span) for span in pairwise(ends)]
        self.weights = torch.stack([nn.utils.parameters_to_vector(one) for one in trained]).detach()
        if self.side_by_side:
            self.groups = [(models[0], slice(len(models)))]
        else:
            self.groups = [(one, slice(i, i + 1)) for i, one in enumerate(models)]
        for one, seeds in self.groups:
            rows = self.weights[seeds] if self.side_by_side else self.weights[seeds.start]
            for parameter, span in zip(_trained(one), self.spans, strict=True):
                own = rows[..., span]
                parameter.data = own.view((*own.shape[:-1], *parameter.shape))

    def __len__(self) -> int:
        return len(self.weights)

    def train(self, mode: bool = True) -> None:
        """Let dropout act, or not."""
        for model, _ in self.groups:
            model.train(mode)

    def __call__(self, inputs: Inputs) -> torch.Tensor:
        """{name: [seed, batch, ...]} -> logits [seed, batch, classes]."""
        return torch.cat([self._logits(model, inputs, seeds) for model, seeds in self.groups])

    def gradients(
        self,
        inputs: Inputs,
        streams: Sequence[torch.Generator],
        losses: Callable[[torch.Tensor, slice], torch.Tensor],
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Losses [seed] on a batch of each seed, and their gradients [seed, weight].

        Args:
            inputs: {name: [seed, batch, ...]}.
            streams: each seed's source of dropout, on the CPU.
            losses: maps logits of some seeds [seed, batch, classes], and which these are, to losses
                [seed]. Models that take turns are through with one seed before the next begins.
        """
        found, gradients = [], []
        for model, seeds in self.groups:
            with dropout_streams(streams[seeds]):
                found.append(losses(self._logits(model, inputs, seeds), seeds))
            by_parameter = torch.autograd.grad(
                found[-1].sum(), _trained(model), allow_unused=True, materialize_grads=True
            )
            rows = [gradient.reshape(len(found[-1]), -1) for gradient in by_parameter]
            gradients.append(torch.cat(rows, dim=1))
        return torch.cat(found).detach(), torch.cat(gradients)

    def _logits(self, model: nn.Module, inputs: Inputs, seeds: slice) -> torch.Tensor:
        own = {name: values[seeds] for name, values in inputs.items()}
        if self.side_by_side:
            return model(own)
        if model.training:
            torch.manual_seed(*draw_keys())  # where torch's own dropout draws from
        return model({name: values[0] for name, values in own.items()})[None]

    def state_dict(self, number: int) -> dict[str, torch.Tensor]:
        """A copy of a seed's state, with the names and shapes of a model alone."""
        if self.side_by_side:
            state = {
                name: values[number] for name, values in self.groups[0][0].state_dict().items()
            }
        else:
            state = self.groups[number][0].state_dict()
        return {name: values.clone() for name, values in state.items()}


def _trained(model: nn.Module) -> list[nn.Parameter]:
    return [parameter for parameter in model.parameters() if parameter.requires_grad]
