import os

import pytest

from serve.batch.manifest import Row, open_manifest
from serve.errors import OutputError
from serve.kinds import MANIFEST, is_own


def row(file, **values):
    return Row(**{"file": file, "sha256": "0" * 64, "result": "done", "made_by": "0"} | values)


def lines(folder):
    return (folder / MANIFEST).read_bytes().splitlines()


@pytest.fixture
def written(tmp_path):
    """A folder with the rows of b and a."""
    with open_manifest(tmp_path) as manifest:
        manifest.add(row("b"))
        manifest.add(row("a", n_words=7))
    return tmp_path


def test_rows_come_back_sorted_one_for_each_file(written):
    with open_manifest(written) as manifest:
        assert manifest.row("a") == row("a", n_words=7)
        assert manifest.row("c") is None
        manifest.add(row("a", n_words=8))
        manifest.add(row("A", n_words=9))
    expected = [row("A", n_words=9), row("a", n_words=8), row("b")]
    assert [Row.model_validate_json(line) for line in lines(written)] == expected


def test_a_row_is_in_the_file_as_soon_as_it_is_added(tmp_path):
    with open_manifest(tmp_path) as manifest:
        manifest.add(row("a"))
        assert len(lines(tmp_path)) == 1


@pytest.mark.parametrize("n_bytes", [1, 40, 100])
def test_a_torn_row_is_skipped_and_the_next_one_is_whole(written, n_bytes):
    with (written / MANIFEST).open("ab") as file:
        file.write(row("torn").model_dump_json().encode()[:n_bytes])
    with open_manifest(written) as manifest:
        assert manifest.row("torn") is None
        assert manifest.row("a") is not None
        manifest.add(row("c"))
    assert [Row.model_validate_json(line).file for line in lines(written)] == ["a", "b", "c"]


@pytest.mark.parametrize("junk", [b"[]\n", b"\xff\xfe\n", b'{"file": "a"}\n', b"\n\n"])
def test_lines_that_are_no_rows_go(written, junk):
    with (written / MANIFEST).open("ab") as file:
        file.write(junk)
    with open_manifest(written) as manifest:
        assert manifest.row("a") == row("a", n_words=7)
    assert len(lines(written)) == 2


def test_only_a_run_that_is_alone_tidies(written):
    with open_manifest(written) as one:
        with open_manifest(written) as other, other.alone() as is_alone:
            assert not is_alone
            other.add(row("a", n_words=8))
        one.add(row("c"))
        assert len(lines(written)) == 4
        with one.alone() as is_alone:
            assert is_alone
    assert len(lines(written)) == 3


def test_rows_of_a_run_that_began_during_another_are_kept(written):
    with open_manifest(written) as one:
        one.add(row("c"))
    with open_manifest(written) as other:
        other.add(row("d"))
    assert len(lines(written)) == 4


def test_a_manifest_that_fails_half_way_keeps_its_rows(tmp_path):
    with pytest.raises(KeyboardInterrupt), open_manifest(tmp_path) as manifest:
        manifest.add(row("b"))
        manifest.add(row("a"))
        raise KeyboardInterrupt
    assert [Row.model_validate_json(line).file for line in lines(tmp_path)] == ["a", "b"]


def test_a_folder_that_cannot_be_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(OutputError, match=r"segue-manifest\.jsonl cannot be written: Not a dir"),
        open_manifest(tmp_path / "file" / "out"),
    ):
        pass


def test_the_manifest_is_known_as_our_own():
    assert is_own(MANIFEST)
    assert os.path.splitext(MANIFEST)[1] == ".jsonl"  # noqa: PTH122 - no folder is walked for it
