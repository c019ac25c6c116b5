from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from features.contract import Outcome
from features.tables import Extract
from tests.factories import make_contract
from training.config import WindowConfig
from training.splits import TooLittleHistoryError, build_windows

CONFIG = WindowConfig(test_days=182, calibration_days=182, fewest_settled=100, fewest_tested=30)
FIVE = make_contract()  # 180 days of horizon, 30 to be sustained: settled after 210


def make_extract(first: str, last: str, known_until: str) -> Extract:
    cases = pd.DataFrame({"screened_on": pd.to_datetime([first, last]).astype("datetime64[s]")})
    follow_up = pd.DataFrame({"observed_until": pd.to_datetime([known_until])})
    empty = pd.DataFrame()
    return Extract(FIVE, cases, empty, empty, follow_up, empty, empty)


def test_each_window_is_settled_before_the_next_begins() -> None:
    found = build_windows(make_extract("2020-01-01", "2026-06-01", "2026-06-30"), CONFIG)

    settle = timedelta(days=FIVE.outcome.horizon_days + FIVE.outcome.sustained_days)
    assert found.calibrate_from is not None
    assert found.calibrate_until is not None
    assert found.test_until - timedelta(days=1) + settle <= found.known_until
    assert found.calibrate_until + settle <= found.test_from
    assert found.learn_until == found.calibrate_from


def test_the_test_window_holds_the_newest_settled_screenings() -> None:
    found = build_windows(make_extract("2020-01-01", "2023-01-01", "2026-06-30"), CONFIG)

    assert found.test_until == date(2023, 1, 2)


def test_a_short_history_goes_without_a_calibration_window() -> None:
    found = build_windows(make_extract("2024-06-01", "2026-06-01", "2026-06-30"), CONFIG)

    assert found.calibrate_from is None
    assert found.learn_until == found.test_from


def test_follow_up_shorter_than_the_horizon_for_all_is_refused_by_name() -> None:
    extract = make_extract("2026-01-01", "2026-03-01", "2026-06-01")

    with pytest.raises(TooLittleHistoryError, match="needs 602 \\(horizon 180 days\\)"):
        build_windows(extract, CONFIG)


def test_outcome_lengths_are_read_from_the_contract() -> None:
    assert FIVE.outcome == Outcome(horizon_days=180, sustained_days=30)
    assert np.timedelta64(210, "D") == np.timedelta64(timedelta(days=210))
