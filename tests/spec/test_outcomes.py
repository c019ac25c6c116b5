"""What a sustained return, a relapse and an unknown outcome are, as tables to read.

Days are counted from the screening; an empty cell is not filled in.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.contract import Outcome
from features.outcomes import find_outcomes, weigh
from features.relapse import Phase, find_relapses
from features.tables import Extract
from features.timeline import NEVER, merge_periods
from tests.factories import make_contract

SCREENED_ON = pd.Timestamp("2024-03-01")

# horizon 365 days, a return must last 90 days; the first and the last day both count
OUTCOMES = """
    work periods   | followed until | exit          | support | outcome     | known on day
                   | 500            |               |         | no return   | 365
    100-           | 500            |               |         | return      | 189
    100-189        | 500            |               |         | return      | 189
    100-188        | 500            |               |         | no return   | 365
    0-             | 500            |               |         | return      | 89
    365-           | 500            |               |         | return      | 454
    366-           | 500            |               |         | no return   | 365
    365-           | 453            |               |         | not known   | 453
    340-400        | 500            |               |         | no return   | 400
    20-60,200-     | 500            |               |         | return      | 289
    20-60,61-120   | 500            |               |         | return      | 109
    20-60,62-120   | 500            |               |         | no return   | 365
    100-           | 150            |               |         | not known   | 150
                   | 300            |               |         | not known   | 300
                   | 364            |               |         | not known   | 364
                   | 365            |               |         | no return   | 365
                   | 500            | 120 pension   |         | no return   | 120
                   | 130            | 120 death     |         | no return   | 120
    10-            | 500            | 40 death      |         | no return   | 40
    10-            | 500            | 300 pension   |         | return      | 99
                   | 300            | 120 not_recognised |    | not known   | 300
                   | 500            |               | 50      | not known   | 50
    20-            | 500            |               | 50      | return      | 109
    20-25          | 500            |               | 50      | not known   | 50
    -30-           | 500            |               |         | no return   | 365
                   | 500            |               | -30     | not known   | 0
    100-           | 500            |               | -30     | not known   | 0
"""

RELAPSES = """
    phase      | resumed    | ill again  | relapse
    primary    | 2026-03-02 | 2026-03-14 | yes
    primary    | 2026-03-02 | 2026-03-15 | yes
    primary    | 2026-03-02 | 2026-03-16 | no
    primary    | 2026-03-02 | 2026-03-17 | no
    invalidity | 2026-03-02 | 2026-06-01 | yes
    invalidity | 2026-03-02 | 2026-06-02 | no
    invalidity | 2026-11-30 | 2027-02-27 | yes
    invalidity | 2026-11-30 | 2027-02-28 | no
"""


def read_rows(table: str) -> list[tuple[str, ...]]:
    lines = table.strip().splitlines()[1:]
    return [tuple(cell.strip() for cell in line.split("|")) for line in lines]


@pytest.mark.parametrize(
    ("work", "until", "exit_", "support", "outcome", "known"), read_rows(OUTCOMES)
)
def test_outcome_of_a_screening(
    work: str, until: str, exit_: str, support: str, outcome: str, known: str
) -> None:
    extract = make_extract(work, until=int(until), exit_=exit_, support=support)

    found = find_outcomes(extract, Outcome())

    names = {1.0: "return", 0.0: "no return"}
    assert names.get(float(found.returned[0]), "not known") == outcome
    assert found.known_days[0] == int(known)


@pytest.mark.parametrize(("phase", "resumed", "ill_again", "relapse"), read_rows(RELAPSES))
def test_relapse_continues_the_old_spell(
    phase: str, resumed: str, ill_again: str, relapse: str
) -> None:
    resumed_on, ill_again_on = (pd.Series([pd.Timestamp(day)]) for day in (resumed, ill_again))

    found = find_relapses(resumed_on, ill_again_on, np.array([Phase(phase) is Phase.PRIMARY]))

    assert found.tolist() == [relapse == "yes"]


def test_what_is_learnt_later_does_not_count_yet() -> None:
    extract = make_extract("100-", until=500)
    before = (SCREENED_ON + pd.Timedelta(days=150)).date()
    after = (SCREENED_ON + pd.Timedelta(days=189)).date()

    early = find_outcomes(extract, Outcome(), as_of=before)
    late = find_outcomes(extract, Outcome(), as_of=after)

    assert np.isnan(early.returned[0])
    assert early.known_days[0] == 150
    assert late.returned[0] == 1


def test_an_exit_that_is_learnt_later_does_not_count_yet() -> None:
    extract = make_extract("", until=500, exit_="120 pension")
    before = (SCREENED_ON + pd.Timedelta(days=100)).date()

    found = find_outcomes(extract, Outcome(), as_of=before)

    assert np.isnan(found.returned[0])


def test_a_case_without_follow_up_is_not_known() -> None:
    extract = make_extract("100-", until=500)
    nobody = replace(extract, follow_up=extract.follow_up.iloc[:0])

    found = find_outcomes(nobody, Outcome())

    assert np.isnan(found.returned[0])
    assert weigh(found.returned, found.known_days).tolist() == [0.0]


def test_a_try_at_work_within_a_relapse_does_not_end_the_spell() -> None:
    short = make_extract("20-25,80-", until=500)
    long = make_extract("20-40,80-", until=500)

    assert short.timeline.ends.tolist() == [80]
    assert long.timeline.ends.tolist() == [20]
    assert make_extract("", until=500).timeline.ends.tolist() == [NEVER]


def test_weights_undo_the_loss_of_those_not_followed_long_enough() -> None:
    rng = np.random.default_rng(0)
    returns = rng.exponential(300, 40_000)
    followed = rng.uniform(0, 600, 40_000)
    settled = np.minimum(returns, 365)
    known = settled <= followed
    returned = np.where(known, (returns <= 365).astype(float), np.nan)

    weight = weigh(returned, np.where(known, settled, followed))

    truth = (returns <= 365).mean()
    assert np.average(returned[known], weights=weight[known]) == pytest.approx(truth, abs=0.012)
    assert abs(returned[known].mean() - truth) > 0.05


def test_who_is_back_at_work_cannot_be_lost_to_support_any_more() -> None:
    rng = np.random.default_rng(0)
    returns, starts = rng.exponential(300, 40_000), rng.uniform(28, 84, 40_000)
    starts[rng.random(40_000) > 0.3] = NEVER
    by_support = starts < np.minimum(returns, 365)
    settled = np.where(returns <= 365, returns + 89, 365)  # three months prove that a return lasts
    returned = np.where(by_support, np.nan, (returns <= 365).astype(float))
    known_days = np.where(by_support, starts, settled)
    open_days = np.minimum(returns, known_days)

    weight = weigh(returned, known_days, open_days, by_support)
    as_if_open = weigh(returned, known_days)

    known, truth = ~by_support, (returns <= 365).mean()
    assert np.average(returned[known], weights=weight[known]) == pytest.approx(truth, abs=0.008)
    assert np.average(returned[known], weights=as_if_open[known]) > truth + 0.015
    assert weight.sum() == pytest.approx(40_000, rel=0.01)


def test_support_can_begin_until_work_ends_the_spell_or_knowledge_ends() -> None:
    back = find_outcomes(make_extract("100-", until=500), Outcome())
    supported = find_outcomes(make_extract("", until=500, support="60"), Outcome())
    lost = find_outcomes(make_extract("", until=200), Outcome())

    assert (back.known_days[0], back.open_days[0], back.by_support[0]) == (189, 100, False)
    assert (supported.open_days[0], supported.by_support[0]) == (60, True)
    assert (lost.open_days[0], lost.by_support[0]) == (200, False)


def test_everybody_followed_gives_everybody_the_same_weight() -> None:
    weight = weigh(np.array([1.0, 0.0, 1.0]), np.array([20.0, 365.0, 20.0]))

    assert weight.tolist() == [1.0, 1.0, 1.0]


def test_periods_that_touch_or_overlap_are_one() -> None:
    periods = make_work([(0, 10), (11, 20), (15, 30), (32, None), (40, 50)])

    merged = merge_periods(periods)

    starts = (merged["started_on"] - SCREENED_ON).dt.days.tolist()
    assert starts == [0, 32]
    assert merged["ended_on"].isna().tolist() == [False, True]


def make_extract(work: str, *, until: int, exit_: str = "", support: str = "") -> Extract:
    exit_day, _, exit_kind = exit_.partition(" ")
    follow_up = pd.DataFrame(
        {
            "case_id": ["C1"],
            "observed_until": at([until]),
            "exit": [exit_kind],
            "exited_on": at([int(exit_day) if exit_day else None]),
        }
    )
    cases = pd.DataFrame(
        {
            "case_id": ["C1"],
            "person_key": ["P1"],
            "absence_started_on": at([-90]),
            "screened_on": at([0]),
        }
    )
    pathways = pd.DataFrame(
        {"case_id": ["C1"], "started_on": at([int(support) if support else None])}
    )
    empty = pd.DataFrame()
    return Extract(
        make_contract(), cases, pathways, make_work(read_periods(work)), follow_up, empty, empty
    )


def read_periods(work: str) -> list[tuple[int, int | None]]:
    periods = []
    for part in filter(None, work.split(",")):
        start, end = part.rsplit("-", 1)
        periods.append((int(start), int(end) if end else None))
    return periods


def make_work(periods: Sequence[tuple[int, int | None]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "case_id": pd.Series(["C1"] * len(periods), dtype="str"),
            "started_on": at([start for start, _ in periods]),
            "ended_on": at([end for _, end in periods]),
        }
    )


def at(days: Sequence[int | None]) -> pd.Series:
    moved = [pd.NaT if d is None else SCREENED_ON + pd.Timedelta(days=d) for d in days]
    return pd.Series(moved, dtype="datetime64[s]")
