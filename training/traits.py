"""Fields cut into a few values that a sentence can name, and what is too small a crowd to show."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.contract import Contract, Field
from features.matrix import Matrix
from models.reasons import value_nl
from models.shares import FEWEST_SHOWN

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Trait:
    """Some values of a field, "vanaf 52 jaar", and which rows have them; a gap is no value."""

    place: int
    label_nl: str
    value_nl: str
    rows: Bools
    is_gap: bool = False


def list_traits(
    contract: Contract, matrix: Matrix, person: NDArray[np.int64], fewest: int = FEWEST_SHOWN
) -> list[Trait]:
    """Return every level, and of numbers the lowest and the highest quarter.

    Those of fewer than `fewest` persons are left out.
    """
    found = [
        Trait(place, field.label_nl, text, rows, is_gap)
        for place, field in enumerate(contract.fields)
        for text, rows, is_gap in _cut(field, matrix[:, place])
    ]
    return [trait for trait in found if count_persons(person, trait.rows) >= fewest]


def _cut(field: Field, values: Floats) -> Iterator[tuple[str, Bools, bool]]:
    yield value_nl(field, np.nan), np.isnan(values), True
    if np.isnan(values).all():
        return
    if field.levels or field.kind == "flag":
        codes = range(len(field.levels) or 2)
        yield from ((value_nl(field, code), values == code, False) for code in codes)
        return
    low, high = np.nanquantile(values, [0.25, 0.75], method="inverted_cdf")
    lowest = "" if low == np.nanmin(values) else "hoogstens "
    yield f"{lowest}{value_nl(field, low)}", values <= low, False
    if high > low:
        yield f"vanaf {value_nl(field, high)}", values >= high, False
    else:
        yield f"meer dan {value_nl(field, high)}", values > high, False


def count_persons(person: NDArray[np.int64], rows: Bools) -> int:
    """Return how many different persons have these rows."""
    return len(np.unique(person[rows]))


def show_count(count: int | None) -> str:
    """Return a count as it may be shown: of fewer than five only that, of a hidden one a dash."""
    if count is None:
        return "-"
    return f"< {FEWEST_SHOWN}" if 0 < count < FEWEST_SHOWN else f"{count:,}"


def find_hidden(
    groups: Sequence[Bools], person: NDArray[np.int64], hidden: Sequence[bool] = ()
) -> list[bool]:
    """Tell of each group, of those that share out the rows, whether it stays hidden.

    Groups of fewer than five persons do. Where all that is hidden holds fewer than five together,
    the total less the rest would tell them: then the smallest other group stays hidden as well.
    """
    counts = [count_persons(person, rows) for rows in groups]
    already = hidden or [False] * len(groups)
    found = [was or n < FEWEST_SHOWN for was, n in zip(already, counts, strict=True)]
    while not all(found) and 0 < _count_hidden(groups, found, person) < FEWEST_SHOWN:
        smallest = min((n, place) for place, n in enumerate(counts) if not found[place])
        found[smallest[1]] = True
    return found


def _count_hidden(
    groups: Sequence[Bools], hidden: Sequence[bool], person: NDArray[np.int64]
) -> int:
    inside = np.any([rows for rows, is_hidden in zip(groups, hidden, strict=True) if is_hidden], 0)
    return count_persons(person, inside) if any(hidden) else 0
