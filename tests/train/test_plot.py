import pytest

pytest.importorskip("torch")

from train.plot import draw_confusion


def test_the_confusion_matrix_becomes_a_picture_the_same_every_time(tmp_path):
    table = [[90 if i == j else 2 for j in range(6)] for i in range(5)] + [[0] * 6]
    report = {"six_labels": {"confusion": table}}
    for name in ("one.png", "two.png"):
        draw_confusion(report, tmp_path / name)
    picture = (tmp_path / "one.png").read_bytes()
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(picture) > 5000
    assert (tmp_path / "two.png").read_bytes() == picture
