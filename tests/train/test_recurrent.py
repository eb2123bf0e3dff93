# ruff: noqa: E402 - first of all, whether torch is there
"""The layer of training against PyTorch's own, which serving is exported from."""

import pytest

torch = pytest.importorskip("torch")

from torch import nn

from train.recurrent import both_ways


@pytest.mark.parametrize(("n_rows", "n_episodes"), [(1, 1), (7, 1), (40, 3)])
def test_states_and_gradients_are_those_of_pytorch(n_rows, n_episodes):
    torch.manual_seed(n_rows)
    gru = nn.GRU(5, 4, batch_first=True, bidirectional=True).double()
    rows = torch.randn(n_episodes, n_rows, 5, dtype=torch.float64, requires_grad=True)
    said = torch.randn(n_episodes, n_rows, 8, dtype=torch.float64)

    def states_and_gradients(layer):
        gru.zero_grad()
        states = layer(rows)
        (states * said).sum().backward()
        weights = {name: weight.grad.clone() for name, weight in gru.named_parameters()}
        inputs, rows.grad = rows.grad, None
        return states, inputs, weights

    ours = states_and_gradients(lambda rows: both_ways(gru, rows))
    torch.testing.assert_close(ours, states_and_gradients(lambda rows: gru(rows)[0]))
    assert len(ours[2]) == 8  # both directions: two weights and two biases each


def test_only_what_is_trained_needs_a_gradient():
    gru = nn.GRU(3, 2, batch_first=True, bidirectional=True).requires_grad_(False)
    assert not both_ways(gru, torch.randn(2, 6, 3)).requires_grad
