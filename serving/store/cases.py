"""Cases in the store: the triage list, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    Double,
    RowMapping,
    SmallInteger,
    Text,
    and_,
    func,
    literal,
    select,
    tuple_,
)

from models.estimate import GainStatus
from models.suggestion import Suggestion
from serving.assessment import rank_suggestion
from serving.permissions import Scope
from serving.store.reach import in_reach
from serving.store.tables import TRIAGE_ORDER, cases

MOST_COUNTED = 1000
# most urgent suggestion first, then who gains most, then longest absent; the number makes it strict
_ORDER = tuple(cases.c[name] for name in TRIAGE_ORDER)
Place = tuple[int, float, date, str]


@dataclass(frozen=True)
class CaseFilter:
    """Which cases of the list to show; None means any."""

    suggestion: Suggestion | None = None
    region: str | None = None
    screened_from: date | None = None
    screened_until: date | None = None
    answered: bool | None = None
    search: str | None = None


class Bounds(NamedTuple):
    """A number with its 90 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class ListedCase:
    """One row of the triage list; `gain` and `support` are None where the gain is not known."""

    case_id: str
    region: str
    absence_started_on: date
    screened_on: date
    suggestion: Suggestion
    urgency: int
    gain_order: float
    usual: Bounds
    gain: Bounds | None
    support: Bounds | None
    gain_status: GainStatus
    gain_hidden: float
    answered: bool
    reasons: tuple[tuple[str, float], ...]

    @property
    def place(self) -> Place:
        """Where the row stands in the order of the list."""
        return (self.urgency, self.gain_order, self.absence_started_on, self.case_id)


def list_cases(
    connection: Connection,
    scope: Scope,
    wanted: CaseFilter,
    *,
    after: Place | None = None,
    limit: int,
) -> list[ListedCase]:
    """Return the next `limit` cases in reach, those after a place or from the top."""
    query = select(cases).where(_build_reach(scope, wanted))
    if after is not None:
        kinds = (SmallInteger, Double, Date, Text)
        bound = tuple_(*map(literal, after, kinds))
        query = query.where(tuple_(*_ORDER) > bound)
    rows = connection.execute(query.order_by(*_ORDER).limit(limit)).mappings()
    return [_to_listed(row) for row in rows]


def _to_listed(row: RowMapping) -> ListedCase:
    is_known = row["gain"] is not None
    return ListedCase(
        case_id=row["case_id"],
        region=row["region"],
        absence_started_on=row["absence_started_on"],
        screened_on=row["screened_on"],
        suggestion=Suggestion(row["suggestion"]),
        urgency=row["urgency"],
        gain_order=row["gain_order"],
        usual=Bounds(row["p_usual"], row["low"], row["high"]),
        gain=Bounds(row["gain"], row["gain_low"], row["gain_high"]) if is_known else None,
        support=Bounds(row["p_support"], row["support_low"], row["support_high"])
        if is_known
        else None,
        gain_status=GainStatus(row["gain_status"]),
        gain_hidden=row["gain_hidden"],
        answered=row["answered"],
        reasons=tuple((text, points) for text, points in row["reasons"]),
    )


def _build_reach(scope: Scope, wanted: CaseFilter) -> ColumnElement[bool]:
    c = cases.c
    tests = [in_reach(cases, scope)]
    if wanted.suggestion is not None:
        # by its place, which is what the index is ordered by
        tests.append(c.urgency == rank_suggestion(wanted.suggestion))
    if wanted.region is not None:
        tests.append(c.region == wanted.region)
    if wanted.screened_from is not None:
        tests.append(c.screened_on >= wanted.screened_from)
    if wanted.screened_until is not None:
        tests.append(c.screened_on <= wanted.screened_until)
    if wanted.answered is not None:
        tests.append(c.answered.is_(wanted.answered))
    if wanted.search is not None:
        tests.append(func.lower(c.case_id).contains(wanted.search.lower(), autoescape=True))
    return and_(*tests)


def count_cases(connection: Connection, scope: Scope, wanted: CaseFilter) -> int:
    """Return how many cases are in reach, counting no further than one over MOST_COUNTED."""
    some = (
        select(cases.c.case_id).where(_build_reach(scope, wanted)).limit(MOST_COUNTED + 1)
    ).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()


def list_regions(connection: Connection, scope: Scope) -> Sequence[str]:
    """Return the regions of the cases in reach, in order."""
    query = select(cases.c.region).where(_build_reach(scope, CaseFilter())).distinct()
    return sorted(connection.execute(query).scalars())
