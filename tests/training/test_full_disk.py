"""A disk that is full under what commands of training write."""

from pathlib import Path

import pytest

from features.whole_file import written_whole
from tests.entry_files import list_rows, write
from tests.full_disk import full_after, run_command


def test_an_extract_that_does_not_fit_is_told_and_holds_no_half_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("synth", "--persons", "300", "--out", str(tmp_path / "data"))

    ended, said = run_command(9_000, *words), capsys.readouterr().err
    left = sorted(one.name for one in (tmp_path / "data").iterdir())
    again = run_command(10_000_000, *words)

    assert ended == 1
    assert "File too large: make room or give another place" in said.replace("\n", " ")
    assert all(name.endswith(".parquet") for name in left)
    assert "cases.parquet" not in left
    assert again == 0
    assert len(list((tmp_path / "data").iterdir())) > len(left)


@pytest.mark.parametrize("ending", ["csv", "json", "xlsx"])
def test_a_forecast_that_does_not_fit_is_told_and_leaves_the_one_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], ending: str
) -> None:
    entries, folder = write(tmp_path, list_rows()), tmp_path / "out"
    folder.mkdir()
    out = folder / f"out.{ending}"
    out.write_text("the one before")

    ended = run_command(500, "forecast", "--data", str(entries), "--out", str(out))
    said = capsys.readouterr().err

    assert ended == 1
    assert "cannot be written (File too large)" in said.replace("\n", " ")
    assert [one.read_text() for one in folder.iterdir()] == ["the one before"]


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("before")

    with full_after(10), pytest.raises(OSError, match="too large"), written_whole(path) as beside:
        beside.write_text("far more than there is room for")
    left = {one.name: one.read_text() for one in tmp_path.iterdir()}
    with written_whole(path) as beside:
        beside.write_text("after")

    assert left == {"page.html": "before"}
    assert {one.name: one.read_text() for one in tmp_path.iterdir()} == {"page.html": "after"}
