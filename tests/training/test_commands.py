"""The commands, called as a user calls them."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from kantelpunt import app
from tests.factories import FIVE_FIELDS
from tests.tracking import make_tracking
from tests.training.conftest import Road

RUNNER = CliRunner()


def run(*words: object) -> Result:
    return RUNNER.invoke(app, [str(word) for word in words])


def read_version(result: Result) -> str:
    found = re.search(r"registered version (\d+)", result.output)
    assert found, result.output
    return found[1]


def list_waivers(uri: str, folder: Path) -> list[object]:
    """Return the words that waive what fails: a small cohort teaches too little to pass."""
    found = run("gates", "latest", "--tracking-uri", uri, "--json", folder / "gates.json")
    assert found.exit_code == 0, found.output
    gates = json.loads((folder / "gates.json").read_text())
    names = [gate["name"] for gate in gates if gate["verdict"] == "fail"]
    reason = ["--reason", "a small cohort of made-up people", "--by", "Alex"] if names else []
    return [*(word for name in names for word in ("--waive", name)), *reason]


@pytest.fixture
def uri(road: Road) -> str:
    return road.uri


def test_five_unrelated_fields_go_the_whole_road(tmp_path: Path, fast_config: Path) -> None:
    contract = tmp_path / "five.toml"
    contract.write_text(FIVE_FIELDS)
    data, out = tmp_path / "data", tmp_path / "out.csv"
    uri = make_tracking(tmp_path)

    made = run("synth", "--persons", 3000, "--contract", contract, "--out", data, "--format", "csv")
    trained = run("train", "--data", data, "--tracking-uri", uri, "--config", fast_config)
    waivers = list_waivers(uri, tmp_path)
    released = run("release", read_version(trained), *waivers, "--tracking-uri", uri)
    scored = run("score", "--data", data, "--out", out, "--tracking-uri", uri)
    measured = run("evaluate", "champion", "--data", data, "--tracking-uri", uri)

    for result in (made, trained, released, scored, measured):
        assert result.exit_code == 0, result.output
    scores = pd.read_csv(out)
    assert (data / "contract.toml").read_text() == FIVE_FIELDS
    assert scores["case_id"].nunique() == 3000
    assert (
        scores["reason_1_field"]
        .isin(["load_kg", "visits", "shift", "insured", "mood", "questionnaire"])
        .all()
    )
    assert "auc" in measured.output
    assert "until when this version learnt" in measured.output


def test_synth_leaves_an_extract_that_is_there(tmp_path: Path) -> None:
    run("synth", "--persons", 50, "--out", tmp_path / "d", "--seed", 1)
    before = (tmp_path / "d" / "cases.parquet").read_bytes()

    result = run("synth", "--persons", 60, "--out", tmp_path / "d", "--if-missing", "--seed", 2)

    assert "left as it is" in result.output
    assert (tmp_path / "d" / "cases.parquet").read_bytes() == before


@pytest.mark.parametrize("table", ["cases.parquet", "Cases.CSV", "entries.parquet"])
def test_synth_never_writes_over_tables_of_somebody(tmp_path: Path, table: str) -> None:
    (tmp_path / table).write_bytes(b"of somebody")

    result = run("synth", "--persons", 50, "--out", tmp_path)

    assert result.exit_code == 1
    assert "may be a real extract: give a new folder" in str(result.exception)
    assert [path.name for path in tmp_path.iterdir()] == [table]
    assert (tmp_path / table).read_bytes() == b"of somebody"


def test_score_takes_a_single_cases_file(road: Road, tmp_path: Path, uri: str) -> None:
    file = tmp_path / "new_cases.csv"
    road.extract.cases.head(20).to_csv(file, index=False, sep=";", decimal=",")

    result = run("score", "--data", file, "--out", tmp_path / "o.csv", "--tracking-uri", uri)

    assert result.exit_code == 0, result.output
    assert len(pd.read_csv(tmp_path / "o.csv")) == 20


def test_rows_that_cannot_be_scored_are_set_aside_and_said(
    road: Road, tmp_path: Path, uri: str
) -> None:
    cases = road.extract.cases.head(100).copy()
    cases.loc[3, "age_years"] = 212
    file = tmp_path / "cases.csv"
    cases.to_csv(file, index=False)

    result = run("score", "--data", file, "--out", tmp_path / "o.csv", "--tracking-uri", uri)

    rejected = pd.read_csv(tmp_path / "rejected.csv")
    assert result.exit_code == 0, result.output
    assert "1 faults set aside" in result.output
    assert len(pd.read_csv(tmp_path / "o.csv")) == 99
    assert rejected.loc[0, ["table", "row", "field"]].tolist() == ["cases", 4, "age_years"]
    assert "212" not in (tmp_path / "rejected.csv").read_text()


def test_a_folder_that_is_not_there_is_said_in_one_line(tmp_path: Path, uri: str) -> None:
    result = run("train", "--data", tmp_path / "gone", "--tracking-uri", uri)

    assert result.exit_code == 1
    assert "gone" in str(result.exception)


def test_a_result_of_an_unknown_kind_is_refused_before_any_work(
    road: Road, tmp_path: Path, uri: str
) -> None:
    result = run(
        "score", "--data", road.folder, "--out", tmp_path / "o.xlsx", "--tracking-uri", uri
    )

    assert result.exit_code == 1
    assert ".parquet or .csv" in str(result.exception)


def test_releasing_what_was_never_registered_is_refused(uri: str) -> None:
    result = run("release", "998", "--tracking-uri", uri)

    assert result.exit_code == 1
    assert "kantelpunt train" in str(result.exception)


def test_an_answer_of_another_contract_is_refused(tmp_path: Path, uri: str) -> None:
    contract = tmp_path / "five.toml"
    contract.write_text(FIVE_FIELDS)
    run("synth", "--persons", 30, "--contract", contract, "--out", tmp_path / "d")

    result = run(
        "score", "--data", tmp_path / "d", "--out", tmp_path / "o.csv", "--tracking-uri", uri
    )

    assert result.exit_code == 1
    assert "column" in str(result.exception)


def test_latest_is_the_newest_version(uri: str, tmp_path: Path) -> None:
    result = run("release", "latest", *list_waivers(uri, tmp_path), "--tracking-uri", uri)

    assert result.exit_code == 0, result.output
    assert re.search(r"version \d+ is the champion now", result.output)


def test_a_damaged_bundle_is_not_released_nor_scored_with(road: Road, tmp_path: Path) -> None:
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "manifest.json").write_text("{}")

    result = run(
        "score", "--data", road.folder, "--out", tmp_path / "o.csv", "--model", tmp_path / "bundle"
    )

    assert result.exit_code == 1
    assert "is no bundle" in str(result.exception)
