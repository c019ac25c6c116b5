"""The audit of a release on its test window: which groups, on whose chances, and what it tells."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from typer.testing import CliRunner

from features.cohort import Screenings
from kantelpunt import app
from models.bundle import read_bundle
from models.estimate import GainStatus
from models.fairness import Verdict, audit
from models.suggestion import read_limits
from tests.training.conftest import Road
from training.fairness import audit_estimates, build_rows, hold_out, take_tested
from training.fairness_report import describe_fairness, draw_tradeoff, name_group, tell_fairness
from training.groups import MOST_LABELS, keep_people, list_groups
from training.tracking import fetch_bundle


@pytest.fixture(scope="module")
def tested(road: Road) -> Screenings:
    return take_tested(road.extract, road.trained.windows)


def test_groups_come_from_the_table_of_groups_and_from_the_case(
    road: Road, tested: Screenings
) -> None:
    groups = list_groups(road.extract, tested, road.config.fairness)

    table = road.extract.groups.set_index("case_id")["sex"]
    case = road.extract.cases.drop_duplicates("case_id").set_index("case_id")["diagnosis_group"]
    assert set(groups) == {
        *("sex", "origin", "dutch_level", "age", "region", "labour_status", "has_contract"),
        *("diagnosis_group", "questionnaire"),
    }
    assert (groups["sex"] == table.reindex(tested.case_id).to_numpy()).all()
    assert (groups["diagnosis_group"] == case.reindex(tested.case_id).to_numpy()).all()
    assert set(groups["age"]) == {"0_to_34", "35_to_49", "50_to_59", "60_and_over"}
    assert set(keep_people(groups, road.extract)) == {"sex", "origin", "dutch_level", "age"}


def test_no_group_of_a_person_is_an_input(road: Road) -> None:
    columns = set(road.extract.groups.columns) - {"case_id"}

    assert columns
    assert not columns & set(road.extract.contract.names)


def test_a_fund_that_shares_no_groups_gets_those_of_the_case(
    road: Road, tested: Screenings
) -> None:
    extract = replace(road.extract, groups=road.extract.groups.iloc[:0][["case_id"]])

    groups = list_groups(extract, tested, road.config.fairness)

    assert "sex" not in groups
    assert {"region", "questionnaire", "age"} <= set(groups)


def test_a_column_of_names_is_not_listed_name_by_name(road: Road, tested: Screenings) -> None:
    table = road.extract.groups.assign(doctor=[f"d{n}" for n in range(len(road.extract.groups))])

    groups = list_groups(replace(road.extract, groups=table), tested, road.config.fairness)

    assert len(set(groups["doctor"])) == MOST_LABELS + 1
    assert (groups["doctor"] == "others").mean() > 0.9


def test_chances_of_the_model_that_was_tested_take_the_place_of_those_of_the_release(
    road: Road, tested: Screenings
) -> None:
    estimates = road.trained.model.estimate_many(tested.matrix)
    p = np.clip(estimates.usual.value + np.linspace(-0.2, 0.2, len(tested)), 0, 1)

    held = hold_out(estimates, p)

    known = held.is_known
    assert held.usual.value == pytest.approx(p)
    assert held.support.value[known] == pytest.approx((p + held.gain.value)[known])
    assert (held.gain.value >= -p - 1e-12)[known].all()
    assert (known == estimates.is_known).all()
    assert (held.usual.low <= held.usual.value).all()
    assert (held.usual.value <= held.usual.high).all()
    total = held.usual.base + held.usual.contributions.sum(axis=1) + held.usual.limit
    assert total == pytest.approx(p)


def test_the_audit_covers_the_test_window_known_outcomes_or_not(road: Road) -> None:
    found = road.trained.fairness.audit

    assert found.screenings > road.trained.counts["test"]
    assert {"sex", "questionnaire"} <= {one.attributes[0] for one in found.of_one()}
    assert any(one.verdict is Verdict.TOO_SMALL for one in found.groups)
    assert found.judged == ("false_own_way",)


def test_by_the_truth_a_gain_that_is_missed_is_measured_too(road: Road, tested: Screenings) -> None:
    truth = road.cohort.truth
    days = truth["screened_on"].dt.strftime("%Y-%m-%d")
    gain = pd.Series(truth["gain"].to_numpy(), index=truth["case_id"] + " " + days)
    keys = [f"{one} {day}" for one, day in zip(tested.case_id, tested.screened_on, strict=True)]
    estimates = road.trained.model.estimate_many(tested.matrix)
    rows = build_rows(tested, estimates, read_limits())
    groups = list_groups(road.extract, tested, road.config.fairness)
    rows = replace(rows, gain=gain[keys].to_numpy(), gain_differs=True)

    found = audit(rows, groups, road.config.fairness, 1, pairs=False)

    away = np.isin(rows.suggestion, ["own_way", "not_yet"])
    more = np.maximum(rows.gain, 0)
    assert found.overall["missed_gain"] == pytest.approx(more[away].sum() / more.sum())
    assert found.judged == ("missed_gain", "false_own_way")
    assert "missed_gain" in next(one for one in found.of_one() if one.group == ("male",)).verdicts


def test_moving_the_limit_trades_ratios_for_gain(road: Road, tmp_path: Path) -> None:
    points = road.trained.fairness.tradeoff

    captured = [one.captured for one in points]
    assert (np.diff(captured) > -1e-9).all()
    assert captured[-1] > captured[0]
    assert sum(one.is_now for one in points) == 1
    assert any(one.worst for one in points)
    draw_tradeoff(points, 1.25, tmp_path / "picture.png")
    assert (tmp_path / "picture.png").stat().st_size > 10_000


def test_with_a_gain_per_person_its_own_limit_moves(road: Road, tested: Screenings) -> None:
    estimates = road.trained.model.estimate_many(tested.matrix)
    gain = estimates.gain
    value = np.linspace(-0.1, 0.3, len(tested))
    per_person = replace(
        estimates,
        gain=replace(gain, value=value, low=value - 0.01, high=value + 0.01),
        gain_status=GainStatus.ESTIMATED,
        hidden=0.0,
    )

    found = audit_estimates(
        road.extract, tested, per_person, read_limits(), road.config.fairness, 1
    )

    captured = [one.captured for one in found.tradeoff]
    assert (np.diff(captured) < 1e-9).all()
    assert [one.limit for one in found.tradeoff if one.is_now] == [read_limits()[-1].gain_from]
    assert found.audit.judged == ("missed_gain", "false_own_way")


def test_the_run_keeps_the_groups_in_the_bundle_the_card_and_a_file(road: Road) -> None:
    folder, version = fetch_bundle(road.made.version, road.config.registry, road.uri)

    bundle = read_bundle(folder, version)

    kept = bundle.info["fairness"]
    counts = [one["persons"] for one in [*kept["groups"], *kept["pairs"]] if "persons" in one]
    assert min(counts) >= road.config.fairness.smallest_group
    assert {one["verdict"] for one in kept["pairs"]} <= {"fail"}
    assert "## Fairness: the same for every group?" in bundle.card
    assert "| sex female |" in bundle.card
    assert "Pairs of groups:" in bundle.card
    assert json.dumps(road.trained.fairness.plain())


def test_without_groups_the_card_says_that_nothing_can_be_said() -> None:
    assert "nothing can be said" in describe_fairness(None)[1]


def test_of_many_groups_that_fail_the_first_are_told_and_the_others_counted(road: Road) -> None:
    audit = road.trained.fairness.audit
    assert audit is not None
    groups = tuple(replace(one, verdict=Verdict.FAIL) for one in audit.groups[:5])

    first, *named, rest = tell_fairness(replace(audit, groups=groups), most=3)

    assert first.startswith("fairness over 5 groups")
    assert [line.split(": ")[0] for line in named] == [
        f"fairness fails for {name_group(one)}" for one in groups[:3]
    ]
    assert rest == "and for 2 more: fairness.csv of the run has all"


def test_evaluate_prints_the_groups_and_breaks_off_no_word_at_80_characters(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.command_parts.make_console", lambda: Console(width=80))
    options = ["--data", str(road.folder), "--tracking-uri", road.uri]

    result = CliRunner().invoke(app, ["evaluate", "champion", *options])

    assert result.exit_code == 0, result.output
    assert {"sex", "female", "referred", "diagnosis_group", "musculoskeletal", "insufficient"} <= {
        *result.output.split()
    }
    assert "fairness over" in result.output
