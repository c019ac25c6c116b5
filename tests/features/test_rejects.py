"""Rows that are set aside: each for its reason, without a value, and not too many."""

from pathlib import Path

import pandas as pd
import pytest

from features.errors import KantelpuntError
from features.rejects import TooManyRejectedError
from features.tables import Extract, read_extract
from tests.factories import make_contract, make_extract_tables, write_extract

ELEVEN = "85" + "0730" + "03328"  # digits of a person number, made up
MARKED = "Gemarkeerd"
Tables = dict[str, pd.DataFrame]


def spoil(table: str, column: str, value: object, *, row: int = 3) -> Tables:
    """Return tables in which one cell holds something else; the first data row is 1."""
    tables = make_extract_tables(30)
    spoilt = tables[table].astype(object)
    spoilt.loc[row - 1, column] = value
    return tables | {table: spoilt}


def read(folder: Path, tables: Tables, *, limit: float = 1.0) -> Extract:
    return read_extract(
        write_extract(folder / "extract", tables), max_rejected_share=limit, rejected_to=folder
    )


CELLS = {
    "no number": ("cases", "age_years", MARKED, "not a number: expected a whole number from 16"),
    "endless": ("cases", "tenure_years", "inf", "not a number: expected a number from 0 to 50"),
    "too large": ("cases", "tenure_years", "1e999", "not a number: expected a number"),
    "too low": ("cases", "age_years", 15, "out of bounds: expected a whole number from 16 to 67"),
    "too high": ("cases", "pain", 7, "out of bounds: expected a whole number from 1 to 6"),
    "not whole": (
        "cases",
        "age_years",
        40.5,
        "not a whole number: expected a whole number",
    ),
    "level": ("cases", "education", MARKED, "unknown level: expected one of low, middle, high"),
    "flag": ("cases", "permitted_work", MARKED, "not true or false: expected true or false"),
    "gap": ("cases", "age_years", None, "missing: expected a whole number from 16 to 67"),
    "gap in a level": ("cases", "labour_status", "NA", "missing: expected one of employee"),
    "key gap": ("cases", "case_id", "", "missing: expected 1 to 64 letters"),
    "name for a key": ("cases", "person_key", "Jan Jansens", "expected 1 to 64 letters, digits"),
    "number of a case": ("cases", "case_id", ELEVEN, "looks like a national number of 11 digits"),
    "number of a person": ("cases", "person_key", ELEVEN, "use a pseudonym instead"),
    "number in a group": ("groups", "sex", ELEVEN, "use a pseudonym instead"),
    "long text": ("cases", "region", "x" * 65, "expected a text of 1 to 64 characters"),
    "no day": ("cases", "screened_on", MARKED, "not a readable date: expected YYYY-MM-DD"),
    "no such day": ("cases", "screened_on", "2024-02-30", "not a readable date"),
    "year": ("cases", "absence_started_on", "1889-01-01", "out of bounds: expected YYYY-MM-DD"),
    "screened early": ("cases", "screened_on", "2022-12-31", "before absence_started_on"),
    "screened late": ("cases", "screened_on", "2035-01-01", "a whole number from 0 to 1500 since"),
    "started early": ("pathways", "started_on", "2020-01-01", "before referred_on"),
    "pathway ended": ("pathways", "ended_on", "2020-01-01", "before the pathway started"),
    "work ended": ("work_periods", "ended_on", "2020-01-01", "before started_on"),
    "no start": ("work_periods", "started_on", None, "missing: expected YYYY-MM-DD"),
    "exit": ("follow_up", "exit", MARKED, "unknown level: expected nothing, or one of pension"),
    "observed": ("follow_up", "observed_until", "2023-01-01", "before the first screening"),
    "foreign": ("follow_up", "case_id", "C-9999", "not in cases"),
    "follow-up twice": ("follow_up", "case_id", "C-0001", "duplicate key: case_id"),
}


@pytest.mark.parametrize(("table", "column", "value", "reason"), CELLS.values(), ids=CELLS)
def test_a_bad_cell_sets_its_row_aside_with_the_reason(
    tmp_path: Path, table: str, column: str, value: object, reason: str
) -> None:
    tables = spoil(table, column, value)

    extract = read(tmp_path, tables)

    found = extract.rejected[extract.rejected["table"] == table].iloc[0]
    assert (found["row"], found["field"]) == (3, column)
    assert reason in found["reason"]
    assert len(getattr(extract, table)) == len(tables[table]) - 1
    assert len(extract.rejected[extract.rejected["table"] == table]) == 1


@pytest.mark.parametrize(
    ("exit_", "exited_on", "field", "reason"),
    [
        ("death", None, "exited_on", "missing: an exit needs its day"),
        ("", "2024-06-01", "exit", "missing: exited_on is given, so say which exit"),
        ("pension", "2029-01-01", "exited_on", "after observed_until: we cannot know that yet"),
    ],
)
def test_an_exit_goes_with_its_day(
    tmp_path: Path, exit_: str, exited_on: str | None, field: str, reason: str
) -> None:
    tables = spoil("follow_up", "exit", exit_)
    tables["follow_up"].loc[2, "exited_on"] = exited_on

    extract = read(tmp_path, tables)

    assert extract.rejected.to_dict("list") == {
        "table": ["follow_up"],
        "row": [3],
        "field": [field],
        "reason": [reason],
    }


def test_no_exit_is_an_empty_text_and_a_good_exit_stays(tmp_path: Path) -> None:
    tables = spoil("follow_up", "exit", "death")
    tables["follow_up"].loc[2, "exited_on"] = tables["follow_up"].loc[2, "observed_until"]

    extract = read(tmp_path, tables)

    assert list(extract.follow_up["exit"][:4]) == ["", "", "death", ""]


def test_of_rows_with_one_key_the_first_stays_even_if_all_are_alike(tmp_path: Path) -> None:
    tables = make_extract_tables(10)
    cases = pd.concat([tables["cases"], tables["cases"].iloc[[4]]])

    extract = read(tmp_path, {"cases": cases})

    assert len(extract.cases) == 10
    assert list(extract.rejected["row"]) == [11]
    assert extract.rejected["reason"][0].startswith("duplicate key: case_id and screened_on")


def test_a_case_may_be_screened_again_but_is_of_one_person(tmp_path: Path) -> None:
    cases = make_extract_tables(10)["cases"]
    later = cases.head(2).assign(screened_on=cases["screened_on"] + pd.Timedelta(days=30))
    later.loc[1, "person_key"] = "P-other"

    extract = read(tmp_path, {"cases": pd.concat([cases, later])})

    assert len(extract.cases) == 11
    assert extract.rejected.iloc[0].to_list() == [
        *("cases", 12, "person_key"),
        "differs from an earlier row of the same case",
    ]


def test_rows_that_hang_on_a_case_that_was_set_aside_go_too_without_being_counted(
    tmp_path: Path,
) -> None:
    tables = spoil("cases", "age_years", 99, row=1)

    extract = read(tmp_path, tables, limit=0.04)

    hanging = extract.rejected[extract.rejected["table"] != "cases"]
    assert set(hanging["table"]) == {"pathways", "work_periods", "follow_up", "groups"}
    assert set(hanging["reason"]) == {"its case was set aside"}
    assert "C-0001" not in set(extract.follow_up["case_id"])


def test_a_row_with_two_faults_gets_two_lines(tmp_path: Path) -> None:
    tables = spoil("cases", "age_years", 99)
    tables["cases"].loc[2, "pain"] = MARKED

    extract = read(tmp_path, tables)

    cases = extract.rejected[extract.rejected["table"] == "cases"]
    assert list(cases["row"]) == [3, 3]
    assert set(cases["field"]) == {"age_years", "pain"}


def test_an_unknown_code_sets_its_row_aside(tmp_path: Path) -> None:
    cases = make_extract_tables(10)["cases"].drop(columns="diagnosis_group")
    codes = ["M54"] * 9 + [MARKED]

    extract = read(tmp_path, {"cases": cases.assign(diagnosis_icd10=codes)})

    assert extract.rejected.iloc[0].to_list() == [
        *("cases", 10, "diagnosis_icd10"),
        "unknown code: expected a code of ICD-10",
    ]


def test_rejected_csv_lists_every_fault(tmp_path: Path) -> None:
    extract = read(tmp_path, spoil("cases", "age_years", 99))

    written = pd.read_csv(tmp_path / "rejected.csv")
    assert list(written.columns) == ["table", "row", "field", "reason"]
    assert len(written) == len(extract.rejected) > 1


def test_without_faults_no_rejected_csv_is_left_from_before(tmp_path: Path) -> None:
    (tmp_path / "rejected.csv").write_text("old")

    extract = read(tmp_path, make_extract_tables())

    assert not (tmp_path / "rejected.csv").exists()
    assert list(extract.rejected.columns) == ["table", "row", "field", "reason"]


@pytest.mark.parametrize("is_whole", [True, False], ids=["no fault", "a fault"])
def test_a_report_that_cannot_be_kept_stops_the_work_with_what_to_do(
    tmp_path: Path, is_whole: bool
) -> None:
    (tmp_path / "rejected.csv").mkdir()
    tables = make_extract_tables(30) if is_whole else spoil("cases", "age_years", MARKED)

    with pytest.raises(KantelpuntError, match=r"rejected\.csv cannot be written .*--rejected-to"):
        read(tmp_path, tables)


def test_no_value_of_a_person_shows_in_what_is_rejected(tmp_path: Path) -> None:
    tables = make_extract_tables(30)
    marked = {
        name: table.assign(**{c: f"{MARKED} {ELEVEN}" for c in table.columns if c != "case_id"})
        for name, table in tables.items()
    }

    with pytest.raises(KantelpuntError) as failed:
        read(tmp_path, marked)

    written = (tmp_path / "rejected.csv").read_text()
    assert len(written.splitlines()) > 30 * 40
    for text in (written, str(failed.value), repr(failed.value.__context__)):
        assert MARKED not in text
        assert ELEVEN not in text
        assert "C-00" not in text


def test_a_few_bad_rows_do_not_stop_the_others(tmp_path: Path) -> None:
    extract = read(tmp_path, spoil("cases", "age_years", 99), limit=0.05)

    assert len(extract.cases) == 29


def test_too_many_bad_rows_stop_the_work_with_what_to_do(tmp_path: Path) -> None:
    tables = spoil("cases", "age_years", 99)
    tables["cases"].loc[5:6, "pain"] = 9

    with pytest.raises(TooManyRejectedError) as failed:
        read(tmp_path, tables, limit=0.05)

    message = str(failed.value)
    assert "more than 5.0% of the rows were set aside" in message
    assert "cases: 3 of 30 rows (10.0%), most often pain: out of bounds" in message
    assert "(2 times)" in message
    assert f"{tmp_path / 'rejected.csv'} lists every fault" in message
    assert "raise the limit with --max-rejected" in message


@pytest.mark.parametrize("table", ["pathways", "work_periods", "follow_up", "groups"])
def test_the_limit_holds_for_each_table(tmp_path: Path, table: str) -> None:
    tables = make_extract_tables(30)
    tables[table] = tables[table].assign(case_id=[f"X-{n}" for n in range(len(tables[table]))])

    with pytest.raises(TooManyRejectedError, match=f"{table}: .*case_id: not in cases"):
        read_extract(write_extract(tmp_path, tables))


def test_when_no_case_is_left_the_work_stops(tmp_path: Path) -> None:
    tables = make_extract_tables(10, age_years=99)

    with pytest.raises(KantelpuntError, match="every row was set aside, so no case is left"):
        read(tmp_path, tables)


def test_bounds_and_levels_of_any_contract_count(tmp_path: Path) -> None:
    contract = make_contract()
    cases = make_extract_tables(10, contract)["cases"]
    cases.loc[0, "load_kg"] = 120.5
    cases.loc[1, "shift"] = "4"

    extract = read_extract(
        write_extract(tmp_path, {"cases": cases}), contract, max_rejected_share=0.5
    )

    assert list(extract.rejected["reason"]) == [
        "out of bounds: expected a number from -5.5 to 120",
        "unknown level: expected one of 1, 2, 3",
    ]
