"""Extracts from which less can be learnt than was hoped, through `kantelpunt train`."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from features.contract import default_contract
from features.errors import KantelpuntError
from features.matrix import build_row
from features.requests import check_case
from features.synthetic import Cohort, build_cohort, write_cohort
from kantelpunt import app
from models.bundle import Bundle, read_bundle
from models.estimate import GainStatus
from tests.factories import make_case
from tests.tracking import make_tracking
from training.config import read_config
from training.samples import ConstantOutcomeError, NobodyUnsupportedError, TooFewCasesError
from training.splits import TooLittleHistoryError
from training.tracking import fetch_bundle

RUNNER = CliRunner()
Tables = dict[str, pd.DataFrame]
Change = Callable[[Tables], Tables]


@dataclass(frozen=True)
class Bench:
    """Trains on a cohort of which one thing was changed."""

    cohort: Cohort
    config: Path
    folder: Path
    uri: str

    def train(self, change: Change) -> Result:
        changed = self.cohort.tables | change(dict(self.cohort.tables))
        write_cohort(replace(self.cohort, tables=changed), self.folder, default_contract())
        return self.run("train", "--data", self.folder, "--config", self.config)

    def run(self, *words: object) -> Result:
        return RUNNER.invoke(app, [str(word) for word in [*words, "--tracking-uri", self.uri]])

    def release(self, change: Change) -> tuple[Bundle, str]:
        """Return the bundle that was trained, and what the command said."""
        result = self.train(change)
        assert result.exit_code == 0, result.output
        folder, version = fetch_bundle("1", read_config(self.config).registry, self.uri)
        return read_bundle(folder, version), result.output


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return build_cohort(default_contract(), 2000, 5, until=date(2026, 6, 30))


@pytest.fixture
def bench(cohort: Cohort, fast_config: Path, tmp_path: Path) -> Bench:
    return Bench(cohort, fast_config, tmp_path, make_tracking(tmp_path))


def support_nobody(tables: Tables) -> Tables:
    return {"pathways": tables["pathways"].iloc[:0]}


def support_few(tables: Tables) -> Tables:
    return {"pathways": tables["pathways"].iloc[:100]}


def support_everybody(tables: Tables, after: int = 0) -> Tables:
    cases, like = tables["cases"], tables["pathways"]
    began = cases["screened_on"] + pd.Timedelta(days=after)
    filled = cases[["case_id"]].assign(
        referred_on=began, started_on=began, kind=like["kind"].iloc[0]
    )
    return {"pathways": filled.reindex(columns=like.columns).astype(like.dtypes)}


def return_nobody(tables: Tables) -> Tables:
    return {"work_periods": tables["work_periods"].iloc[:0]}


def return_everybody(tables: Tables) -> Tables:
    cases, like = tables["cases"].drop_duplicates("case_id"), tables["work_periods"]
    started = cases["screened_on"] + pd.Timedelta(days=1)
    filled = pd.DataFrame({"case_id": cases["case_id"], "started_on": started})
    until = tables["follow_up"]["observed_until"].max()
    follow_up = tables["follow_up"].assign(exit=None, exited_on=pd.NaT, observed_until=until)
    return {
        "cases": cases,
        "work_periods": filled.reindex(columns=like.columns).astype(like.dtypes),
        "follow_up": follow_up.astype(tables["follow_up"].dtypes),
        "pathways": tables["pathways"].iloc[:0],
    }


def follow_briefly(tables: Tables) -> Tables:
    first = tables["cases"].groupby("case_id")["screened_on"].min() + pd.Timedelta(days=200)
    follow_up = tables["follow_up"]
    soon = follow_up["case_id"].map(first).astype(follow_up["observed_until"].dtype)
    until = follow_up["observed_until"].where(follow_up["observed_until"] < soon, soon)
    work = tables["work_periods"]
    seen = work["started_on"] <= work["case_id"].map(until.set_axis(follow_up["case_id"]))
    return {
        "follow_up": follow_up.assign(observed_until=until, exit=None, exited_on=pd.NaT),
        "work_periods": work[seen],
    }


def leave_gaps(tables: Tables) -> Tables:
    """Ask nobody for work ability, and write down cancer as another diagnosis."""
    cases = tables["cases"]
    group = cases["diagnosis_group"].replace("cancer", "other")
    return {"cases": cases.assign(work_ability=np.nan, diagnosis_group=group)}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (support_nobody, "nobody in the extract started support while still off work"),
        (support_few, "people who started support, and 200 are needed"),
    ],
)
def test_without_enough_supported_people_the_gain_is_unknown_and_the_card_says_why(
    bench: Bench, change: Change, why: str
) -> None:
    bundle, said = bench.release(change)

    case = check_case(make_case(bundle.contract), bundle.contract)
    estimate = bundle.estimate(build_row(case, bundle.contract))
    assert estimate.gain is None
    assert estimate.gain_status is GainStatus.UNKNOWN
    assert why in bundle.info["gain"]["why_unknown"]
    assert f"Unknown: {bundle.info['gain']['why_unknown']}" in bundle.card
    assert f"gain of support: unknown, {bundle.info['gain']['why_unknown']}" in said


@pytest.mark.parametrize(
    ("change", "kind", "told"),
    [
        (support_everybody, NobodyUnsupportedError, "nobody shows the usual course"),
        (
            partial(support_everybody, after=30),
            TooFewCasesError,
            "support began before the outcome",
        ),
        (return_nobody, ConstantOutcomeError, "the outcome is the same for all"),
        (return_everybody, ConstantOutcomeError, "the outcome is the same for all"),
        (follow_briefly, TooLittleHistoryError, "nobody was followed for 365 days"),
    ],
)
def test_what_cannot_be_trained_on_has_an_error_that_says_what_to_bring(
    bench: Bench, change: Change, kind: type[KantelpuntError], told: str
) -> None:
    result = bench.train(change)

    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, kind)
    assert told in str(result.exception)


def test_what_nobody_in_training_showed_moves_no_estimate_and_stands_in_the_card(
    bench: Bench, tmp_path: Path
) -> None:
    cases = bench.cohort.tables["cases"]
    unseen = cases[cases["diagnosis_group"] == "cancer"]
    unseen.to_csv(tmp_path / "unseen.csv", index=False)

    bundle, said = bench.release(leave_gaps)
    out = tmp_path / "scores.csv"
    scored = bench.run("score", "--data", tmp_path / "unseen.csv", "--out", out, "--model", 1)

    def estimate(**changes: object) -> float:
        case = check_case(make_case(bundle.contract, **changes), bundle.contract)
        return bundle.estimate(build_row(case, bundle.contract)).usual.value

    levels = bundle.contract.get_field("diagnosis_group").levels
    each = [estimate(diagnosis_group=key) for key in levels if key != "cancer"]
    assert scored.exit_code == 0, scored.output
    assert pd.read_csv(out)["p_usual"].between(0, 1).sum() == len(unseen) > 0
    assert min(each) < estimate(diagnosis_group="cancer") < max(each)
    assert estimate(work_ability=0) == pytest.approx(estimate(work_ability=None), abs=1e-12)
    assert estimate(work_ability=0) == pytest.approx(estimate(work_ability=10), abs=1e-12)
    for line in (
        "Werkvermogen (0-10) was missing for everybody: no estimate depends on it",
        f"nobody was {levels['cancer']}; such a case counts as an average one",
    ):
        assert line in bundle.card
        assert f"{line}\n" in said
