# ruff: noqa: E402 - first of all, whether torch is there
import numpy as np
import pytest

torch = pytest.importorskip("torch")
import onnx

from serve.smooth import Costs
from serve.text import PAD, ROW_TOKENS, UNKNOWN, Rows, places
from train.export import (
    TOLERANCE,
    OneEpisode,
    ParityError,
    check_parity,
    check_segments,
    export,
    odd_shapes,
    random_rows,
)
from train.network import Tagger


def network(seed):
    torch.manual_seed(seed)
    return Tagger(40, n_dims=8, n_hidden=8, n_context=6, dropout=0.5).eval()


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A network, its file, and how far apart they are."""
    path = tmp_path_factory.mktemp("run") / "model.onnx"
    tagger = network(1)
    return tagger, path, export(tagger, path, [random_rows(333, 40, np.random.default_rng(8))])


def test_the_file_scores_like_the_network_over_odd_shapes(exported):
    _, _, difference = exported
    assert 0 <= difference < TOLERANCE


def test_all_is_in_one_file(exported):
    _, path, _ = exported
    assert [found.name for found in path.parent.iterdir()] == ["model.onnx"]


def test_any_number_of_rows_may_go_in(exported):
    _, path, _ = exported
    graph = onnx.load(path).graph
    axes = {i.name: [d.dim_param or d.dim_value for d in i.type.tensor_type.shape.dim]
            for i in (*graph.input, *graph.output)}  # fmt: skip
    assert axes == {
        "ids": ["rows", ROW_TOKENS],
        "place": ["rows", 2],
        "log_probs": ["rows", 6],
    }


def test_odd_shapes_are_unlike_the_one_that_was_traced():
    shapes = list(odd_shapes(40))
    assert {1, 2, 900, 2500} <= {len(rows.ids) for rows in shapes}
    assert 7 not in {len(rows.ids) for rows in shapes}
    fillers = [set(np.unique(rows.ids).tolist()) for rows in shapes]
    assert {PAD} in fillers
    assert {UNKNOWN} in fillers


def test_random_rows_look_like_rows():
    rows = random_rows(50, 40, np.random.default_rng(0))
    lengths = (rows.ids != PAD).sum(axis=1)
    assert lengths.min() >= 1
    assert all((row[:n] != PAD).all() for row, n in zip(rows.ids, lengths, strict=True))
    assert (rows.place == places(lengths)).all()


def test_the_file_of_another_network_is_refused(exported):
    _, path, _ = exported
    with pytest.raises(ParityError, match=r"^\(1, 24\): scores differ by .*, more than 0\.0001$"):
        check_parity(OneEpisode(network(2)), path, [])


def test_scores_that_are_no_numbers_are_refused(exported):
    tagger, path, _ = exported
    broken = network(1)
    broken.load_state_dict(tagger.state_dict())
    with torch.no_grad():
        broken.head.bias[0] = float("nan")
    with pytest.raises(ParityError, match="scores differ by nan"):
        check_parity(OneEpisode(broken).eval(), path, [])


def test_a_file_with_other_inputs_is_refused(exported, tmp_path):
    tagger, path, _ = exported
    model = onnx.load(path)
    for node in model.graph.node:
        node.input[:] = ["tokens" if name == "ids" else name for name in node.input]
    model.graph.input[0].name = "tokens"
    onnx.save(model, tmp_path / "other.onnx")
    message = (
        r"other\.onnx has inputs and outputs \(\['tokens', 'place'\], \['log_probs'\]\), not"
        r" \['ids', 'place'\], \['log_probs'\]"
    )
    with pytest.raises(ParityError, match=message):
        check_parity(OneEpisode(tagger), tmp_path / "other.onnx", [])


def test_a_file_with_scores_of_another_shape_is_refused(exported):
    _, path, _ = exported

    class Fewer(OneEpisode):
        def forward(self, ids, place):
            return super().forward(ids, place)[:, :5]

    with pytest.raises(ParityError, match=r"\(1, 24\): \(1, 6\) from ONNX, \(1, 5\) from torch"):
        check_parity(Fewer(network(1)), path, [])


def test_the_episodes_given_are_compared_too(exported):
    tagger, path, _ = exported
    ids = np.full((1, ROW_TOKENS), 41, dtype=np.int64)  # beyond the vocabulary: looked at, so fatal
    with pytest.raises(IndexError):
        check_parity(OneEpisode(tagger), path, [Rows(ids, places(np.array([24])), np.arange(1))])


def an_episode(name):
    rows = random_rows(60, 40, np.random.default_rng(4))
    return name, rows, np.full(60, 12)


def no_costs():
    return Costs(switch=np.zeros((6, 6)), bias=np.zeros(6))


def test_the_file_cuts_episodes_like_the_network(exported):
    tagger, path, _ = exported
    check_segments(tagger, path, [an_episode("one"), an_episode("two")], no_costs())


def test_a_file_that_cuts_an_episode_otherwise_is_refused(exported):
    _, path, _ = exported
    with pytest.raises(ParityError, match=r"^tea: torch and onnxruntime give other segments$"):
        check_segments(network(2), path, [an_episode("tea")], no_costs())
