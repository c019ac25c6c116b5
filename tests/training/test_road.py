"""The road from an extract to a released, scoring version, on a synthetic cohort."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyarrow import parquet

from features.cohort import build_screenings
from features.matrix import build_matrix
from features.tables import read_cases
from models.bundle import read_bundle
from models.suggestion import read_limits
from models.usual import Sample
from tests.training.conftest import Road
from training.config import RegistryConfig
from training.info import build_info
from training.pipeline import train
from training.samples import ConstantOutcomeError, TooFewCasesError
from training.score import check_output, score_cases, write_tables
from training.score_parts import OutputError
from training.splits import select_days
from training.tracking import RegistryError, fetch_bundle, find_latest, set_champion


def test_the_model_beats_the_readable_tree_on_later_screenings(road: Road) -> None:
    figures = road.trained.figures

    assert figures["kantelpunt"]["auc"].value > figures["tree"]["auc"].value
    assert figures["kantelpunt"]["brier"].value < figures["tree"]["brier"].value


def test_no_toy_accuracy(road: Road) -> None:
    auc = road.trained.figures["kantelpunt"]["auc"]

    assert 0.64 <= auc.value <= 0.80


def test_estimates_come_close_to_the_truth_of_the_cohort(road: Road) -> None:
    keys = ["case_id", "screened_on"]
    truth = road.cohort.truth.assign(
        screened_on=road.cohort.truth["screened_on"].astype("datetime64[s]")
    )
    rows = road.extract.cases[keys].merge(truth, on=keys, validate="one_to_one")

    found = road.trained.model.estimate_many(
        build_matrix(road.extract.cases, road.extract.contract)
    )

    error = found.usual.value - rows["p_usual"].to_numpy()
    assert abs(error.mean()) < 0.03
    assert np.corrcoef(found.usual.value, rows["p_usual"])[0, 1] > 0.6


def test_windows_do_not_overlap_and_are_all_used(road: Road) -> None:
    counts = road.trained.counts

    assert set(counts) == {"learn", "calibrate", "test", "all"}
    assert counts["learn"] + counts["calibrate"] + counts["test"] < counts["all"]


def test_a_run_keeps_parameters_figures_plots_card_and_bundle(road: Road) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(road.uri)

    run = client.get_run(road.made.run_id)
    kept = {file.path for file in client.list_artifacts(road.made.run_id)}
    plots = {file.path for file in client.list_artifacts(road.made.run_id, "plots")}

    assert run.data.params["seed"] == "1"
    assert run.data.params["refute.draws"] == str(road.trained.config.refute.draws)
    assert run.data.params["data.cases.rows"] == str(len(road.extract.cases))
    assert run.data.metrics["kantelpunt.auc"] == road.trained.figures["kantelpunt"]["auc"].value
    tables = {"champion.json", "fairness.csv", "fairness.json", "figures.json", "refutation.json"}
    assert kept == {"model", "card.html", "card.md", "plots", "record.json", *tables}
    names = ("calibration", "fairness", "lift", "shap_summary")
    assert plots == {f"plots/{name}.png" for name in names}


def test_the_champion_is_the_bundle_that_was_trained(road: Road) -> None:
    folder, version = fetch_bundle("champion", road.config.registry, road.uri)

    bundle = read_bundle(folder, version)

    row = np.full(len(bundle.contract.fields), np.nan)
    assert bundle.version == road.made.version
    assert bundle.estimate(row).usual.value == road.trained.model.estimate(row).usual.value
    assert bundle.info["gain"]["status"] == bundle.model.gain_status == "same_for_all"


def test_people_like_this_are_everybody_whose_outcome_is_settled(road: Road) -> None:
    people = road.trained.model.people
    assert people is not None

    everything = build_screenings(road.extract, as_of=road.trained.windows.known_until)
    settled = Sample.of(select_days(everything, None, road.trained.windows.test_until))

    counted = sum(group.people for group in people.groups)
    mean = sum(group.people * group.returned for group in people.groups) / counted
    assert people.screened_until == road.trained.windows.test_until
    assert 0.8 * len(settled) < counted <= len(settled)
    assert mean == pytest.approx(np.average(settled.target, weights=settled.weight), abs=0.03)


def test_the_card_says_what_a_committee_asks(road: Road) -> None:
    folder, _ = fetch_bundle(road.made.version, road.config.registry, road.uri)

    card = read_bundle(folder).card

    for expected in (
        *("AUC", "physician decides", "Known limits", "gain of support", "logistic"),
        "What became of earlier people",
    ):
        assert expected in card


def test_a_version_that_does_not_exist_is_refused_with_what_to_do(road: Road) -> None:
    with pytest.raises(RegistryError, match="kantelpunt train"):
        set_champion("999", road.config.registry, road.uri)
    with pytest.raises(RegistryError, match="no model 'nobody'"):
        fetch_bundle("nobody", road.config.registry, road.uri)
    with pytest.raises(RegistryError, match="no version is registered"):
        find_latest(RegistryConfig("other", "other"), road.uri)


def test_scores_have_every_column_and_add_up_to_the_same_estimates(
    road: Road, tmp_path: Path
) -> None:
    folder, version = fetch_bundle("champion", road.config.registry, road.uri)
    bundle = read_bundle(folder, version)
    cases = read_cases(road.folder, bundle.contract).cases.head(500)

    rows = write_tables(
        score_cases(cases, bundle, read_limits(), threads=1), tmp_path / "out.parquet"
    )

    found = parquet.read_table(tmp_path / "out.parquet").to_pandas()
    assert rows == len(found) == 500
    assert list(found.columns[:9]) == [
        "case_id",
        "screened_on",
        "p_usual",
        "p_usual_low",
        "p_usual_high",
        "gain",
        "gain_low",
        "gain_high",
        "p_support",
    ]
    assert found["case_id"].tolist() == cases["case_id"].tolist()
    assert set(found["suggestion"]) <= {"refer", "own_way", "not_yet", "unsure"}
    assert set(found["model_version"]) == {version}
    assert bundle.model.gain is not None
    assert set(found["gain_hidden"].dropna()) == {bundle.model.gain.hidden}
    points = found[[f"reason_{i}_points" for i in range(1, 6)]].abs().to_numpy()
    assert (np.diff(points, axis=1) <= 0).all()


def test_csv_and_parquet_scores_are_the_same(road: Road, tmp_path: Path) -> None:
    cases = road.extract.cases.head(50)
    folder, version = fetch_bundle("champion", road.config.registry, road.uri)
    bundle = read_bundle(folder, version)

    for name in ("out.csv", "out.parquet"):
        write_tables(score_cases(cases, bundle, read_limits(), threads=1), tmp_path / name)

    as_csv = pd.read_csv(tmp_path / "out.csv")
    as_parquet = pd.read_parquet(tmp_path / "out.parquet")
    assert as_csv["p_usual"].to_numpy() == pytest.approx(as_parquet["p_usual"].to_numpy())
    assert as_csv["reason_1_nl"].tolist() == as_parquet["reason_1_nl"].tolist()


def test_a_score_that_fails_leaves_the_earlier_result_as_it_was(road: Road, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("earlier")
    folder, _ = fetch_bundle("champion", road.config.registry, road.uri)
    tables = score_cases(
        road.extract.cases.head(5).drop(columns="case_id"), read_bundle(folder), read_limits()
    )

    with pytest.raises(KeyError):
        write_tables(tables, path)

    assert path.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_a_result_of_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"ends in \.parquet or \.csv"):
        check_output(tmp_path / "out.xlsx")
    (tmp_path / "out.csv").mkdir()
    with pytest.raises(OutputError, match="is a folder: give the name of a file"):
        check_output(tmp_path / "out.csv")


def test_too_few_cases_are_refused_by_name(road: Road) -> None:
    few = replace(road.extract, cases=road.extract.cases.iloc[::100].reset_index(drop=True))

    with pytest.raises(TooFewCasesError, match="are needed: bring more cases"):
        train(few, road.config, 1, lambda _: None)


def test_a_constant_outcome_is_refused_by_name(road: Road) -> None:
    nobody = replace(road.extract, work_periods=road.extract.work_periods.iloc[:0])

    with pytest.raises(ConstantOutcomeError, match="outcome is the same for all"):
        train(nobody, road.config, 1, lambda _: None)


def test_a_handful_of_persons_is_refused_by_name(road: Road) -> None:
    cases = road.extract.cases.assign(person_key="P-1")

    with pytest.raises(TooFewCasesError, match=r"fewer than 20 different persons: .* person_key"):
        train(replace(road.extract, cases=cases), road.config, 1, lambda _: None)


def test_what_a_run_tells_of_itself_is_plain_json(road: Road) -> None:
    info = build_info(road.trained, road.extract, 1)

    again = json.loads(json.dumps(info, allow_nan=False))

    assert again["screenings"] == road.trained.counts
    assert info["data"]["cases"]["rows"] == len(road.extract.cases)
