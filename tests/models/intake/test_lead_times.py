from datetime import date

import numpy as np
import pytest

from models.intake.clocks import bound, keep_clock
from models.intake.faults import IntakeError
from models.intake.lead_times import lead_times

AS_OF = date(2026, 10, 31)


def test_recent_referrals_do_not_make_the_wait_look_short() -> None:
    rng = np.random.default_rng(1)
    takes = rng.integers(20, 121, 20_000)
    seen = rng.integers(0, 200, 20_000)
    happened = takes <= seen

    found = lead_times(np.where(happened, takes, seen), happened, seen)

    middle = found["quartiles"][1]
    assert middle["low"] <= 70 <= middle["high"]
    assert np.median(takes[happened]) < 65  # what counting those who started would tell
    assert found["within"]["60"]["share"] == pytest.approx(41 / 101, abs=0.02)


def test_intervals_of_the_median_hold_it_as_often_as_they_say() -> None:
    rng = np.random.default_rng(1)
    hits = []
    for _ in range(400):
        takes, seen = rng.integers(20, 121, 150), rng.integers(130, 300, 150)
        middle = lead_times(takes, takes <= seen, seen)["quartiles"][1]
        hits.append(middle["low"] <= 70 <= middle["high"])

    assert 0.92 < np.mean(hits) < 0.99


def test_few_starts_have_no_quartiles() -> None:
    found = lead_times(np.array([5, 6]), np.array([True, False]), np.array([50, 6]))

    assert found == {
        "count": 1,
        "open": 1,
        "quartiles": None,
        "within": {"30": None, "60": None, "90": None},
    }


@pytest.mark.parametrize("days", [-1, 60])
def test_days_that_cannot_be_are_refused(days: int) -> None:
    with pytest.raises(IntakeError, match="expected days from 0 on"):
        lead_times(np.array([days]), np.array([True]), np.array([50]))


def to_days(*days: str) -> np.ndarray[tuple[int, ...], np.dtype[np.datetime64]]:
    return np.array(days, "datetime64[D]")


def test_decisions_are_held_against_the_clocks_of_the_absence() -> None:
    begun = to_days(*["2026-06-01"] * 6)
    screened = to_days(*["2026-08-24"] * 6)
    decided = to_days("2026-08-31", "2026-09-01", "2026-09-02", "2026-10-01", "2026-10-20", "NaT")

    found = keep_clock(begun, screened, decided, AS_OF)["clocks"]

    judged = {row["key"]: (row["judged"], row["in_time"], row["open_late"]) for row in found}
    assert judged["two_questions"] == (6, 2, 1)  # by 1 September
    assert judged["category"] == (6, 4, 1)  # by 1 October
    assert found[0]["label_nl"] == "Twee vragen beantwoord"
    assert found[0]["share"] == pytest.approx(bound(2, 6))


def test_a_case_whose_clock_still_runs_is_not_judged() -> None:
    found = keep_clock(
        to_days("2026-08-20"), to_days("2026-10-30"), to_days("NaT"), AS_OF, ("two_questions",)
    )

    assert found["clocks"][0]["judged"] == 0
    assert found["clocks"][0]["share"] is None


def test_who_is_quick_does_not_make_clocks_that_still_run_look_kept() -> None:
    rng = np.random.default_rng(1)
    begun = np.datetime64(AS_OF) - rng.integers(60, 400, 20_000)
    screened = begun + 30
    decided = screened + rng.integers(0, 100, 20_000)  # 62 of 100 within the clock of 3 months
    decided = np.where(decided <= np.datetime64(AS_OF), decided, np.datetime64("NaT"))

    found = keep_clock(begun, screened, decided, AS_OF, ("two_questions",))["clocks"][0]

    assert found["share"]["low"] < 0.628
    assert found["share"]["value"] == pytest.approx(0.62, abs=0.015)


@pytest.mark.parametrize(
    ("begun", "screened", "decided"),
    [
        ("2026-06-01", "2026-08-24", "2026-08-01"),
        ("2026-06-01", "2026-08-24", "2026-11-05"),
        ("2026-09-01", "2026-08-24", "2026-09-05"),
    ],
)
def test_days_out_of_order_are_refused(begun: str, screened: str, decided: str) -> None:
    with pytest.raises(IntakeError, match="in that order"):
        keep_clock(to_days(begun), to_days(screened), to_days(decided), AS_OF)


def test_no_cases_bring_no_figures_and_no_fault() -> None:
    empty = np.array([], "datetime64[D]")

    found = keep_clock(empty, empty, empty, AS_OF)

    assert found["decision"]["quartiles"] is None
    assert [row["judged"] for row in found["clocks"]] == [0, 0, 0]
    assert found["clocks"][0]["label_nl"] == "Twee vragen beantwoord"
