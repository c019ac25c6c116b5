"""What recent cases were estimated to gain: counted, and a sample without numbers of anybody."""

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import ColumnElement, Connection, Integer, Row, cast, func, select

from models.estimate import Estimate, GainStatus, Sum
from models.shares import FEWEST_SHOWN
from serving.store.planning_counts import count_groups
from serving.store.tables import cases

HUNDREDTHS = 100  # bands of a percentage point
_HALF = 0.5 - 1e-9  # a tie is rounded up by SQLite and to even by PostgreSQL: let there be none
_NOTHING = np.empty(0)
_NUMBERS = (
    *("p_usual", "low", "high", "gain", "gain_low", "gain_high"),
    *("p_support", "support_low", "support_high", "gain_status", "gain_hidden"),
)


class Gained(NamedTuple):
    """How many cases of a region have a suggestion, and gain and chance in the same band.

    A band is a number of whole percentage points, rounded down; None where the gain is not known.
    """

    region: str
    suggestion: str
    gain: int | None
    chance: int
    people: int


def list_regions(connection: Connection) -> list[str]:
    """Return the regions of the cases in reach, in order; those of fewer than five are left out."""
    c = cases.c
    query = select(c.region).group_by(c.region).having(func.count() >= FEWEST_SHOWN)
    return list(connection.execute(query.order_by(c.region)).scalars())


def stream_gains(connection: Connection, since: date, until: date) -> Iterator[Gained]:
    """Yield gains and chances of cases screened from one day to another, of those in reach."""
    c = cases.c
    columns = [c.region, c.suggestion, _band(c.gain), _band(c.p_usual)]
    yield from map(Gained._make, count_groups(connection, columns, cases, *_recent(since, until)))


def _band(share: Any) -> ColumnElement[int]:
    return cast(func.round(share * HUNDREDTHS - _HALF), Integer)


def _recent(since: date, until: date) -> tuple[ColumnElement[bool], ...]:
    c = cases.c
    return (c.screened_on >= since, c.screened_on <= until, c.is_blocked.is_(False))


def sample_estimates(
    connection: Connection, since: date, until: date, most: int
) -> dict[str, list[Estimate]]:
    """Return estimates of cases screened from one day to another: by lot `most` of each region.

    They say nothing of why: only the numbers that a suggestion needs. A number of an assessment is
    random, so the first ones are drawn by lot, and the same ones each time.
    """
    c = cases.c
    place = func.row_number().over(partition_by=c.region, order_by=c.assessment_id)
    inner = (
        select(c.region, *(c[name] for name in _NUMBERS), place.label("place"))
        .where(*_recent(since, until))
        .subquery()
    )
    query = select(*inner.c).where(inner.c.place <= most).order_by(inner.c.region, inner.c.place)
    found: dict[str, list[Estimate]] = {}
    for row in connection.execute(query):
        found.setdefault(row.region, []).append(_to_estimate(row))
    return found


def _to_estimate(row: Row[Any]) -> Estimate:
    usual = _to_sum(row.p_usual, row.low, row.high)
    if row.gain is None:
        return Estimate(usual, None, None, GainStatus.UNKNOWN)
    gain = _to_sum(row.gain, row.gain_low, row.gain_high)
    support = _to_sum(row.p_support, row.support_low, row.support_high)
    return Estimate(usual, gain, support, GainStatus(row.gain_status), row.gain_hidden)


def _to_sum(value: float, low: float, high: float) -> Sum:
    return Sum(value, low, high, value, _NOTHING, 0.0)
