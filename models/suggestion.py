"""The two questions of month three, as a suggestion that a physician may follow or not."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path

from features.errors import KantelpuntError
from models.estimate import Estimate, Estimates

DEFAULT_PATH = Path(__file__).with_name("limits.toml")


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
    Suggestion.OWN_WAY: "Vindt wellicht zelf de weg terug",
}


@dataclass(frozen=True)
class Limits:
    """From which day which limits hold, who set them and why."""

    valid_from: date
    not_yet_below: float
    own_way_from: float
    author: str
    reason: str


def read_limits(path: Path = DEFAULT_PATH) -> tuple[Limits, ...]:
    """Return all limits in a file, oldest first; raises LimitsError."""
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))["limits"]
        limits = sorted((Limits(**row) for row in rows), key=lambda one: one.valid_from)
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise LimitsError(
            f"{path.name}: expected [[limits]] with valid_from, not_yet_below, own_way_from, "
            "author and reason"
        ) from error
    for one in limits:
        if not 0 <= one.not_yet_below < one.own_way_from <= 1:
            raise LimitsError(
                f"{path.name}: not_yet_below must be less than own_way_from, both from 0 to 1"
            )
    return tuple(limits)


def get_limits(day: date, limits: tuple[Limits, ...]) -> Limits:
    """Return the limits that hold on a day; raises LimitsError when all begin later."""
    valid = [one for one in limits if one.valid_from <= day]
    if not valid:
        raise LimitsError(f"no limits hold on {day.isoformat()}: add an older entry to the limits")
    return valid[-1]


def suggest(estimate: Estimate, limits: Limits) -> Suggestion:
    """Answer both questions from p_usual alone, because the gain of support is not known yet.

    `unsure` where the interval crosses a limit.
    """
    return _judge(estimate.p_usual, estimate.low, estimate.high, limits)


def _judge(p: float, low: float, high: float, limits: Limits) -> Suggestion:
    if any(low < limit <= high for limit in (limits.not_yet_below, limits.own_way_from)):
        return Suggestion.UNSURE
    if p < limits.not_yet_below:
        return Suggestion.NOT_YET
    return Suggestion.OWN_WAY if p >= limits.own_way_from else Suggestion.REFER


def suggest_many(
    estimates: Estimates, days: Iterable[date], limits: tuple[Limits, ...]
) -> list[Suggestion]:
    """Return the suggestion of each estimate, by the limits that held on its day."""
    on_day = cache(lambda day: get_limits(day, limits))
    rows = zip(
        estimates.p_usual.tolist(),
        estimates.low.tolist(),
        estimates.high.tolist(),
        map(on_day, days),
        strict=True,
    )
    return [_judge(*row) for row in rows]
