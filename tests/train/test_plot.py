import pytest

pytest.importorskip("torch")

from train.plot import draw, draw_confusion, draw_reliability


def test_the_confusion_matrix_becomes_a_picture_the_same_every_time(tmp_path):
    table = [[90 if i == j else 2 for j in range(6)] for i in range(5)] + [[0] * 6]
    report = {"six_labels": {"confusion": table}}
    for name in ("one.png", "two.png"):
        draw_confusion(report, tmp_path / name)
    picture = (tmp_path / "one.png").read_bytes()
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(picture) > 5000
    assert (tmp_path / "two.png").read_bytes() == picture


def part(accuracy):
    bins = [{"confidence": c, "accuracy": c * accuracy, "words": 9} for c in (0.35, 0.65, 0.95)]
    table = [[90 if i == j else 2 for j in range(6)] for i in range(6)]
    return {
        "six_labels": {"confusion": table},
        "calibration": {"expected_calibration_error": 1 - accuracy, "bins": bins},
    }


def test_calibration_becomes_a_picture_the_same_every_time(tmp_path):
    for name, accuracy in (("one.png", 0.9), ("two.png", 0.9), ("other.png", 0.5)):
        draw_reliability({"unseen": part(accuracy), "seen": {}}, tmp_path / name)
    pictures = [(tmp_path / name).read_bytes() for name in ("one.png", "two.png", "other.png")]
    assert pictures[0].startswith(b"\x89PNG\r\n\x1a\n")
    assert pictures[0] == pictures[1] != pictures[2]


def test_pictures_are_of_shows_left_out_where_there_are_any(tmp_path):
    unseen = part(0.8)
    unseen["six_labels"]["confusion"][0] = [0, 0, 0, 0, 0, 9]
    crossval = {"model": [{"unseen": unseen, "seen": part(0.9)}]}
    draw({"all": part(1.0), "crossval": crossval}, tmp_path)
    draw_confusion(unseen, tmp_path / "wanted.png")
    assert (tmp_path / "confusion.png").read_bytes() == (tmp_path / "wanted.png").read_bytes()
    assert (tmp_path / "reliability.png").exists()


@pytest.mark.parametrize("crossval", [None, {"model": [{"unseen": {}, "seen": {}}]}])
def test_without_them_the_confusion_is_of_all_and_no_old_picture_stays(tmp_path, crossval):
    (tmp_path / "reliability.png").write_bytes(b"old")
    draw({"all": part(1.0), "crossval": crossval}, tmp_path)
    draw_confusion(part(1.0), tmp_path / "wanted.png")
    assert (tmp_path / "confusion.png").read_bytes() == (tmp_path / "wanted.png").read_bytes()
    assert not (tmp_path / "reliability.png").exists()
