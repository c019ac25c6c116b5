"""What is read from an extract folder, and what is written to one."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from features.checks import build_schema
from features.contract import ContractError, default_contract
from features.layout import build_layout
from features.table_errors import UnreadableTableError
from features.tables import TABLES, read_cases, read_extract, write_tables
from tests.factories import FIVE_FIELDS, make_contract, make_extract_tables, write_extract

ALL = ("cases", "work_periods", "follow_up")


@pytest.mark.parametrize("fmt", ["parquet", "csv"])
def test_what_is_written_is_read_again(tmp_path: Path, fmt: str) -> None:
    tables = make_extract_tables(30)
    write_tables(tables, tmp_path, fmt)  # type: ignore[arg-type]

    extract = read_extract(tmp_path, required=ALL)

    assert len(extract.rejected) == 0
    for name in TABLES:
        expected = tables[name].astype(getattr(extract, name).dtypes.to_dict())
        pd.testing.assert_frame_equal(getattr(extract, name), expected, check_like=True)


def test_values_have_one_type_each_whatever_the_file(tmp_path: Path) -> None:
    extract = read_extract(write_extract(tmp_path))

    kinds = extract.cases.dtypes.astype(str)
    assert kinds["case_id"] == kinds["education"] == "str"
    assert kinds["age_years"] == kinds["permitted_work"] == kinds["pain"] == "float64"
    assert kinds["screened_on"] == "datetime64[s]"


def test_tables_that_are_not_there_come_back_empty_with_their_columns(tmp_path: Path) -> None:
    tables = make_extract_tables(5)

    extract = read_extract(write_extract(tmp_path, {"cases": tables["cases"]}))

    assert len(extract.cases) == 5
    for name in TABLES[1:]:
        empty = getattr(extract, name)
        assert len(empty) == 0
        assert set(empty.columns) <= set(tables[name].columns)
    assert str(extract.work_periods["started_on"].dtype) == "datetime64[s]"


def test_tables_without_rows_are_fine_where_nothing_may_have_happened(tmp_path: Path) -> None:
    tables = make_extract_tables(5)
    empty = {name: tables[name].head(0) for name in ("pathways", "work_periods", "groups")}

    extract = read_extract(write_extract(tmp_path, tables | empty), required=ALL)

    assert len(extract.work_periods) == 0
    assert len(extract.follow_up) == 5


def test_a_contract_in_the_folder_replaces_the_default_one(tmp_path: Path) -> None:
    write_extract(tmp_path, make_extract_tables(4, make_contract()))
    (tmp_path / "contract.toml").write_text(FIVE_FIELDS)

    extract = read_extract(tmp_path)

    assert extract.contract.name == "five-fields"
    assert extract.cases["shift"].isin(["1", "2", "3"]).all()


def test_a_contract_that_is_given_wins_over_that_of_the_folder(tmp_path: Path) -> None:
    write_extract(tmp_path, make_extract_tables(4))
    (tmp_path / "contract.toml").write_text("broken = ")

    extract = read_extract(tmp_path, default_contract())

    assert len(extract.cases) == 4
    with pytest.raises(ContractError):
        read_extract(tmp_path)


def test_cases_alone_are_read_from_one_file_or_from_a_folder(tmp_path: Path) -> None:
    write_extract(tmp_path, make_extract_tables(4, make_contract()))
    (tmp_path / "contract.toml").write_text(FIVE_FIELDS)

    alone = read_cases(tmp_path / "cases.csv")
    together = read_cases(tmp_path)

    pd.testing.assert_frame_equal(alone.cases, together.cases)
    assert len(alone.follow_up) == 0
    assert len(together.follow_up) == 4


def test_other_files_and_capitals_in_file_names_do_no_harm(tmp_path: Path) -> None:
    write_extract(tmp_path)
    (tmp_path / "cases.csv").rename(tmp_path / "Cases.CSV")
    (tmp_path / "notes.txt").write_text("hello")

    extract = read_extract(tmp_path)

    assert len(extract.cases) == 20


def test_codes_may_take_the_place_of_our_groups(tmp_path: Path) -> None:
    cases = make_extract_tables(3)["cases"].drop(columns=["diagnosis_group", "sector", "region"])
    coded = cases.assign(
        diagnosis_icd10=["Z73.0", "M54", "C50.9"],
        sector_nace=["86.10", "", "F"],
        region_nis=["11002", "71022", "44021"],
    )

    extract = read_extract(write_extract(tmp_path, {"cases": coded}))

    assert list(extract.cases["diagnosis_group"]) == ["burn_out", "musculoskeletal", "cancer"]
    assert list(extract.cases["sector"].fillna("?")) == ["health_care", "?", "construction"]
    assert list(extract.cases["region"]) == ["antwerpen", "limburg", "oost_vlaanderen"]


def test_parquet_columns_of_any_sensible_type_are_read(tmp_path: Path) -> None:
    cases = make_extract_tables(3, make_contract())["cases"]
    zone = cases["screened_on"].dt.tz_localize("Europe/Brussels")
    stored = cases.assign(
        case_id=[1001, 1002, 1003],
        absence_started_on=cases["absence_started_on"].dt.date,
        screened_on=zone,
        load_kg=pd.array([1, 2, 3], dtype="int32"),
        shift=pd.array([1, 2, 3], dtype="Float64"),
        insured=pd.array([True, None, False], dtype="boolean"),
        mood=pd.Categorical(["low", None, "good"]),
    )
    stored.to_parquet(tmp_path / "cases.parquet")

    read = read_extract(tmp_path, make_contract()).cases

    assert list(read["case_id"]) == ["1001", "1002", "1003"]
    assert list(read["screened_on"]) == list(cases["screened_on"])
    assert list(read["shift"]) == ["1", "2", "3"]
    assert list(read["mood"].fillna("?")) == ["low", "?", "good"]
    np.testing.assert_array_equal(read["insured"], [1, np.nan, 0])


@pytest.mark.parametrize("zone", ["UTC", "Etc/GMT", "-03:00"])
def test_moments_whose_day_depends_on_the_place_are_refused(tmp_path: Path, zone: str) -> None:
    cases = make_extract_tables(3, make_contract())["cases"]
    midnight = cases["screened_on"].dt.tz_localize("Europe/Brussels").dt.tz_convert(zone)
    cases.assign(screened_on=midnight).to_parquet(tmp_path / "cases.parquet")

    with pytest.raises(UnreadableTableError, match="holds moments in"):
        read_extract(tmp_path, make_contract())


def test_midnight_of_a_zone_is_its_day_also_where_a_day_is_missing(tmp_path: Path) -> None:
    cases = make_extract_tables(3, make_contract())["cases"]
    days = cases["screened_on"].dt.tz_localize("UTC")
    days[1] = pd.NaT
    cases.assign(screened_on=days).to_parquet(tmp_path / "cases.parquet")

    read = read_extract(tmp_path, make_contract(), max_rejected_share=0.5).cases

    assert list(read["screened_on"]) == [cases["screened_on"][0], cases["screened_on"][2]]


@pytest.mark.parametrize("column", ["case_id", "shift", "screened_on"])
def test_texts_in_parquet_that_are_no_utf8_are_refused_without_a_value(
    tmp_path: Path, column: str
) -> None:
    cases = pa.Table.from_pandas(make_extract_tables(3, make_contract())["cases"])
    latin = pa.array(["caf\xe9".encode("latin-1")] * 3).buffers()
    place = cases.schema.get_field_index(column)
    wrong = cases.set_column(place, column, pa.Array.from_buffers(pa.string(), 3, latin))
    parquet.write_table(wrong, tmp_path / "cases.parquet")

    with pytest.raises(UnreadableTableError, match="letters that are no UTF-8: write") as raised:
        read_extract(tmp_path, make_contract())

    assert "caf" not in str(raised.value)


def test_infinite_and_mistyped_numbers_in_parquet_are_set_aside(tmp_path: Path) -> None:
    cases = make_extract_tables(4, make_contract())["cases"]
    wrong = cases.assign(load_kg=[1.0, np.inf, 2.0, 3.0], insured=[1, 0, 2, 1])
    wrong.to_parquet(tmp_path / "cases.parquet", row_group_size=2)

    extract = read_extract(tmp_path, make_contract(), max_rejected_share=0.5)

    assert list(extract.rejected["row"]) == [2, 3]
    assert list(extract.rejected["reason"]) == [
        "not a number: expected a number from -5.5 to 120",
        "not true or false: expected true or false",
    ]


def test_the_check_of_a_table_follows_from_the_contract(tmp_path: Path) -> None:
    contract = make_contract()
    extract = read_extract(write_extract(tmp_path, make_extract_tables(4, contract)), contract)

    schema = build_schema(build_layout("cases", contract))

    assert list(schema.validate(extract.cases).columns) == list(extract.cases.columns)
    assert not schema.columns["load_kg"].nullable
    assert schema.columns["mood"].nullable
