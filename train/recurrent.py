"""The recurrent layer in training on a CPU: what nn.GRU computes, in less time.

PyTorch unrolls a GRU on a CPU into a dozen small operations a step, for each direction, with a
gradient of every weight at every step. Here both directions share a step, and the gradients of the
weights are one product over all steps.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function


def both_ways(gru: nn.GRU, rows: Tensor) -> Tensor:
    """(n_episodes, n_rows, n_hidden) to (n_episodes, n_rows, 2 * n_context), as `gru` has it.

    `gru` has one layer, both directions and the batch first.
    """
    directions = ("", "_reverse")
    inputs = [
        nn.functional.linear(
            rows, getattr(gru, f"weight_ih_l0{way}"), getattr(gru, f"bias_ih_l0{way}")
        )
        for way in directions
    ]
    # (n_rows, 2, n_episodes, 3 * n_context): time first, and the second direction from its end.
    steps = torch.stack([inputs[0], inputs[1].flip(1)]).permute(2, 0, 1, 3)
    weights = torch.stack([getattr(gru, f"weight_hh_l0{way}") for way in directions])
    biases = torch.stack([getattr(gru, f"bias_hh_l0{way}") for way in directions])
    states: Tensor = _Gates.apply(  # type: ignore[no-untyped-call]
        steps.contiguous(), weights, biases
    )
    forth, back = states.unbind(1)
    joined: Tensor = torch.cat([forth, back.flip(0)], dim=2).transpose(0, 1)
    return joined


class _Gates(Function):
    """The recursion; gates in the order of PyTorch: reset, update, new."""

    @staticmethod
    def forward(ctx: Any, steps: Tensor, weights: Tensor, biases: Tensor) -> Tensor:
        """(n_rows, 2, n, 3h), (2, 3h, h) and (2, 3h) to states, (n_rows, 2, n, h)."""
        n_rows, _, n, _ = steps.shape
        h = weights.shape[2]
        transposed = weights.transpose(1, 2).contiguous()
        biases = biases.unsqueeze(1)
        gates = torch.empty(n_rows, 2, n, 2 * h, dtype=steps.dtype)
        said = torch.empty(n_rows, 2, n, h, dtype=steps.dtype)  # of the past to the new gate
        new, states = torch.empty_like(said), torch.empty_like(said)
        state = steps.new_zeros(2, n, h)
        for t in range(n_rows):
            past = torch.baddbmm(biases, state, transposed)
            torch.sigmoid(steps[t, ..., : 2 * h] + past[..., : 2 * h], out=gates[t])
            said[t] = past[..., 2 * h :]
            reset, update = gates[t, ..., :h], gates[t, ..., h:]
            torch.tanh(torch.addcmul(steps[t, ..., 2 * h :], reset, said[t]), out=new[t])
            torch.lerp(new[t], state, update, out=states[t])
            state = states[t]
        ctx.save_for_backward(weights, gates, said, new, states)
        return states

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Gradients of steps, weights and biases."""
        (grad_states,) = grads
        weights, gates, said, new, states = ctx.saved_tensors
        n_rows, _, n, h = new.shape
        before = torch.cat([torch.zeros_like(states[:1]), states[:-1]])
        reset, update = gates[..., :h], gates[..., h:]
        # What a change of each gate's input does to the state, for all steps at once.
        by_new = (1 - update) * (1 - new * new)
        by_update = (before - new) * update * (1 - update)
        by_reset = said * reset * (1 - reset)
        to_steps = torch.empty(n_rows, 2, n, 3 * h, dtype=new.dtype)
        to_past = torch.empty_like(to_steps)
        later = torch.zeros_like(states[0])
        for t in range(n_rows - 1, -1, -1):
            here = later + grad_states[t]
            d_new = torch.mul(here, by_new[t], out=to_steps[t, ..., 2 * h :])
            torch.mul(here, by_update[t], out=to_past[t, ..., h : 2 * h])
            torch.mul(d_new, by_reset[t], out=to_past[t, ..., :h])
            torch.mul(d_new, reset[t], out=to_past[t, ..., 2 * h :])
            later = torch.baddbmm(here * update[t], to_past[t], weights)
        to_steps[..., : 2 * h] = to_past[..., : 2 * h]
        flat = to_past.permute(1, 3, 0, 2).flatten(2)  # (2, 3h, n_rows * n)
        to_weights = flat @ before.permute(1, 0, 2, 3).flatten(1, 2)
        return to_steps, to_weights, flat.sum(dim=2)
