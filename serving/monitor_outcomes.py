"""What became of the people of a store, next to what they were told: for watching alone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic_core import from_json

from features.contract import Contract
from features.returns import find_returns
from features.timeline import NEVER
from models.course import Course, add_hazard
from models.reference import Shape
from serving.monitor_rows import UNKNOWN, Floats, Labels, Told
from serving.store.watched import Reading, stream_outcome

if TYPE_CHECKING:
    import pandas as pd

    from features.tables import Extract

_COLUMNS = {
    "pathways": ("started_on",),
    "work_periods": ("started_on", "ended_on"),
    "follow_up": ("observed_until", "exit", "exited_on"),
}
Cases = Mapping[tuple[str, str], int]
RECENT = 182  # days: what changes now would drown for years among all that was ever seen


@dataclass(frozen=True)
class Matured:
    """People of whom something was seen: the usual course of all, and that of the supported.

    `rows` are those of `told` that the course is of. `until` is how long each was seen, in days.
    `recent` is the course in the last half year of which returns are known, of whoever had not
    returned before; `spans` holds the course between the days of the curve.
    """

    told: Told
    until: Floats
    course: Course
    recent: Course
    spans: Mapping[tuple[int, int], Course]
    with_support: Course


def read_extract(
    connection: Reading, fund: str | None, told: Told, cases: Cases, contract: Contract
) -> "Extract":
    """Return the outcomes of these people as an extract that knows cases by a number only."""
    import pandas as pd

    from features.tables import Extract

    numbers = set(told.case.tolist())
    tables = {name: _read_table(connection, name, fund, cases, numbers) for name in _COLUMNS}
    frame = pd.DataFrame(
        {
            "case_id": told.case,
            "screened_on": told.screened_on.astype("datetime64[s]"),
            "absence_started_on": told.began_on.astype("datetime64[s]"),
        }
    )
    nothing = pd.DataFrame({"case_id": []})
    return Extract(contract=contract, rejected=nothing, cases=frame, groups=nothing, **tables)


def _read_table(
    connection: Reading, name: str, fund: str | None, cases: Cases, numbers: set[int]
) -> "pd.DataFrame":
    import pandas as pd

    columns = _COLUMNS[name]
    found: list[list[Any]] = [[] for _ in range(len(columns) + 1)]
    for part in stream_outcome(connection, name, columns, fund):
        for row in part:
            number = cases.get((row[0], row[1]), -1)
            if number in numbers:
                found[0].append(number)
                for place, value in enumerate(row[2:], 1):
                    found[place].append(value)
    values: dict[str, Any] = {"case_id": np.array(found[0], dtype=np.int64)}
    for column, kept in zip(columns, found[1:], strict=True):
        values[column] = (
            np.array(kept, dtype=object)
            if column == "exit"
            else np.array(kept, dtype="datetime64[s]")
        )
    return pd.DataFrame(values)


def read_groups(
    connection: Reading, fund: str | None, told: Told, cases: Cases
) -> dict[str, Labels]:
    """Return the labels of groups that were reported, such as sex and origin; totals are kept."""
    by_case: dict[int, Mapping[str, Any]] = {}
    known: dict[str, Mapping[str, Any]] = {}  # many people are in the same groups
    for part in stream_outcome(connection, "groups", ("groups",), fund):
        for owner, case_id, text in part:
            number = cases.get((owner, case_id))
            if number is None:
                continue
            if text not in known:
                known[text] = from_json(text, cache_strings="all")
            by_case[number] = known[text]
    names = sorted({name for groups in known.values() for name in groups})
    rows = [by_case.get(case, {}) for case in told.case.tolist()]
    return {
        name: np.array([str(one.get(name, UNKNOWN)) for one in rows], dtype=object)
        for name in names
    }


def follow(
    told: Told, extract: "Extract", days: tuple[int, ...], horizon: int, shape: Shape | None
) -> Matured:
    """Return what became of people next to what they were told, as far as it was seen.

    The usual course ends where support began; from there on the chance with support counts.
    """
    found = find_returns(extract, days[-1])
    usual, support = _fill(told.usual, told.p_usual, days, horizon), told.support
    seen = np.minimum(found.begun, found.seen_until)
    back = (found.begun < NEVER).astype(float)
    rows = found.seen_until > 0
    at = days.index(horizon)
    expected = {day: add_hazard(usual, days, np.minimum(seen, day), shape) for day in (0, *days)}
    spans = {
        (first, last): Course(
            usual[rows, at],
            (expected[last] - expected[first])[rows],
            (back * (found.begun > first) * (found.begun <= last))[rows],
        )
        for first, last in zip((0, *days), days, strict=False)
    }
    course = Course(usual[rows, at], expected[days[-1]][rows], back[rows])
    entry = _find_entry(told, found.seen_until)
    before = add_hazard(usual, days, np.minimum(seen, entry), shape)
    later = Course(usual[:, at], expected[days[-1]] - before, back * (found.begun > entry))
    return Matured(
        told.take(rows),
        found.seen_until[rows],
        course,
        later.take(rows & (seen > entry)),
        spans,
        _follow_supported(extract, found.supported, support, days, at, shape),
    )


def _find_entry(told: Told, seen_until: Floats) -> Floats:
    """Return on which day after the screening the last half year began, at the earliest day 0."""
    screened = told.screened_on.astype("datetime64[D]").astype(float)
    end = (screened + seen_until).max(initial=0.0)
    entry: Floats = np.maximum(end - RECENT - screened, 0.0)
    return entry


def _fill(usual: Floats, p_usual: Floats, days: tuple[int, ...], horizon: int) -> Floats:
    """Return chances by each day; where no curve was kept all returns come by the horizon's."""
    at = days.index(horizon)
    bare = np.where(np.arange(len(days)) < at, 0.0, 1.0)[None, :] * p_usual[:, None]
    share = np.array([day / horizon for day in days])[None, :]
    early = np.where(share < 1, 1 - (1 - np.minimum(p_usual, 0.995)[:, None]) ** share, bare)
    filled: Floats = np.where(np.isnan(usual), early, usual)
    return filled


def _follow_supported(
    extract: "Extract",
    supported: Floats,
    chances: Floats,
    days: tuple[int, ...],
    at: int,
    shape: Shape | None,
) -> Course:
    """Return the course of the supported from the day on which support began (left truncation)."""
    rows: NDArray[np.bool_] = (supported > 0) & (supported < days[-1]) & ~np.isnan(chances).any(1)
    if not rows.any():
        return Course(np.empty(0), np.empty(0), np.empty(0))
    some = replace(
        extract,
        cases=extract.cases[rows].reset_index(drop=True),
        pathways=extract.pathways.iloc[:0],
    )
    found, start = find_returns(some, days[-1]), supported[rows]
    until = np.minimum(found.begun, found.seen_until)
    seen = (until > start) & (found.begun > start)
    more = add_hazard(chances[rows], days, until, shape) - add_hazard(
        chances[rows], days, start, shape
    )
    back = (found.begun < NEVER).astype(float)
    return Course(chances[rows, at], more, back).take(seen)
