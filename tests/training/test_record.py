"""What a run tells of itself: who, when, where, with which code and data."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from features.row_order import sort_rows
from features.tables import read_extract, write_tables
from tests.factories import make_extract_tables, write_extract
from tests.training.conftest import Road
from training import record
from training.fingerprint import (
    ExtractChangedError,
    check_unchanged,
    fingerprint_tables,
    hash_files,
)
from training.record import RunWatch, find_revision, hide_passwords


def test_the_record_of_a_run_is_kept_and_names_what_it_rests_on(road: Road, tmp_path: Path) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(road.uri)
    path = client.download_artifacts(road.made.run_id, "record.json", str(tmp_path))
    kept = json.loads(Path(path).read_text())

    run = client.get_run(road.made.run_id)
    assert kept["info"]["data"] == kept["data"]["tables"] == fingerprint_tables(road.extract)
    assert kept["contract"]["fingerprint"] == road.extract.contract.fingerprint
    assert kept["seed"] == 1
    assert kept["environment"]["libraries"]["lightgbm"]
    assert len(kept["environment"]["lock"]) == 64
    assert kept["peak_bytes"] > 100e6
    assert kept["by"] == run.data.tags["kantelpunt.by"] == run.data.tags["mlflow.user"]
    assert kept["run"] == run.data.tags["kantelpunt.run"]


def test_figures_are_kept_overall_per_window_and_per_group(road: Road) -> None:
    from mlflow import MlflowClient

    metrics = MlflowClient(road.uri).get_run(road.made.run_id).data.metrics

    figures = road.trained.figures["kantelpunt"]
    assert metrics["window/test.brier"] == metrics["kantelpunt.brier"] == figures["brier"].value
    assert metrics["window/learn.auc"] > 0.5
    assert metrics["group/sex/female.mean_error.low"] < metrics["group/sex/female.mean_error.high"]


def test_steps_are_timed_and_add_up() -> None:
    watch = RunWatch("somebody")
    info = {"seed": 1, "contract": {}, "data": {}}

    for text in ("one", "two"):
        watch.step(text)
    kept = watch.build(info, {})

    assert [one["step"] for one in kept["steps"]] == ["one", "two"]
    assert sum(one["seconds"] for one in kept["steps"]) <= kept["seconds"] + 0.002
    assert kept["began"].endswith("+00:00")


@pytest.mark.parametrize(
    ("given", "variable", "expected"),
    [("An", "Jo", "An"), (None, "Jo", "Jo"), (None, "", "a user")],
)
def test_who_trains_is_who_says_so_or_the_user_of_the_machine(
    monkeypatch: pytest.MonkeyPatch, given: str | None, variable: str, expected: str
) -> None:
    monkeypatch.setenv("KANTELPUNT_BY", variable)
    monkeypatch.setattr("training.record.getpass.getuser", lambda: "a user")

    assert RunWatch(given).by == expected


def test_a_user_without_a_name_holds_no_run_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> str:
        raise KeyError("uid not found")

    monkeypatch.delenv("KANTELPUNT_BY", raising=False)
    monkeypatch.setattr("training.record.getpass.getuser", fail)

    assert RunWatch().by == "unknown"


def test_passwords_in_addresses_are_not_kept() -> None:
    told = hide_passwords("train --tracking-uri postgresql://jo:secret@db/mlflow --by Jo")

    assert told == "train --tracking-uri postgresql://***@db/mlflow --by Jo"


def test_a_revision_is_told_with_what_was_changed_since(tmp_path: Path) -> None:
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "begin"]):
        subprocess.run([*git, *words], check=True)

    clean = find_revision(tmp_path)
    (tmp_path / "new.py").write_text("")
    changed, but_that = find_revision(tmp_path), find_revision(tmp_path, but="new.py")

    assert clean is not None
    assert changed is not None
    assert len(clean["revision"]) == 40
    assert (clean["dirty"], changed["dirty"]) == (False, True)
    assert but_that == clean
    (tmp_path / "inside").mkdir()
    assert find_revision(tmp_path / "inside") is None


def test_without_git_there_is_no_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_repository = find_revision(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    without_git = find_revision(record.ROOT)

    assert without_repository is None
    assert without_git is None


def test_rows_in_another_order_and_another_format_are_the_same_data(tmp_path: Path) -> None:
    tables = make_extract_tables(30)
    turned = {name: table.iloc[::-1] for name, table in tables.items()}
    write_tables(turned, tmp_path / "turned", "csv")

    first = read_extract(write_extract(tmp_path / "first", tables))
    second = read_extract(tmp_path / "turned")

    assert second.cases["case_id"].tolist() != first.cases["case_id"].tolist()
    assert fingerprint_tables(second) == fingerprint_tables(first)
    pd.testing.assert_frame_equal(sort_rows(second).cases, sort_rows(first).cases)


def test_any_other_value_is_other_data(tmp_path: Path) -> None:
    extract = read_extract(write_extract(tmp_path, make_extract_tables(30)))
    before = fingerprint_tables(extract)

    cases = extract.cases.copy()
    cases.loc[[0, 1], "age_years"] = [*cases.loc[[1, 0], "age_years"]]
    periods = extract.work_periods.iloc[:-1]
    after = fingerprint_tables(replace(extract, cases=cases, work_periods=periods))

    changed = {name for name, one in after.items() if one["hash"] != before[name]["hash"]}
    assert changed == {"cases", "work_periods"}
    assert after["work_periods"]["rows"] == before["work_periods"]["rows"] - 1
    assert before["groups"]["first"] is None
    assert before["cases"]["last"] == str(cases["screened_on"].max().date())


@pytest.mark.parametrize("change", ["altered", "gone", "new"])
def test_files_that_change_under_a_run_are_named(tmp_path: Path, change: str) -> None:
    tables = make_extract_tables(10)
    del tables["groups"]
    write_extract(tmp_path, tables)
    before = hash_files(tmp_path)
    [cases] = tmp_path.glob("cases.*")

    check_unchanged(tmp_path, before)
    if change == "altered":
        cases.write_bytes(cases.read_bytes() + b"\n")
    elif change == "gone":
        cases.unlink()
    else:
        (tmp_path / "groups.csv").write_text("case_id,sex\n")

    named = "groups.csv" if change == "new" else cases.name
    with pytest.raises(ExtractChangedError, match=f"^{named} in .* nothing was registered"):
        check_unchanged(tmp_path, before)
