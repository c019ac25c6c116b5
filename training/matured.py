"""How many screenings of each half-year have an outcome, and why the others have none."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from features.cohort import Screenings, build_screenings
from features.tables import Extract
from training.traits import Bools, find_hidden

BECAME = ("returned", "not returned", "pension or death", "support first", "not known")


@dataclass(frozen=True)
class HalfYear:
    """Screenings of half a calendar year, shared out over `BECAME`; None where too few to show."""

    name: str
    screened: int | None
    became: dict[str, int | None]


def count_half_years(extract: Extract, as_of: date) -> list[HalfYear]:
    """Return what became of the screenings of each half-year, and of all of them as last line.

    A total of a column of which something stays hidden is hidden as well: the rest would tell it.
    """
    screenings = build_screenings(extract, as_of=as_of)
    became = _share_out(extract, screenings, as_of)
    halves = screenings.screened_on.astype("datetime64[M]").astype(int) // 6
    rows = [_count(_name(half), halves == half, became, screenings) for half in np.unique(halves)]
    whole = _count("all", np.ones(len(screenings), dtype=np.bool_), became, screenings)
    is_open = {name: all(row.became[name] is not None for row in rows) for name in BECAME}
    kept = {name: whole.became[name] if is_open[name] else None for name in BECAME}
    shown = whole.screened if all(row.screened is not None for row in rows) else None
    return [*rows, HalfYear(whole.name, shown, kept)]


def _share_out(extract: Extract, screenings: Screenings, as_of: date) -> dict[str, Bools]:
    """Return which screenings each name of `BECAME` stands for; together they are all of them."""
    made = extract.cases["screened_on"].to_numpy(dtype="datetime64[D]") <= np.datetime64(as_of)
    settled_by_exit = extract.timeline.exits[made] <= screenings.known_days
    back, not_back = screenings.returned == 1, screenings.returned == 0
    unknown = ~(back | not_back)
    return {
        "returned": back,
        "not returned": not_back & ~settled_by_exit,
        "pension or death": not_back & settled_by_exit,
        "support first": unknown & screenings.by_support,
        "not known": unknown & ~screenings.by_support,
    }


def _name(half: int) -> str:
    return f"{1970 + half // 2} {'Jan-Jun' if half % 2 == 0 else 'Jul-Dec'}"


def _count(
    name: str, inside: NDArray[np.bool_], became: dict[str, Bools], screenings: Screenings
) -> HalfYear:
    parts = [rows & inside for rows in became.values()]
    hidden = find_hidden(parts, screenings.person)
    shown = {
        label: None if is_hidden else int(part.sum())
        for label, part, is_hidden in zip(became, parts, hidden, strict=True)
    }
    return HalfYear(name, None if all(hidden) else int(inside.sum()), shown)
