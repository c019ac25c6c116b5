"""New limits of the suggestions: sought for a flow of cases, and written beside the older ones."""

import json
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path

from features.deadlines import add_months
from features.matrix import build_matrix
from features.tables import Extract
from features.whole_file import written_whole
from models.bundle import Bundle
from models.capacity import CapacityError, Flow, Places, count_share, fit_limits
from models.suggestion import Limits, LimitsError, Suggestion, check_limits, get_limits

MONTHS = 12  # of screenings: a whole year holds each season once
HEAD = """\
# Limits of the suggestions: data with a day from which they hold, an author and a reason, not code.
# The newest one that is valid on the day of the screening counts. Shares from 0 to 1.
# not_yet_below: question (a), policy, on the chance of return with support.
# gain_from: question (b), from capacity, on what support adds to that chance.
# own_way_from: question (b) where the gain is the same for all or unknown, on the chance without.
"""


@dataclass(frozen=True)
class Fitted:
    """New limits for a flow of cases, beside those that they replace."""

    before: Limits
    after: Limits
    flow: Flow

    def tabulate(self) -> list[list[str]]:
        """Return what limits make of the flow: a name, the share before and the share after."""
        both = (self.before, self.after)
        rows = [
            [kind.value, *(_percent(count_share(self.flow.cases, one, kind)) for one in both)]
            for kind in Suggestion
        ]
        settled = (count_share(self.flow.settled, one, Suggestion.REFER) for one in both)
        return [*rows, ["refer, if each case were as its best estimate", *map(_percent, settled)]]


def _percent(share: float) -> str:
    return f"{share:.1%}"


def draft_limits(
    limits: tuple[Limits, ...],
    valid_from: date,
    author: str,
    reason: str,
    not_yet_below: float | None = None,
    own_way_from: float | None = None,
) -> Limits:
    """Return the limits of a day under a new name, with what is given in place of what held.

    Raises LimitsError for limits that cannot hold, and for an author or a reason of no words.
    """
    if not all(text.strip() and text.isprintable() for text in (author, reason)):
        raise LimitsError("author and reason: expected some words on one line")
    policy = {"not_yet_below": not_yet_below, "own_way_from": own_way_from}
    given = {name: value for name, value in policy.items() if value is not None}
    held = get_limits(valid_from, limits)
    made = replace(held, valid_from=valid_from, author=author, reason=reason, **given)
    check_limits([made], "the new limits")
    return made


def fit_to_capacity(
    extract: Extract, bundle: Bundle, places: Places, before: Limits, draft: Limits
) -> Fitted:
    """Return the limits that keep support within the places, on the extract's last 12 months."""
    days = extract.cases["screened_on"].dt.date
    if days.empty:
        raise CapacityError("the extract holds no case: bring one with the screenings of a year")
    recent = extract.cases[days > add_months(days.max(), -MONTHS)]
    flow = Flow.of(bundle.estimate_many(build_matrix(recent, bundle.contract)))
    return Fitted(before, fit_limits(flow, places, draft), flow)


def add_limits(
    limits: tuple[Limits, ...], made: Limits, *, may_replace: bool = False
) -> tuple[Limits, ...]:
    """Return the limits with new ones among them, oldest first.

    Raises LimitsError where others begin on the same day, unless they may be replaced.
    """
    others = tuple(one for one in limits if one.valid_from != made.valid_from)
    if len(others) < len(limits) and not may_replace:
        raise LimitsError(
            f"there are limits from {made.valid_from.isoformat()} already: choose another day, or "
            "use --replace"
        )
    return tuple(sorted((*others, made), key=lambda one: one.valid_from))


def write_limits(limits: tuple[Limits, ...], path: Path) -> None:
    """Write limits to a file; one that is there stays whole until the new one is.

    Raises LimitsError where that cannot be done.
    """
    text = "\n".join([HEAD, *map(_to_toml, limits)])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as beside:
            beside.write_text(text, encoding="utf-8")
    except OSError as error:
        raise LimitsError(f"{path}: cannot be written ({error.strerror})") from error


def _to_toml(limits: Limits) -> str:
    values = {field.name: getattr(limits, field.name) for field in fields(limits)}
    lines = [f"{name} = {_write_value(value)}" for name, value in values.items()]
    return "\n".join(["[[limits]]", *lines, ""])


def _write_value(value: date | float | str) -> str:
    """Return a value in TOML, whose strings are those of JSON here: one line, printable."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return value.isoformat() if isinstance(value, date) else repr(value)
