"""The screenings of each window as samples, as known on the day on which they were needed."""

from datetime import date

import numpy as np

from features.cohort import Screenings, build_screenings
from features.errors import KantelpuntError
from features.leaks import Suspect, find_suspects
from features.tables import Extract
from models.usual import Sample
from training.config import WindowConfig
from training.splits import TooLittleHistoryError, Windows, select_days
from training.traits import show_count

FEWEST_PERSONS = 20  # persons are held out together: with a few, nobody is left to learn from


class TooFewCasesError(KantelpuntError):
    """A window with too few settled screenings to learn from or to test on."""


class NobodyUnsupportedError(KantelpuntError):
    """An extract in which support began for everybody: nobody shows the usual course."""


class ConstantOutcomeError(KantelpuntError):
    """A window in which everybody returned, or nobody did: there is nothing to learn."""


def take_samples(extract: Extract, windows: Windows, config: WindowConfig) -> dict[str, Sample]:
    """Return "learn", "test" and "all", and "calibrate" where there is a window for it.

    Raises TooFewCasesError, NobodyUnsupportedError, TooLittleHistoryError or ConstantOutcomeError
    where nothing can be learnt or measured.
    """

    def known_on(day: date) -> Screenings:
        return build_screenings(extract, as_of=day)

    everything = known_on(windows.known_until)
    rows = {
        "learn": select_days(known_on(windows.learn_until), None, windows.learn_until),
        "test": select_days(everything, windows.test_from, windows.test_until),
        "all": everything,
    }
    if windows.calibrate_from and windows.calibrate_until:
        seen = known_on(windows.test_from)
        rows["calibrate"] = select_days(seen, windows.calibrate_from, windows.calibrate_until)
    _check_course(select_days(everything, None, windows.test_until))
    samples = {name: Sample.of(part) for name, part in rows.items()}
    _check_count("learning", rows["learn"], len(samples["learn"]), config.fewest_settled)
    _check_count("test", rows["test"], len(samples["test"]), config.fewest_tested)
    _check_sample("learning", samples["learn"])
    _check_sample("test", samples["test"])
    return samples


def _check_course(screenings: Screenings) -> None:
    """Raise where only returns before the horizon are known: everybody would seem to return."""
    longest, horizon = screenings.known_days.max(), screenings.contract.outcome.horizon_days
    unknown = int(np.isnan(screenings.returned).sum())
    if longest >= horizon or not unknown:
        return
    if 2 * int(screenings.by_support.sum()) > unknown:
        raise NobodyUnsupportedError(
            "support began for everybody who had not returned soon: nobody shows the usual course; "
            "bring people who got no support, or check started_on in pathways"
        )
    raise TooLittleHistoryError(
        f"nobody was followed for {horizon} days after the screening, the horizon of the outcome "
        f"(longest: {longest:.0f}): bring follow_up that reaches further, or set a shorter "
        "[outcome] horizon_days in contract.toml"
    )


def _check_count(name: str, rows: Screenings, known: int, fewest: int) -> None:
    if known < fewest:
        raise TooFewCasesError(
            f"the {name} window holds {show_count(known)} screenings with a known outcome, "
            f"{fewest} are needed: bring more cases, or check that follow_up reaches far enough. "
            f"Of {show_count(int(rows.by_support.sum()))} others support began before the outcome "
            "was known"
        )


def _check_sample(name: str, sample: Sample) -> None:
    if len(np.unique(sample.person)) < FEWEST_PERSONS:
        raise TooFewCasesError(
            f"the {len(sample)} screenings of the {name} window are of fewer than {FEWEST_PERSONS} "
            "different persons: bring more persons, or check person_key in cases"
        )
    if len(np.unique(sample.target)) < 2:
        raise ConstantOutcomeError(
            f"the outcome is the same for all {len(sample)} screenings of the {name} window: check "
            "work_periods and follow_up, and the [outcome] of the contract"
        )


def look_for_leaks(screenings: Screenings, windows: Windows) -> list[Suspect]:
    """Return suspects among settled screenings.

    Of newer ones only who returned is known, and who did so soon: there, any input that changes
    with the calendar would seem to tell the outcome.
    """
    settled = select_days(screenings, None, windows.test_until)
    back = np.where(settled.returned == 1, settled.known_days, np.nan)
    return find_suspects(settled.matrix, settled.returned, settled.contract, back)
