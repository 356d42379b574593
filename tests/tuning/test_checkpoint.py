"""A checkpoint counts once it is whole."""

from __future__ import annotations

from pathlib import Path

from primum.tuning import checkpoint


def _write(folder: Path, update: int) -> Path:
    place = folder / f"checkpoint-{update}"
    place.mkdir()
    (place / "weights").write_bytes(b"w")
    return place


def test_a_marked_checkpoint_is_found_and_replaces_the_one_before(tmp_path: Path) -> None:
    first = _write(tmp_path, 2)
    checkpoint.mark(tmp_path, 2, seconds=1.5, sessions=1, tokens=9)
    second = _write(tmp_path, 10)

    assert checkpoint.newest(tmp_path) == checkpoint.Checkpoint(first, 2, 1.5, 1, 9)
    checkpoint.mark(tmp_path, 10, seconds=3.0, sessions=2, tokens=20)
    assert checkpoint.newest(tmp_path) == checkpoint.Checkpoint(second, 10, 3.0, 2, 20)
    assert not first.exists()


def test_one_that_was_being_written_does_not_count(tmp_path: Path) -> None:
    kept = _write(tmp_path, 2)
    checkpoint.mark(tmp_path, 2, seconds=1, sessions=1, tokens=0)
    torn = _write(tmp_path, 4)
    (_write(tmp_path, 6) / checkpoint.MARK).write_text('{"update": 6, "sec')

    found = checkpoint.newest(tmp_path)

    assert found is not None
    assert found.folder == kept
    checkpoint.drop_others(tmp_path, kept)
    assert kept.exists()
    assert not torn.exists()


def test_nothing_begun_is_no_checkpoint(tmp_path: Path) -> None:
    assert checkpoint.newest(tmp_path / "nowhere") is None
