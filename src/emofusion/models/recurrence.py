"""The gated recurrent unit (equation 2 of the paper)."""

from typing import Any

import torch
from torch import nn


class GRU(nn.GRU):
    """torch's layer in one or two directions, one layer deep and batch first; `*` as in `layers`.

    On a CPU torch's own is bound by all that it does beside the matrix products. Here both
    directions, and all seeds, take each step together. On a GPU each seed runs by cuDNN.
    """

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Run over [*, batch, time, in].

        Returns:
            The states [*, batch, time, directions x hidden], and the one that each direction ends
            with [*, direction, batch, hidden].
        """
        return self._by_cudnn(x) if x.is_cuda else self._side_by_side(x)

    def _side_by_side(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        steps = x.transpose(-2, -3)
        onward_backward = [steps, steps.flip(-3)] if self.bidirectional else [steps]
        steps = torch.stack(onward_backward, dim=-4)
        runs = steps.shape[:-3].numel()
        states = run(
            steps.reshape(runs, *steps.shape[-3:]),
            self._joined("weight_ih").reshape(runs, 3 * self.hidden_size, -1),
            self._joined("weight_hh").reshape(runs, 3 * self.hidden_size, -1),
            self._joined("bias_ih").reshape(runs, -1),
            self._joined("bias_hh").reshape(runs, -1),
        ).reshape(*steps.shape[:-1], -1)
        last = states[..., -1, :, :]
        onward, *backward = states.unbind(-4)
        directions = [onward, *(part.flip(-3) for part in backward)]
        return torch.cat([part.transpose(-2, -3) for part in directions], dim=-1), last

    def _by_cudnn(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        names = [name for names in self._all_weights for name in names]
        weights = [getattr(self, name) for name in names]
        if x.dim() == 3:
            return self._one_by_cudnn(x, weights)
        seeds = [
            self._one_by_cudnn(*of_seed)
            for of_seed in zip(x, zip(*weights, strict=True), strict=True)
        ]
        states, last = zip(*seeds, strict=True)
        return torch.stack(states), torch.stack(last)

    def _one_by_cudnn(
        self, x: torch.Tensor, weights: list[torch.Tensor]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        start = x.new_zeros(1 + self.bidirectional, len(x), self.hidden_size)
        options = (True, 1, 0.0, self.training, self.bidirectional, True)
        return torch.gru(x, start, weights, *options)

    def _joined(self, name: str) -> torch.Tensor:
        """A parameter of both directions, [*, direction, ...]."""
        onward = getattr(self, f"{name}_l0")
        own_axes = 2 if name.startswith("weight") else 1
        directions = [onward]
        if self.bidirectional:
            directions.append(getattr(self, f"{name}_l0_reverse"))
        return torch.stack(directions, dim=-1 - own_axes)


def run(
    x: torch.Tensor,
    weight_ih: torch.Tensor,
    weight_hh: torch.Tensor,
    bias_ih: torch.Tensor,
    bias_hh: torch.Tensor,
) -> torch.Tensor:
    """Run independent GRUs side by side, from a state of zeros.

    Args:
        x: [run, time, batch, in].
        weight_ih: of reset gate, update gate and candidate, [run, 3 x hidden, in].
        weight_hh: [run, 3 x hidden, hidden].
        bias_ih, bias_hh: [run, 3 x hidden].

    Returns:
        The states, [run, time, batch, hidden].
    """
    hidden = weight_hh.shape[-1]
    # All that does not wait for the state is one product. The gates' second bias may join it; the
    # candidate's may not, since the reset gate multiplies it.
    gates, candidate = bias_hh.split([2 * hidden, hidden], dim=-1)
    bias = bias_ih + nn.functional.pad(gates, (0, hidden))
    inputs = torch.baddbmm(bias[:, None], x.flatten(1, 2), weight_ih.mT)
    inputs = inputs.unflatten(1, x.shape[1:3]).to(weight_hh)  # step by step in full precision
    keep = torch.is_grad_enabled()
    return Recurrence.apply(inputs, weight_hh.mT.contiguous(), candidate[:, None], keep)


CHUNK = 32
"""Steps of a backward pass whose factors are made together: they stay in the cache."""


class Recurrence(torch.autograd.Function):
    """What is left to do step by step.

    With r, z, n the reset gate, the update gate and the candidate, and m the candidate's product
    with the state: n = tanh(input + r m), state = n + z (previous - n).
    """

    @staticmethod
    def forward(
        ctx: Any, inputs: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, keep: bool
    ) -> torch.Tensor:
        """The states [run, time, batch, hidden].

        Args:
            ctx: torch's.
            inputs: products with the inputs, biases added, [run, time, batch, 3 x hidden].
            weight: [run, hidden, 3 x hidden].
            bias: the candidate's inner one, [run, 1, hidden].
            keep: whether a backward pass may follow.
        """
        runs, time, batch, _ = inputs.shape
        hidden = weight.shape[1]

        def room(width: int) -> torch.Tensor:
            """For all steps, or for one that is used again."""
            steps = time if keep else 1
            return inputs.new_empty(runs, steps, batch, width).expand(-1, time, -1, -1)

        gates, candidates = room(3 * hidden), room(hidden)
        states = inputs.new_empty(runs, time, batch, hidden)
        biases = nn.functional.pad(bias, (2 * hidden, 0)).expand(-1, batch, -1)
        state = inputs.new_zeros(runs, batch, hidden)
        # Slices are taken before the loop, whose steps are so short that a slice is felt.
        steps = zip(
            inputs[..., : 2 * hidden].unbind(1),
            inputs[..., 2 * hidden :].unbind(1),
            gates.unbind(1),
            gates[..., : 2 * hidden].unbind(1),
            *(part.unbind(1) for part in gates.split(hidden, dim=-1)),
            candidates.unbind(1),
            states.unbind(1),
            strict=True,
        )
        for input_rz, input_n, products, rz, r, z, m, n, out in steps:
            torch.baddbmm(biases, state, weight, out=products)
            rz.add_(input_rz).sigmoid_()
            torch.addcmul(input_n, r, m, out=n).tanh_()
            state = torch.lerp(n, state, z, out=out)
        if keep:
            ctx.save_for_backward(gates, candidates, states, weight)
        return states

    @staticmethod
    def backward(ctx: Any, above: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Gradients of inputs, weight and bias."""
        gates, candidates, states, weight = ctx.saved_tensors
        runs, time, batch, hidden = states.shape
        # A state's gradient reaches the one before by the three products and by the update gate.
        back = torch.cat([weight.mT, torch.eye(hidden).to(weight).expand(runs, -1, -1)], dim=1)
        d_inputs = torch.empty_like(gates)
        d_weight, d_bias = torch.zeros_like(weight), weight.new_zeros(runs, 1, hidden)
        start, carried = states.new_zeros(runs, 1, batch, hidden), None
        for stop in range(time, 0, -CHUNK):
            part = slice(max(0, stop - CHUNK), stop)
            n, (r, z, m) = candidates[:, part], gates[:, part].split(hidden, dim=-1)
            before = states[:, max(0, part.start - 1) : stop - 1]
            before = torch.cat([start, before], dim=1) if part.start == 0 else before
            of_candidate = (1 - n * n).mul_(1 - z)
            of_product = of_candidate * r
            of_reset = (of_product * m).mul_(1 - r)
            of_update = (before - n).mul_(z).mul_(1 - z)
            factors = torch.stack([of_reset, of_update, of_product, z], dim=-2)
            totals, parts = torch.empty_like(n), torch.empty_like(factors)
            steps = zip(
                above[:, part].unbind(1),
                factors.unbind(1),
                totals.unbind(1),
                totals.unsqueeze(-2).unbind(1),
                parts.unbind(1),
                parts.flatten(-2).unbind(1),
                strict=True,
            )
            for gradient, factor, total, wide, product, flat in reversed(list(steps)):
                if carried is None:
                    total.copy_(gradient)
                else:
                    torch.baddbmm(gradient, carried, back, out=total)
                torch.mul(wide, factor, out=product)
                carried = flat
            products = parts.flatten(-2)[..., : 3 * hidden]
            d_weight.baddbmm_(before.flatten(1, 2).mT, products.flatten(1, 2))
            d_bias += products[..., 2 * hidden :].sum(dim=(1, 2)).unsqueeze(1)
            d_inputs[:, part, :, : 2 * hidden] = products[..., : 2 * hidden]
            torch.mul(totals, of_candidate, out=d_inputs[:, part, :, 2 * hidden :])
        return d_inputs, d_weight, d_bias, None
