"""`kantelpunt forecast`, called as a planner calls it, on good files and on those that are not."""

import csv
import json
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from features.contract import default_contract
from features.synthetic import build_cohort, write_cohort
from kantelpunt import app
from tests.entry_files import MONTHS, list_rows, write

RUNNER = CliRunner()
AS_OF = ("--as-of", "2026-06-30")


def run(data: Path, out: Path, *words: str) -> Result:
    options = ["forecast", "--data", str(data), "--out", str(out), *words]
    return RUNNER.invoke(app, options)


def refuse(data: Path, out: Path, *words: str) -> str:
    """Return what is told of a file that cannot be used, in one line and without a traceback."""
    result = run(data, out, *words)
    assert result.exit_code == 1
    assert type(result.exception).__module__.startswith(("features", "models", "training"))
    assert not out.exists()
    return str(result.exception)


def read(out: Path) -> list[dict[str, str]]:
    with out.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planner")
    cohort = build_cohort(default_contract(), 3000, 2)
    write_cohort(cohort, folder, default_contract())
    return folder


def test_entries_alone_are_forecast_per_region_group_and_total(tmp_path: Path) -> None:
    rows = [f"{row},noord" for row in (*list_rows("a", 50), *list_rows("b", 200))]
    rows += [f"{row},zuid" for row in list_rows("c", 80)]
    data, out = write(tmp_path, rows, "month,region,entered,group"), tmp_path / "out.csv"

    result = run(data, out, "--months", "3", *AS_OF)

    assert result.exit_code == 0, result.output
    found = read(out)
    assert {(one["level"], one["name"]) for one in found} == {
        *(("region", name) for name in "abc"),
        *(("group", name) for name in ("noord", "zuid")),
        ("total", "all"),
    }
    assert [one["month"] for one in found if one["name"] == "a"] == [
        "2026-01",
        "2026-02",
        "2026-03",
    ]
    means = {one["name"]: float(one["mean"]) for one in found if one["month"] == "2026-02"}
    assert means["all"] == pytest.approx(means["a"] + means["b"] + means["c"], abs=0.3)
    assert means["noord"] == pytest.approx(means["a"] + means["b"], abs=0.2)
    assert "no intake, only entries: one file with entries has no cases" in result.output


def test_the_ends_of_intervals_lie_in_their_order(tmp_path: Path) -> None:
    data, out = write(tmp_path, list_rows("a", 50)), tmp_path / "out.csv"

    run(data, out, *AS_OF)

    ends = ("low_95", "low_80", "median", "high_80", "high_95")
    for row in read(out):
        values = [float(row[end]) for end in ends]
        assert values == sorted(values)
        assert values[0] >= 0


def test_an_extract_with_pathways_also_tells_the_intake_and_the_caseload(
    extract: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.json"

    result = run(extract, out, *AS_OF)

    assert result.exit_code == 0, result.output
    content = json.loads(out.read_text())
    assert content["as_of"] == "2026-06-30"
    assert content["no_intake_because"] is None
    measures = {row["measure"] for row in content["forecast"]}
    assert measures == {"entered", "reached", "screened", "referred", "started", "caseload"}


def test_the_intake_of_a_year_that_is_known_by_now_lies_in_its_interval(
    extract: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.json"
    run(extract, out, "--as-of", "2025-06-30")
    pathways = pd.read_parquet(extract / "pathways.parquet")
    cases = pd.read_parquet(extract / "cases.parquet").drop_duplicates("case_id")
    came = {
        "screened": (cases["screened_on"] > pd.Timestamp("2025-06-30")).sum(),
        "referred": (pathways["referred_on"] > pd.Timestamp("2025-06-30")).sum(),
        "started": (pathways["started_on"] > pd.Timestamp("2025-06-30")).sum(),
    }

    rows = json.loads(out.read_text())["forecast"]

    for measure, number in came.items():
        own = [row for row in rows if row["measure"] == measure and row["level"] == "total"]
        assert len(own) == 12
        assert sum(row["low_95"] for row in own) < number < sum(row["high_95"] for row in own)
        assert sum(row["mean"] for row in own) == pytest.approx(number, rel=0.35)


def test_small_counts_of_the_past_are_hidden_and_those_that_would_tell_them(
    tmp_path: Path,
) -> None:
    rows = [f"{month},klein,{count}" for month, count in zip(MONTHS, [3, 9] * 12, strict=True)]
    rows += [*list_rows("groot", 100), *list_rows("middel", 40)]
    out = tmp_path / "out.json"

    run(write(tmp_path, rows), out, *AS_OF)

    entered = json.loads(out.read_text())["history"]["entered"]
    assert entered["klein"][0] is None
    told = [entered[name][0] for name in ("groot", "middel", "all")]
    assert told.count(None) >= 1
    assert 3 not in entered["klein"]


def test_a_workbook_has_forecast_counts_and_notes_and_no_formula(tmp_path: Path) -> None:
    rows = [row for row in list_rows("=1+1", 100) if "2025-03" not in row]
    out = tmp_path / "out.xlsx"

    result = run(write(tmp_path, rows), out, *AS_OF)

    assert result.exit_code == 0, result.output
    with ZipFile(out) as book:
        sheets = [book.read(f"xl/worksheets/sheet{place}.xml").decode() for place in (1, 2, 3)]
        names, texts = (
            book.read(f"xl/{one}.xml").decode() for one in ("workbook", "sharedStrings")
        )
    assert [name in names for name in ('"forecast"', '"counted"', '"notes"')] == [True] * 3
    assert not any("<f>" in sheet for sheet in sheets)
    assert "gap: =1+1, 2025-03: is not known" in texts


def test_a_region_that_looks_like_a_formula_is_none_in_a_csv(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"

    run(write(tmp_path, list_rows("=1+1")), out, *AS_OF)

    assert {one["name"] for one in read(out)} == {"all", "'=1+1"}


def put(months: Sequence[str], counts: Sequence[object]) -> list[str]:
    return [f"{month},gent,{count}" for month, count in zip(months, counts, strict=True)]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (put(MONTHS[:5], [80, 90, 85, 70, 88]), "5 periods"),
        (put(MONTHS, [0] * 24), "no entry in any period"),
        (put([m for m in MONTHS if m != "2024-05"], [80] * 23), "gap: gent, 2024-05"),
        ([*put(MONTHS, [80] * 24), "2027-05,gent,80"], "1 row begins after 2026-06-30"),
        ([*put(MONTHS, [80] * 24), "2025-12,gent,80"], "twice with the same counts"),
        ([*put(MONTHS, [80] * 24), *list_rows("aalst", 40, MONTHS[:12])], ""),
        ([*list_rows("oud", 50, MONTHS[:18]), *list_rows("nieuw", 60, MONTHS[18:])], ""),
    ],
    ids=["five months", "zeros", "gap", "future", "doubled", "missing region", "renamed"],
)
def test_odd_series_are_forecast_with_a_word_on_what_was_done(
    tmp_path: Path, rows: list[str], told: str
) -> None:
    out = tmp_path / "out.csv"

    result = run(write(tmp_path, rows), out, *AS_OF)

    assert result.exit_code == 0, result.output
    assert told in result.output.replace("\n", " ")
    assert "no entry" in told or all(float(one["high_95"]) > 0 for one in read(out))


def test_a_short_series_has_a_wider_interval_than_a_long_one(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    counts = rng.poisson(80, 24).tolist()
    widths = []
    for months in (6, 24):
        rows = put(MONTHS[-months:], counts[-months:])
        run(write(tmp_path, rows), tmp_path / "out.csv", *AS_OF)
        row = read(tmp_path / "out.csv")[0]
        widths.append(float(row["high_95"]) - float(row["low_95"]))

    assert widths[0] > widths[1]


def test_months_of_four_and_five_weeks_come_as_long_as_a_year_before(tmp_path: Path) -> None:
    edges = np.datetime64("2024-01-27") + np.cumsum([0, *([28, 28, 35] * 8)])
    rows = [f"{a},{b - 1},gent,{100 + place}" for place, (a, b) in enumerate(pairwise(edges))]
    data = write(tmp_path, rows, "period_started_on,period_ended_on,region,entered")

    run(data, tmp_path / "out.csv", "--months", "4", *AS_OF)

    found = [one for one in read(tmp_path / "out.csv") if one["level"] == "total"]
    assert [one["days"] for one in found] == ["28", "28", "35", "28"]
    assert found[0]["started_on"] == str(edges[-1])


def test_a_region_without_counts_for_half_a_year_is_left_out_and_named_by_check(
    tmp_path: Path,
) -> None:
    data = write(tmp_path, [*list_rows("blijft"), *list_rows("stopt", 60, MONTHS[:12])])
    out = tmp_path / "out.csv"

    run(data, out, *AS_OF)

    assert {one["name"] for one in read(out)} == {"all", "blijft"}


@pytest.mark.parametrize(
    ("rows", "words", "told"),
    [
        ([], (), "has no rows below its header: add them"),
        (put(MONTHS, ["?"] * 24), (), "24 of 24 rows (100.0%), most often entered: not a number"),
        (put(MONTHS, [-1] * 24), (), "out of bounds: expected a whole number from 0"),
        (put(MONTHS, [1.5] * 24), (), "not a whole number"),
        (put(MONTHS, [80] * 24), ("--as-of", "2020-01-31"), "check the dates, or give another"),
    ],
    ids=["empty", "text", "negative", "fractions", "all later"],
)
def test_what_cannot_be_forecast_is_refused_in_words(
    tmp_path: Path, rows: list[str], words: tuple[str, ...], told: str
) -> None:
    data = write(tmp_path, rows)

    assert told in refuse(data, tmp_path / "out.csv", *(words or AS_OF))


def test_a_folder_without_entries_says_which_file_it_needs(tmp_path: Path) -> None:
    (tmp_path / "entrys.csv").write_text("month\n")

    told = refuse(tmp_path, tmp_path / "out.csv")

    assert "needs entries.csv or entries.parquet and holds entrys.csv; is entrys.csv meant?" in told


def test_an_ending_that_is_no_table_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    told = refuse(tmp_path / "nowhere", tmp_path / "out.pdf")

    assert told.endswith("give a file that ends in .csv, .json, .xlsx")


def test_the_day_of_today_counts_where_none_is_given(tmp_path: Path) -> None:
    after = date.today().year + 2  # noqa: DTZ011
    rows = [*put(MONTHS, [80] * 24), f"{after}-01,gent,80"]

    result = run(write(tmp_path, rows), tmp_path / "out.csv")

    assert "counts for nothing" in result.output


def test_a_day_that_has_yet_to_come_is_refused(tmp_path: Path) -> None:
    data = write(tmp_path, put(MONTHS, [80] * 24))
    later = str(date.today().year + 2)  # noqa: DTZ011

    result = run(data, tmp_path / "out.csv", "--as-of", f"{later}-01-01")

    assert result.exit_code == 2
    assert "has yet to come" in " ".join(result.output.split())
    assert not (tmp_path / "out.csv").exists()
