"""The gated recurrent unit (equation 2 of the paper)."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.autograd.function import once_differentiable


class GRU(nn.GRU):
    """torch's layer, of one layer and batch first, in one or two directions; `*` as in `layers`.

    On a CPU torch's own is bound by what it does in addition to the matrix products. Here both
    directions, and all seeds, take each step together. On a GPU each seed runs by cuDNN. The
    steps are in full precision, whatever the autocast around them.
    """

    def __init__(self, width: int, hidden: int, *, bidirectional: bool = False) -> None:
        super().__init__(width, hidden, batch_first=True, bidirectional=bidirectional)

    def forward(  # type: ignore[override]  # torch's takes a state to begin with
        self, x: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Run over [*, batch, time, in].

        Returns:
            The states [*, batch, time, directions x hidden], and the one that each direction ends
            with [*, direction, batch, hidden].
        """
        return self._by_cudnn(x) if x.is_cuda else self._by_steps(x)

    def _by_steps(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        steps = x.transpose(-2, -3)
        directions = [steps, steps.flip(-3)] if self.bidirectional else [steps]
        steps = torch.stack(directions, dim=-4)
        lanes = steps.shape[:-3].numel()
        states = gru(
            steps.reshape(lanes, *steps.shape[-3:]),
            self._joined("weight_ih").reshape(lanes, 3 * self.hidden_size, -1),
            self._joined("weight_hh").reshape(lanes, 3 * self.hidden_size, -1),
            self._joined("bias_ih").reshape(lanes, -1),
            self._joined("bias_hh").reshape(lanes, -1),
        ).reshape(*steps.shape[:-1], -1)
        last = states[..., -1, :, :]
        onward, *backward = states.unbind(-4)
        directions = [onward, *(part.flip(-3) for part in backward)]
        return torch.cat([part.transpose(-2, -3) for part in directions], dim=-1), last

    def _joined(self, name: str) -> torch.Tensor:
        """A parameter of all directions, [*, direction, ...]."""
        ends = ("", "_reverse") if self.bidirectional else ("",)
        axis = -3 if name.startswith("weight") else -2
        return torch.stack([getattr(self, f"{name}_l0{end}") for end in ends], dim=axis)

    def _by_cudnn(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        weights = list(self.parameters())
        if x.dim() == 3:
            return self._one_by_cudnn(x, weights)
        of_seeds = zip(x, zip(*weights, strict=True), strict=True)
        states, last = zip(*(self._one_by_cudnn(*of_seed) for of_seed in of_seeds), strict=True)
        return torch.stack(states), torch.stack(last)

    def _one_by_cudnn(
        self, x: torch.Tensor, weights: Sequence[torch.Tensor]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        with torch.autocast("cuda", enabled=False):
            x = x.to(weights[0])
            start = x.new_zeros(1 + self.bidirectional, len(x), self.hidden_size)
            options = (True, 1, 0.0, self.training, self.bidirectional, True)
            return torch.gru(x, start, list(weights), *options)


def gru(
    x: torch.Tensor,
    weight_ih: torch.Tensor,
    weight_hh: torch.Tensor,
    bias_ih: torch.Tensor,
    bias_hh: torch.Tensor,
) -> torch.Tensor:
    """Run independent GRUs side by side, from a state of zeros.

    Args:
        x: [lane, time, batch, in]; a lane is one direction of one seed.
        weight_ih: weights of reset gate, update gate and candidate, [lane, 3 x hidden, in].
        weight_hh: [lane, 3 x hidden, hidden].
        bias_ih, bias_hh: [lane, 3 x hidden].

    Returns:
        The states, [lane, time, batch, hidden].
    """
    hidden = weight_hh.shape[-1]
    # All that does not wait for the state is one product. The gates' second bias may join it; the
    # candidate's may not, since the reset gate multiplies it.
    gates, candidate = bias_hh.split([2 * hidden, hidden], dim=-1)
    bias = bias_ih + nn.functional.pad(gates, (0, hidden))
    inputs = torch.baddbmm(bias[:, None], x.flatten(1, 2), weight_ih.mT)
    inputs = inputs.unflatten(1, x.shape[1:3]).to(weight_hh)  # autocast makes them bfloat16
    keep = torch.is_grad_enabled()
    return Recurrence.apply(inputs, weight_hh.mT.contiguous(), candidate[:, None], keep)


CHUNK = 32
"""Steps of a backward pass whose factors are made together: they stay in the cache."""


class Recurrence(torch.autograd.Function):
    """The part of a GRU that runs step by step: all that needs the previous state.

    With r, z, n the reset gate, the update gate and the candidate, and m the candidate's product
    with the previous state, plus its bias: n = tanh(input + r m), state = n + z (previous - n).
    """

    @staticmethod
    def forward(
        ctx: Any, inputs: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, keep: bool
    ) -> torch.Tensor:
        """The states [lane, time, batch, hidden].

        Args:
            ctx: torch's.
            inputs: products with the inputs, biases added, [lane, time, batch, 3 x hidden].
            weight: [lane, hidden, 3 x hidden].
            bias: the candidate's bias that is added before the reset gate multiplies,
                [lane, 1, hidden].
            keep: whether a backward pass may follow.
        """
        lanes, time, batch, _ = inputs.shape
        hidden = weight.shape[1]

        def room(width: int) -> torch.Tensor:
            """Memory for all steps; without a backward pass for one step, which all steps share."""
            steps = time if keep else 1
            return inputs.new_empty(lanes, steps, batch, width).expand(-1, time, -1, -1)

        gates, candidates = room(3 * hidden), room(hidden)
        states = inputs.new_empty(lanes, time, batch, hidden)
        biases = nn.functional.pad(bias, (2 * hidden, 0)).expand(-1, batch, -1)
        state = inputs.new_zeros(lanes, batch, hidden)
        # Slice once before the loop; slicing inside would dominate these tiny steps.
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
    @once_differentiable
    def backward(ctx: Any, above: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Gradients of inputs, weight and bias."""
        gates, candidates, states, weight = ctx.saved_tensors
        lanes, time, batch, hidden = states.shape
        # A state's gradient reaches the one before by the three products and by the update gate.
        kept = torch.eye(hidden, dtype=weight.dtype, device=weight.device).expand(lanes, -1, -1)
        back = torch.cat([weight.mT, kept], dim=1)
        d_inputs = torch.empty_like(gates)
        d_weight, d_bias = torch.zeros_like(weight), weight.new_zeros(lanes, 1, hidden)
        start, carried = states.new_zeros(lanes, 1, batch, hidden), None
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
