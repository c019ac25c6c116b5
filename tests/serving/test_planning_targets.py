"""What a plan tells of targets: the year within the places that there are, and work afterwards."""

from dataclasses import replace

import numpy as np
import pytest

from models.intake.outlook import simulate
from models.intake.targets import default_targets
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
