"""Windows in time order: what is learnt, corrected and tested on, each known before the next."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from features.cohort import Screenings
from features.contract import Outcome
from features.errors import KantelpuntError
from features.tables import Extract
from training.config import WindowConfig


class TooLittleHistoryError(KantelpuntError):
    """An extract that does not reach far enough back, or forward, to learn and to test."""


@dataclass(frozen=True)
class Windows:
    """Days that part the screenings; a window begins on its first day and ends before the next.

    Learning uses screenings before `learn_until` and what was known on that day. The correction
    uses screenings from `calibrate_from` to `calibrate_until`, known on `test_from`. Without a
    calibration window both are None: the history was too short for one.
    """

    learn_until: date
    calibrate_from: date | None
    calibrate_until: date | None
    test_from: date
    test_until: date
    known_until: date


def build_windows(extract: Extract, config: WindowConfig) -> Windows:
    """Return the windows of an extract, the last screenings whose outcome is settled as test.

    Raises TooLittleHistoryError when the extract spans too few days.
    """
    first = _day(extract.cases["screened_on"].min())
    known_until = _day(extract.follow_up["observed_until"].max())
    settle = _days_to_settle(extract.contract.outcome)
    last = min(known_until, _day(extract.cases["screened_on"].max()) + settle)
    test_until = last - settle + timedelta(days=1)
    test_from = test_until - timedelta(days=config.test_days)
    calibrate_until = test_from - settle
    calibrate_from = calibrate_until - timedelta(days=config.calibration_days)
    if calibrate_from - settle >= first:
        return Windows(
            calibrate_from, calibrate_from, calibrate_until, test_from, test_until, known_until
        )
    if test_from - settle >= first:
        return Windows(test_from, None, None, test_from, test_until, known_until)
    needed = 2 * settle.days + config.test_days
    raise TooLittleHistoryError(
        f"the extract spans {max((last - first).days, 0)} days from the first screening to the "
        f"last follow-up; learning and testing in time order needs {needed} "
        f"(horizon {extract.contract.outcome.horizon_days} days): bring older screenings, follow "
        "them longer, or set a shorter [outcome] horizon_days in contract.toml"
    )


def _days_to_settle(outcome: Outcome) -> timedelta:
    return timedelta(days=outcome.horizon_days + outcome.sustained_days)


def select_days(screenings: Screenings, start: date | None, end: date) -> Screenings:
    """Return the screenings from `start` (default: the first) up to but not on `end`."""
    keep = screenings.screened_on < np.datetime64(end)
    if start is not None:
        keep &= screenings.screened_on >= np.datetime64(start)
    return screenings.select(keep)


def _day(when: "np.datetime64 | object") -> date:
    return np.datetime64(when, "D").astype(date)  # type: ignore[call-overload,no-any-return]
