from datetime import date, timedelta

import numpy as np
import pytest

from features.cohort import Screenings
from features.leaks import find_suspects
from models.usual import Sample
from tests.factories import make_contract
from training.rivals import find_slope
from training.samples import look_for_leaks
from training.splits import Windows

FIRST = date(2023, 1, 1)
LAST_SETTLED, KNOWN_UNTIL = FIRST + timedelta(days=105), FIRST + timedelta(days=560)


def make_screenings(rows: int) -> Screenings:
    """Return screenings of 560 days with their own date as only input, known on the last day."""
    rng = np.random.default_rng(1)
    day = np.sort(rng.integers(0, 560, rows))
    back = rng.uniform(0, 700, rows)
    settled = np.where(back <= 365, back + 89, 365.0)
    is_known = settled <= 560 - day
    return Screenings(
        contract=make_contract(1),
        case_id=np.arange(rows).astype(object),
        person=np.arange(rows),
        screened_on=np.datetime64(FIRST) + day,
        matrix=day[:, None].astype(float),
        returned=np.where(is_known, back <= 365, np.nan),
        known_days=np.where(is_known, settled, 560.0 - day),
        open_days=np.minimum(back, 560.0 - day),
        by_support=np.zeros(rows, dtype=bool),
    )


def make_later(seed: int, slope: float) -> Sample:
    """Return a window in which the outcome follows `slope` times an estimate between 0 and 1."""
    rng = np.random.default_rng(seed)
    p = rng.uniform(0.2, 0.8, 1500)
    y = (rng.random(1500) < 0.5 + slope * (p - 0.5)).astype(float)
    return Sample(make_contract(1), p[:, None], y, np.ones(1500), np.arange(1500))


def test_the_calendar_does_not_seem_to_know_the_future() -> None:
    screenings = make_screenings(20_000)
    windows = Windows(FIRST, None, None, FIRST, LAST_SETTLED, KNOWN_UNTIL)

    found = look_for_leaks(screenings, windows)

    back = np.where(screenings.returned == 1, screenings.known_days, np.nan)
    everything = (screenings.matrix, screenings.returned, screenings.contract, back)
    assert [suspect.field for suspect in find_suspects(*everything)] == ["x1"]
    assert found == []


def test_the_slope_of_a_release_rests_on_both_later_windows() -> None:
    too_sure, right = make_later(1, slope=0.6), make_later(2, slope=1.0)

    both = find_slope(lambda matrix: matrix[:, 0], too_sure, right)
    agreed = find_slope(lambda matrix: matrix[:, 0], too_sure, too_sure)

    assert agreed == pytest.approx(0.6, abs=0.1)
    assert agreed < both < 1.0


def test_a_history_too_short_for_a_first_window_corrects_no_slope() -> None:
    assert find_slope(lambda matrix: matrix[:, 0], None, make_later(1, slope=0.3)) == 1.0
