"""The two questions of month three, as a suggestion that a physician may follow or not."""

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path

from features.deadlines import add_months
from features.errors import KantelpuntError
from models.estimate import Bounded, Estimate, GainStatus, bound_by_chance

DEFAULT_PATH = Path(__file__).with_name("limits.toml")
LOOK_AGAIN_MONTHS = (4, 7, 11)
SOONEST = timedelta(days=14)


class LimitsError(KantelpuntError):
    """Limits that cannot be used, or a day for which there are none."""


class Suggestion(StrEnum):
    """What the estimate suggests; never a decision."""

    REFER = "refer"
    UNSURE = "unsure"
    NOT_YET = "not_yet"
    OWN_WAY = "own_way"


SUGGESTION_NL = {
    Suggestion.REFER: "Ondersteuning bespreken",
    Suggestion.UNSURE: "Onzeker: eerst meer weten",
    Suggestion.NOT_YET: "Nog niet: later opnieuw bekijken",
    Suggestion.OWN_WAY: "Eigen weg, zonder extra steun",
}


@dataclass(frozen=True)
class Limits:
    """From which day which limits hold, who set them and why.

    `not_yet_below` is policy, on the chance of return with support. `gain_from` follows from the
    capacity. `own_way_from`, on the chance without support, stands in for `gain_from` where the
    gain is the same for all or not known.
    """

    valid_from: date
    not_yet_below: float
    own_way_from: float
    gain_from: float
    author: str
    reason: str


def read_limits(path: Path = DEFAULT_PATH) -> tuple[Limits, ...]:
    """Return all limits in a file, oldest first; raises LimitsError."""
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))["limits"]
        limits = sorted((Limits(**row) for row in rows), key=lambda one: one.valid_from)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise LimitsError(
            f"{path.name}: expected [[limits]] with valid_from, not_yet_below, own_way_from, "
            "gain_from, author and reason"
        ) from error
    check_limits(limits, path.name)
    return tuple(limits)


def check_limits(limits: list[Limits], where: str) -> None:
    """Raise LimitsError for limits that cannot hold, or of which two begin on the same day."""
    for one in limits:
        if not _has_kinds(one):
            raise LimitsError(
                f"{where}: valid_from must be a day without a time, author and reason text, and "
                "the others numbers"
            )
        if not 0 <= one.not_yet_below < one.own_way_from <= 1:
            raise LimitsError(
                f"{where}: not_yet_below must be less than own_way_from, both from 0 to 1"
            )
        if not -1 <= one.gain_from <= 1:
            raise LimitsError(f"{where}: gain_from must be from -1 to 1")
    if len({one.valid_from for one in limits}) < len(limits):
        raise LimitsError(f"{where}: two entries with the same valid_from")


def _has_kinds(one: Limits) -> bool:
    numbers = (one.not_yet_below, one.own_way_from, one.gain_from)
    return (
        type(one.valid_from) is date
        and all(type(number) in (int, float) for number in numbers)
        and all(isinstance(text, str) for text in (one.author, one.reason))
    )


def get_limits(day: date, limits: tuple[Limits, ...]) -> Limits:
    """Return the limits that hold on a day; raises LimitsError when all begin later."""
    valid = [one for one in limits if one.valid_from <= day]
    if not valid:
        raise LimitsError(f"no limits hold on {day.isoformat()}: add an older entry to the limits")
    return valid[-1]


def suggest(estimate: Estimate, limits: Limits) -> Suggestion:
    """Answer both questions; `unsure` where an interval crosses the limit of a question.

    (a) Are steps to work possible: by the chance with support, or without where the gain is not
    known. (b) Is support needed: by the gain where it differs between people, else by the chance
    without support. The limit on the gain follows from capacity, so it parts people by their rank:
    what may move the gain of all alike leaves that rank as it is, and only chance counts.
    """
    gain, support = estimate.gain, estimate.support
    differs = estimate.gain_status is GainStatus.ESTIMATED
    return _judge(
        estimate.usual.bounded,
        gain.bounded if gain and differs else None,
        support.bounded if support else None,
        estimate.hidden,
        limits,
    )


def _judge(
    usual: Bounded, gain: Bounded | None, support: Bounded | None, hidden: float, limits: Limits
) -> Suggestion:
    """Answer both questions; `gain` is None where it does not differ between people."""
    if gain is not None:
        is_needed = compare(bound_by_chance(gain, hidden), limits.gain_from)
    else:
        is_own = compare(usual, limits.own_way_from)
        is_needed = None if is_own is None else not is_own
    return answer(compare(support or usual, limits.not_yet_below), is_needed)


def compare(found: Bounded, limit: float) -> bool | None:
    """Tell whether a value with its bounds is at least a limit; None where they cross it."""
    value, low, high = found
    return None if low < limit <= high else value >= limit


def answer(is_possible: bool | None, is_needed: bool | None) -> Suggestion:
    """Return what follows from both answers; None is an answer that an interval leaves open."""
    if is_possible is False:
        return Suggestion.NOT_YET
    if is_possible is None or is_needed is None:
        return Suggestion.UNSURE
    return Suggestion.REFER if is_needed else Suggestion.OWN_WAY


def find_look_again(absence_started_on: date, screened_on: date) -> date:
    """Return the day on which to look again: month 4, 7 or 11 of the absence, whichever is next.

    One within two weeks of the screening is too soon for anything to have changed. After month 11
    it is half a year later.
    """
    months = (add_months(absence_started_on, month) for month in LOOK_AGAIN_MONTHS)
    later = (day for day in months if day > screened_on + SOONEST)
    return next(later, add_months(screened_on, 6))
