"""What can be estimated from an extract, told before anything is trained."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from features.contract import default_contract
from features.synthetic import Cohort, build_cohort, write_cohort
from features.tables import read_extract
from kantelpunt import app
from tests.factories import FIVE_FIELDS
from tests.training.conftest import Road
from training.matured import BECAME, count_half_years
from training.profile import profile_fields, profile_tables

RUNNER = CliRunner()
Tables = dict[str, pd.DataFrame]
Change = Callable[[Tables], Tables]
UNTIL = date(2026, 6, 30)


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return build_cohort(default_contract(), 2000, 5, until=UNTIL)


def write(cohort: Cohort, folder: Path, change: Change = lambda _: {}) -> Path:
    changed = cohort.tables | change(dict(cohort.tables))
    write_cohort(replace(cohort, tables=changed), folder, default_contract())
    return folder


def check(*words: object) -> Result:
    return RUNNER.invoke(app, ["check", *(str(word) for word in words)])


def flatten(result: Result) -> str:
    """Return what was said, as if the screen had no end."""
    return " ".join(result.output.split())


def support_nobody(tables: Tables) -> Tables:
    return {"pathways": tables["pathways"].iloc[:0]}


def support_everybody(tables: Tables) -> Tables:
    cases, like = tables["cases"], tables["pathways"]
    began = cases["screened_on"]
    filled = cases[["case_id"]].assign(
        referred_on=began, started_on=began, kind=like["kind"].iloc[0]
    )
    return {"pathways": filled.reindex(columns=like.columns).astype(like.dtypes)}


def screen_lately(tables: Tables) -> Tables:
    """Keep the last year only, of which no outcome is settled."""
    cases = tables["cases"]
    kept = cases[cases["screened_on"] >= pd.Timestamp(2025, 10, 1)]
    ids = set(kept["case_id"])
    others = {name: table[table["case_id"].isin(ids)] for name, table in tables.items()}
    return {**others, "cases": kept}


def leak_the_outcome(tables: Tables) -> Tables:
    back = set(tables["work_periods"]["case_id"])
    return {"cases": tables["cases"].assign(permitted_work=tables["cases"]["case_id"].isin(back))}


def test_a_good_extract_gets_a_verdict_on_each_estimate(cohort: Cohort, tmp_path: Path) -> None:
    folder = write(cohort, tmp_path / "data")
    files = sorted(path.name for path in folder.iterdir())

    result = check("--data", folder)

    said = flatten(result)
    assert result.exit_code == 0, said
    assert "p_usual: can be estimated from 1,625 known outcomes; expect 90 % intervals of" in said
    assert "gain: cannot be estimated: the outcome is known of 148 people who started" in said
    assert "return curve: can be drawn at days 182, 547, 730" in said
    assert "insufficient evidence whatever the model does" in said
    assert "kantelpunt train --data" in said
    assert sorted(path.name for path in folder.iterdir()) == files


@pytest.mark.parametrize(
    ("change", "code", "why"),
    [
        (support_nobody, 0, "gain: cannot be estimated: nobody in the extract started support"),
        (support_everybody, 1, "support began for everybody who had not returned soon"),
        (screen_lately, 1, "learning and testing in time order needs"),
        (leak_the_outcome, 0, "leak suspected: permitted_work alone tells the outcome"),
    ],
    ids=lambda one: getattr(one, "__name__", None),
)
def test_what_an_extract_lacks_is_said(
    cohort: Cohort, tmp_path: Path, change: Change, code: int, why: str
) -> None:
    folder = write(cohort, tmp_path / "data", change)

    result = check("--data", folder)

    assert result.exit_code == code, result.output
    assert why in flatten(result)


def test_a_dozen_people_are_too_few_and_none_of_them_shows(tmp_path: Path) -> None:
    few = build_cohort(default_contract(), 12, 5, until=UNTIL)
    folder = write(few, tmp_path / "data")

    result = check("--data", folder)

    said = flatten(result)
    assert result.exit_code == 1
    assert "the learning window holds < 5 screenings with a known outcome, 200 are needed" in said
    assert "the outcome is known of < 5 people who started support" in said
    assert not any(key in said for key in few.tables["cases"]["person_key"])
    assert not any(key in said for key in few.tables["cases"]["case_id"])


@pytest.mark.parametrize("table", ["work_periods", "follow_up"])
def test_a_table_that_training_needs_is_named(cohort: Cohort, tmp_path: Path, table: str) -> None:
    folder = write(cohort, tmp_path / "data")
    (folder / f"{table}.parquet").unlink()

    result = check("--data", folder)

    assert result.exit_code == 1
    assert f"{table} is not in the folder: without it nobody knows who returned" in flatten(result)
    assert "MISSING" in result.output


def test_without_groups_fairness_of_who_people_are_cannot_be_judged(
    cohort: Cohort, tmp_path: Path
) -> None:
    folder = write(cohort, tmp_path / "data")
    (folder / "groups.parquet").unlink()

    result = check("--data", folder)

    assert result.exit_code == 0
    assert "fairness by sex, origin and the like: cannot be judged: add a table" in flatten(result)


def test_other_columns_in_csv_are_checked_by_their_own_contract(tmp_path: Path) -> None:
    contract, data = tmp_path / "five.toml", tmp_path / "data"
    contract.write_text(FIVE_FIELDS)
    words = ["--persons", 1500, "--contract", contract, "--out", data, "--format", "csv"]
    RUNNER.invoke(app, ["synth", *(str(word) for word in words)])
    (data / "contract.toml").unlink()

    without, given = check("--data", data), check("--data", data, "--contract", contract)

    assert without.exit_code == 1
    assert "unknown column" in str(without.exception)
    assert given.exit_code == 0, given.output
    assert "load_kg" in given.output


def test_faults_are_counted_by_reason_and_never_shown(cohort: Cohort, tmp_path: Path) -> None:
    def spoil(tables: Tables) -> Tables:
        cases = tables["cases"].copy()
        cases.loc[:9, "age_years"] = 98765
        cases.loc[20:21, "education"] = "unheard_of"
        return {"cases": cases}

    folder = write(cohort, tmp_path / "data", spoil)

    result = check("--data", folder, "--rejected-to", tmp_path / "aside")

    assert result.exit_code == 0, result.output
    faults = [line for line in result.output.splitlines() if "age_years" in line]
    assert any("out of bounds: expected" in line and "10" in line for line in faults)
    assert "98765" not in result.output
    assert "unheard_of" not in result.output
    listed = pd.read_csv(tmp_path / "aside" / "rejected.csv")
    assert (listed["table"] == "cases").sum() == 12


def test_more_faults_than_training_allows_stop_it(cohort: Cohort, tmp_path: Path) -> None:
    def spoil(tables: Tables) -> Tables:
        cases = tables["cases"].copy()
        cases.loc[: len(cases) // 10, "age_years"] = 98765
        return {"cases": cases}

    folder = write(cohort, tmp_path / "data", spoil)

    refused = check("--data", folder)
    allowed = check("--data", folder, "--max-rejected", 0.2)

    assert refused.exit_code == 1
    assert "more rows of cases are set aside than may be: mend them" in flatten(refused)
    assert allowed.exit_code == 0


def test_the_same_is_told_on_a_page(cohort: Cohort, tmp_path: Path) -> None:
    folder, page = write(cohort, tmp_path / "data"), tmp_path / "made" / "check.html"

    result = check("--data", folder, "--html", page)
    nowhere = check("--data", folder, "--html", page / "below.html")

    text = page.read_text()
    assert result.exit_code == 0
    assert "p_usual: can be estimated" in text
    assert text.index("What can be estimated") < text.index("<h2>Tables")
    assert "<script" not in text
    assert nowhere.exit_code == 1
    assert "give another file with --html" in str(nowhere.exception)


def test_half_years_add_up_and_hide_what_is_small(road: Road) -> None:
    as_of = road.trained.windows.known_until

    *rows, whole = count_half_years(road.extract, as_of)

    shown = [one for one in rows if None not in one.became.values()]
    assert shown
    assert all(sum(n for n in one.became.values() if n) == one.screened for one in shown)
    cells = [count for one in [*rows, whole] for count in one.became.values()]
    assert all(count is None or count >= 5 for count in cells)
    for one in rows:
        # a single hidden cell would be the total less the rest
        hidden = [name for name in BECAME if one.became[name] is None]
        left = (one.screened or 0) - sum(count or 0 for count in one.became.values())
        assert not hidden or left == 0 or left >= 5
    assert all(
        whole.became[name] is None for name in BECAME if any(r.became[name] is None for r in rows)
    )


def test_a_profile_tells_gaps_levels_and_bounds(cohort: Cohort, tmp_path: Path) -> None:
    def change(tables: Tables) -> Tables:
        cases = tables["cases"]
        return {
            "cases": cases.assign(
                work_ability=np.nan,
                weekly_hours=default_contract().get_field("weekly_hours").high,
                diagnosis_group=cases["diagnosis_group"].replace("cancer", "other"),
            ),
            "work_periods": pd.concat([tables["work_periods"], tables["work_periods"].head(7)]),
        }

    extract = read_extract(write(cohort, tmp_path / "data", change))

    fields = {one.name: one for one in profile_fields(extract)}
    tables = {one.name: one for one in profile_tables(extract)}

    assert fields["work_ability"].missing == len(extract.cases)
    assert fields["diagnosis_group"].unseen == ("cancer",)
    assert fields["weekly_hours"].at_high == len(extract.cases)
    assert fields["weekly_hours"].is_constant
    assert not fields["age_years"].is_constant
    assert tables["work_periods"].repeats == 7
    assert tables["cases"].first == extract.cases["screened_on"].min().date()
