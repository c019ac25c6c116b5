"""The search stays within the learn window: each part judges what earlier people taught."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd

from features.cohort import build_screenings
from features.tables import Extract
from tests.training.conftest import Road
from training import pipeline
from training.samples import take_samples
from training.splits import Windows, build_windows, select_days
from training.tune import Budget, Tuned
from training.tune_windows import Stages, part_in_time


def part(road: Road, shorter: int = 0) -> Stages | None:
    until = build_windows(road.extract, road.config.windows).learn_until - timedelta(days=shorter)
    known = select_days(build_screenings(road.extract, as_of=until), None, until)
    return part_in_time(known, until, road.config.tune, road.config.windows)


def alter_from(extract: Extract, windows: Windows) -> Extract:
    """Return the extract with everything of the test window otherwise, the windows excepted."""
    day, rng = pd.Timestamp(windows.test_from), np.random.default_rng(1)
    cases, work = extract.cases.copy(), extract.work_periods
    inputs = [field.name for field in extract.contract.fields if field.name in cases]
    later = np.flatnonzero(cases["screened_on"] >= day)
    cases.iloc[later, [cases.columns.get_loc(name) for name in inputs]] = (
        cases[inputs].iloc[rng.permutation(later)].to_numpy()
    )
    follow_up = extract.follow_up.copy()
    follow_up.loc[follow_up["exited_on"] >= day, ["exit", "exited_on"]] = None
    return replace(
        extract,
        cases=cases,
        follow_up=follow_up,
        work_periods=work[(work["started_on"] < day) | (rng.random(len(work)) < 0.4)],
        pathways=extract.pathways[~(extract.pathways["started_on"] >= day)],
    )


def tune_on(road: Road, extract: Extract) -> Tuned:
    windows = build_windows(extract, road.config.windows)
    learn = take_samples(extract, windows, road.config.windows)["learn"]
    tuned = pipeline._tune(
        extract, windows, learn, road.config, 1, Budget(trials=2), lambda _: None
    )
    assert tuned is not None
    return tuned


def test_nobody_is_on_both_sides_nor_in_the_search_and_set_aside(road: Road) -> None:
    stages = part(road)

    assert stages is not None
    aside = set(stages.aside.judge.person)
    for stage in stages.search:
        assert not set(stage.learn.person) & set(stage.judge.person)
        assert not aside & {*stage.learn.person, *stage.judge.person}
    assert not aside & set(stages.aside.learn.person)


def test_who_judges_was_screened_after_all_who_were_learnt_from(road: Road) -> None:
    until = build_windows(road.extract, road.config.windows).learn_until
    known = build_screenings(road.extract, as_of=until)
    days = {row.tobytes(): day for row, day in zip(known.matrix, known.screened_on, strict=True)}

    stages = part(road)

    assert stages is not None
    settled = np.datetime64(until) - 455
    for stage in (*stages.search, stages.aside):
        learnt, judged = (
            [days[row.tobytes()] for row in one.matrix] for one in (stage.learn, stage.judge)
        )
        assert max(learnt) < min(judged) <= max(judged) < settled


def test_a_learn_window_in_which_hardly_anybody_is_settled_gives_no_stages(road: Road) -> None:
    assert part(road, shorter=400) is None
    assert part(road, shorter=600) is None


def test_the_search_never_looks_at_the_test_window(road: Road) -> None:
    windows = build_windows(road.extract, road.config.windows)
    altered = alter_from(road.extract, windows)

    before, after = tune_on(road, road.extract), tune_on(road, altered)

    samples = [take_samples(one, windows, road.config.windows) for one in (road.extract, altered)]
    assert build_windows(altered, road.config.windows) == windows
    assert not np.array_equal(samples[0]["test"].matrix, samples[1]["test"].matrix)
    assert samples[0]["test"].target.mean() > samples[1]["test"].target.mean()
    assert before == after
    assert len(before.trials) == 3
