"""What `kantelpunt check` says of the table of entries, beside an extract and alone."""

from pathlib import Path

from typer.testing import CliRunner, Result

from kantelpunt import app
from tests.entry_files import MONTHS, list_rows, write
from tests.training.conftest import Road

RUNNER = CliRunner()


def check(*words: object) -> Result:
    return RUNNER.invoke(app, ["check", "--data", *(str(word) for word in words)])


def read(result: Result) -> str:
    return " ".join(result.output.split())


def test_entries_alone_are_checked_and_their_defects_named(tmp_path: Path) -> None:
    rows = [row for row in list_rows("gent", 200) if "2025-03" not in row]
    write(tmp_path, [*rows, *list_rows("aalst", 90)])

    result = check(tmp_path, "--html", tmp_path / "check.html")

    assert result.exit_code == 0, result.output
    assert "gap" in result.output
    assert "47 rows of 2 regions, from 2024-01 to 2025-12; 2 defects" in read(result)
    assert "this can be forecast: kantelpunt backtest" in read(result)
    assert "2025-03" in (tmp_path / "check.html").read_text()


def test_entries_with_too_many_faults_are_said_to_be_no_use(tmp_path: Path) -> None:
    write(tmp_path, [f"{month},gent,?" for month in MONTHS[:12]] + list_rows("aalst"))

    result = check(tmp_path)

    assert result.exit_code == 1
    assert "12 faults: entered: not a number" in read(result)
    assert "more than 5.0% of the rows were set aside" in read(result)
    assert "a forecast would stop: see above" in result.output


def test_a_file_that_cannot_be_read_is_told_and_no_crash(tmp_path: Path) -> None:
    (tmp_path / "entries.csv").write_bytes(b"")

    result = check(tmp_path)

    assert result.exit_code == 1
    assert "entries.csv is empty" in read(result)


def test_a_defect_of_the_data_is_shown_before_outliers_that_may_be_true(tmp_path: Path) -> None:
    rows = list_rows("gent", 2000)
    for place in range(2, 22, 5):
        rows[place] = f"{MONTHS[place]},gent,90000"
    write(tmp_path, [*rows, *list_rows("aalst", 2000), *list_rows("brugge", 500, MONTHS[5:])])

    result = check(tmp_path)

    assert result.output.index("began") < result.output.index("outlier")


def test_an_extract_is_checked_with_its_entries(road: Road) -> None:
    result = check(road.folder)

    assert "Entries: counts of new absences" in result.output
    assert "0 defects" in result.output
