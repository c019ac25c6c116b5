"""What a plan tells of targets and of what is open: right, and no small count follows from it."""

from dataclasses import replace

import numpy as np
import pytest

from models.intake.outlook import simulate
from models.intake.targets import default_targets
from serving.planning_flow import round_few
from serving.planning_history import History
from serving.planning_targets import tell_outflow, tell_year_end
from serving.store.planning_counts import After
from tests.planning_plans import make_flow

NOTHING_HIDDEN = History({"months": ["2026-03"]}, (100, 100), {})
START = 2024 * 12


def test_nobody_is_expected_to_start_beyond_the_places_that_there_are() -> None:
    flow = replace(make_flow(), capacity=np.zeros(len(make_flow().regions), np.int64))
    assert flow.started_so_far is not None
    so_far = [*flow.started_so_far.tolist(), int(flow.started_so_far.sum())]

    row = tell_year_end(simulate(flow, draws=20), so_far, default_targets(), target=sum(so_far))[0]

    assert row["mean"] == row["so_far"] == so_far[-1]
    assert row["p"] == 0


@pytest.mark.parametrize(("month", "share"), [("6", 0.3), ("12", 0.5)])
def test_work_counts_within_as_many_whole_months(month: str, share: float) -> None:
    rows = [
        After("antwerpen", START, 5, None, None, 24, 30),
        After("antwerpen", START, 6, None, None, 24, 20),  # six months and some days
        After("antwerpen", START, None, None, None, 24, 50),
    ]

    found = tell_outflow(rows, NOTHING_HIDDEN)[0]

    assert found["months"][month]["value"] == pytest.approx(share)


def test_who_is_not_recognised_any_more_may_still_work_and_who_retired_may_not() -> None:
    rows = [
        After("antwerpen", START, 9, "not_recognised", 3, 24, 40),
        After("antwerpen", START, 9, "pension", 3, 24, 10),
        After("antwerpen", START, None, None, None, 24, 50),
    ]

    found = tell_outflow(rows, NOTHING_HIDDEN)[0]

    assert found["months"]["12"]["value"] == pytest.approx(0.4)


def list_after(*worked: tuple[int | None, int]) -> list[After]:
    return [After("antwerpen", START, at, None, None, 30, people) for at, people in worked]


def test_a_share_beside_which_another_tells_of_few_is_left_out() -> None:
    some = list_after((3, 6), (8, 1), (20, 9), (None, 14))

    [row] = tell_outflow(some, NOTHING_HIDDEN)

    assert row["started"] == 30
    assert row["months"]["6"]["value"] == pytest.approx(0.2)
    assert row["months"]["12"] is None  # one more than after six months
    assert row["months"]["18"] is None
    assert row["months"]["24"]["value"] == pytest.approx(16 / 30)


def test_few_open_pathways_of_a_region_are_none_or_five_and_others_stay() -> None:
    counts = np.array([[1, 0, 1], [0, 2, 1], [2, 2, 1], [0, 0, 0]])

    found = round_few(counts)

    assert found.tolist() == [[0, 0, 0], [0, 2, 3], [2, 2, 1], [0, 0, 0]]
    assert counts.sum() == 10
