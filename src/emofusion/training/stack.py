"""The models of several seeds as one."""

import copy
from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise

import torch
from torch import nn

from emofusion.models.layers import draw_keys, dropout_streams


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
        self.models = models[:1] if self.side_by_side else models
        for number, one in enumerate(self.models):
            for parameter, span in zip(_trained(one), self.spans, strict=True):
                own = self.weights[:, span] if self.side_by_side else self.weights[number, span]
                parameter.data = own.view((*own.shape[:-1], *parameter.shape))

    def __len__(self) -> int:
        return len(self.weights)

    def train(self, mode: bool = True) -> None:
        """Let dropout act, or not."""
        for model in self.models:
            model.train(mode)

    def __call__(
        self, inputs: Mapping[str, torch.Tensor], streams: Sequence[torch.Generator] = ()
    ) -> torch.Tensor:
        """Logits of each seed's batch, [seed, batch, classes].

        Args:
            inputs: {name: [seed, batch, ...]}.
            streams: of each seed's dropout, on the CPU; needed in training.
        """
        with dropout_streams(streams):
            if self.side_by_side:
                return self.models[0](inputs)
            # torch's own dropout draws from torch's own generators.
            keys = draw_keys() if streams else [None for _ in self.models]
        logits = []
        for number, (model, key) in enumerate(zip(self.models, keys, strict=True)):
            if key is not None:
                torch.manual_seed(key)
            logits.append(model({name: values[number] for name, values in inputs.items()}))
        return torch.stack(logits)

    def gradients(self, losses: torch.Tensor) -> torch.Tensor:
        """Of each seed's loss [seed] by its weights, [seed, weight]."""
        per_model = [_trained(model) for model in self.models]
        flat = [parameter for parameters in per_model for parameter in parameters]
        found = torch.autograd.grad(losses.sum(), flat, allow_unused=True, materialize_grads=True)
        rows = len(self) if self.side_by_side else 1
        n = len(self.spans)
        return torch.cat(
            [
                torch.cat([gradient.reshape(rows, -1) for gradient in found[start : start + n]], 1)
                for start in range(0, len(found), n)
            ]
        )

    def state_dict(self, number: int) -> dict[str, torch.Tensor]:
        """A copy of a seed's state, with the names and shapes of a model alone."""
        if self.side_by_side:
            state = {name: values[number] for name, values in self.models[0].state_dict().items()}
        else:
            state = self.models[number].state_dict()
        return {name: values.clone() for name, values in state.items()}


def _trained(model: nn.Module) -> list[nn.Parameter]:
    return [parameter for parameter in model.parameters() if parameter.requires_grad]
