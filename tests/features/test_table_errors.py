"""Tables that cannot be used at all: what is said, and that it says what to do."""

from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from features.errors import KantelpuntError
from features.tables import read_extract, write_tables
from tests.factories import make_contract, make_extract_tables, write_extract

ALL = ("cases", "work_periods", "follow_up")


def fail(folder: Path, **options: object) -> str:
    with pytest.raises(KantelpuntError) as failed:
        read_extract(folder, **options)  # type: ignore[arg-type]
    return str(failed.value)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    message = fail(tmp_path / "extract")

    assert "extract does not exist: give the folder that holds the tables" in message


def test_a_file_in_place_of_a_folder_is_told_apart(tmp_path: Path) -> None:
    write_extract(tmp_path)

    message = fail(tmp_path / "cases.csv")

    assert "cases.csv is a file: give the folder" in message


def test_a_missing_table_is_named_with_what_is_there_instead(tmp_path: Path) -> None:
    write_extract(tmp_path)
    (tmp_path / "follow_up.csv").rename(tmp_path / "followup.csv")

    message = fail(tmp_path, required=ALL)

    assert "needs follow_up.csv or follow_up.parquet" in message
    assert "is followup.csv meant?" in message
    assert "cases.csv" in message


def test_an_empty_folder_is_told_so(tmp_path: Path) -> None:
    message = fail(tmp_path)

    assert "needs cases.csv or cases.parquet and holds no files at all" in message


def test_a_table_that_is_there_twice_is_ambiguous(tmp_path: Path) -> None:
    write_extract(tmp_path)
    make_extract_tables()["cases"].to_parquet(tmp_path / "cases.parquet")

    message = fail(tmp_path)

    assert "holds cases as cases.csv and cases.parquet: keep one of them" in message


def test_nothing_is_written_beside_a_table_of_the_other_format(tmp_path: Path) -> None:
    write_extract(tmp_path)

    with pytest.raises(KantelpuntError, match="keep one of them"):
        write_tables(make_extract_tables(), tmp_path, "parquet")

    assert not list(tmp_path.glob("*.parquet"))


@pytest.mark.parametrize("table", ["cases", "follow_up"])
def test_a_table_without_rows_is_refused_where_rows_are_needed(tmp_path: Path, table: str) -> None:
    tables = make_extract_tables()
    write_extract(tmp_path, tables, **{table: tables[table].head(0)})

    message = fail(tmp_path, required=ALL)

    assert f"{table}.csv has no rows below its header: add them" in message


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cases.csv").write_bytes(content)

    message = fail(tmp_path)

    assert "cases.csv is empty: it needs a first line with the column names" in message


@pytest.mark.parametrize("content", [b"", b"PAR1 no longer"])
def test_a_broken_parquet_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cases.parquet").write_bytes(content)

    message = fail(tmp_path)

    assert "it is no whole Parquet file" in message
    assert "write it again" in message


def test_a_parquet_column_of_lists_is_refused(tmp_path: Path) -> None:
    cases = pa.Table.from_pandas(make_extract_tables(2, make_contract())["cases"])
    place = cases.column_names.index("mood")
    lists = pa.array([["low"], ["good"]])
    parquet.write_table(cases.set_column(place, "mood", lists), tmp_path / "cases.parquet")

    message = fail(tmp_path, contract=make_contract())

    assert "column mood holds list" in message
    assert "write one plain value per cell" in message


@pytest.mark.parametrize("kind", [pa.time64("us"), pa.duration("s")], ids=["time", "span"])
def test_a_time_of_the_day_is_no_date(tmp_path: Path, kind: pa.DataType) -> None:
    cases = pa.Table.from_pandas(make_extract_tables(2)["cases"])
    place = cases.column_names.index("screened_on")
    times = pa.array([3, 4], pa.int64()).cast(kind)
    parquet.write_table(cases.set_column(place, "screened_on", times), tmp_path / "cases.parquet")

    message = fail(tmp_path)

    assert "2 of 2 rows (100.0%), most often screened_on: not a readable date" in message


def test_the_first_row_of_a_file_without_header_is_not_shown(tmp_path: Path) -> None:
    row = b"C-1,janssens,fund_a,antwerpen,2025-01-05,2025-04-01"
    (tmp_path / "cases.csv").write_bytes(row + b"\n" + row)

    message = fail(tmp_path)

    assert "none of its columns has a name that we know: begin it with a line of" in message
    assert "janssens" not in message


def test_a_table_of_another_contract_gets_a_short_list_and_the_way_out(tmp_path: Path) -> None:
    cases = make_extract_tables()["cases"].assign(**{f"other_{i}": 1 for i in range(12)})
    write_extract(tmp_path, {"cases": cases})

    message = fail(tmp_path)

    assert "has 12 unknown columns: other_0, " in message
    assert "other_9, and 2 more. " in message
    assert "or give the contract or model that belongs to this table" in message


def test_unknown_columns_are_named_with_what_to_do(tmp_path: Path) -> None:
    cases = make_extract_tables()["cases"].rename(columns={"age_years": "age_year"})
    added = cases.assign(totmed=1, sex="f", absent_days=85, **{"Jan Jansens": 1})
    write_extract(tmp_path, {"cases": added})

    message = fail(tmp_path)

    assert "has 5 unknown columns" in message
    assert "age_year (is age_years meant?)" in message
    assert "sex (never an input: keep it in the groups table)" in message
    assert "absent_days (is counted from the dates of the case)" in message
    assert "Remove them, declare them as [[fields]] in a contract.toml" in message
    assert "jansens" not in message.lower()


def test_missing_columns_are_named_with_what_to_do(tmp_path: Path) -> None:
    tables = make_extract_tables()
    write_extract(tmp_path, {"cases": tables["cases"].drop(columns=["pain", "region"])})

    message = fail(tmp_path)

    assert "lacks 2 columns: region, pain. Add them" in message


@pytest.mark.parametrize("table", ["cases", "groups"])
@pytest.mark.parametrize("name", ["ssin", "INSZ"])
def test_a_column_for_the_number_of_a_person_must_go(tmp_path: Path, table: str, name: str) -> None:
    tables = make_extract_tables()
    write_extract(tmp_path, tables, **{table: tables[table].assign(**{name: "x"})})

    message = fail(tmp_path)

    assert f"has 1 column for the number of a person ({name.lower()})" in message
    assert "remove them from the file" in message


def test_headers_may_have_capitals_and_blanks_around_them(tmp_path: Path) -> None:
    cases = make_extract_tables()["cases"]
    write_extract(tmp_path, {"cases": cases.rename(columns=lambda name: f" {name.upper()} ")})

    extract = read_extract(tmp_path)

    assert "age_years" in extract.cases.columns


def test_a_column_that_occurs_twice_is_refused(tmp_path: Path) -> None:
    cases = make_extract_tables()["cases"]
    write_extract(tmp_path, {"cases": cases.assign(Pain=1)})

    message = fail(tmp_path)

    assert "a column occurs twice: keep one column of each name" in message


def test_a_file_that_may_not_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_extract(tmp_path)

    def refuse(self: Path, mode: str = "r", **_: object) -> None:
        raise PermissionError(self, mode)

    monkeypatch.setattr(Path, "open", refuse)

    message = fail(tmp_path)

    assert "PermissionError: check that the file may be read" in message
