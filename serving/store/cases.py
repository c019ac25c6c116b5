"""Cases in the store: the triage list, page by page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Date,
    Double,
    RowMapping,
    Select,
    SmallInteger,
    Subquery,
    Text,
    and_,
    bindparam,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    tuple_,
    union_all,
)

from models.estimate import GainStatus
from models.suggestion import Suggestion
from serving.assessment import rank_suggestion
from serving.permissions import Scope
from serving.states import CaseState
from serving.store.reach import in_reach
from serving.store.tables import ASKED_ORDER, TRIAGE_ORDER, cases
from serving.store.work_tables import own_estimates

MOST_COUNTED = 1000
EVERY_STATE = tuple(CaseState)
_KINDS = {
    "urgency": SmallInteger,
    "gain_order": Double,
    "absence_started_on": Date,
    "asked_on": Date,
    "case_id": Text,
}
Place = tuple[int, float, date, str]  # in TRIAGE_ORDER
AbsentPlace = tuple[date, str]  # in ABSENT_ORDER or ASKED_ORDER
Days = tuple[date, date]  # from and until


@dataclass(frozen=True)
class CaseFilter:
    """Which cases of the list to show; None means any, `asking` those whose person waits.

    `started` holds ranges of first days of absence. With `estimated_by` only cases of which that
    user answered both questions about the latest assessment.
    """

    suggestion: Suggestion | None = None
    region: str | None = None
    screened_from: date | None = None
    screened_until: date | None = None
    answered: bool | None = None
    search: str | None = None
    states: tuple[CaseState, ...] | frozenset[CaseState] = EVERY_STATE
    labour_status: str | None = None
    assigned_to: str | None = None
    started: Sequence[Days] | None = None
    reassess_by: date | None = None
    asking: bool = False
    estimated_by: str | None = None


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
    assessment_id: str
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
    state: CaseState
    state_version: int
    assigned_to: str | None
    look_again_on: date | None
    reassess_on: date | None
    is_blocked: bool
    asked_on: date | None

    @property
    def place(self) -> Place:
        """Where the row stands in the order of the list."""
        return (self.urgency, self.gain_order, self.absence_started_on, self.case_id)

    @property
    def absent_place(self) -> AbsentPlace:
        """Where the row stands among the longest absent."""
        return (self.absence_started_on, self.case_id)


def list_cases(
    connection: Connection,
    scope: Scope,
    wanted: CaseFilter,
    *,
    after: Place | AbsentPlace | None = None,
    limit: int,
    order: tuple[str, ...] = TRIAGE_ORDER,
) -> list[ListedCase]:
    """Return the next `limit` cases in reach, those after a place or from the top.

    Most urgent suggestion first, then who gains most, then longest absent; or in another order.
    """
    query = _build_list(scope, wanted, order, limit, is_further=after is not None)
    place = {} if after is None else dict(zip(order, after, strict=True))
    return [to_listed(row) for row in connection.execute(query, place).mappings()]


# these are kept: building a query takes longer than running it. That of a list weighs up to 1 MiB:
# few are kept, and where somebody leafed on to is no part of it
@lru_cache(maxsize=32)
def _build_list(
    scope: Scope, wanted: CaseFilter, names: tuple[str, ...], limit: int, *, is_further: bool
) -> Select[Any]:
    page = _build_page([cases], scope, wanted, names, limit, is_further=is_further)
    found = unite(page, wanted)
    return select(found).order_by(*(found.c[name] for name in names)).limit(limit)


@lru_cache(maxsize=256)
def build_places(scope: Scope, wanted: CaseFilter, most: int) -> Select[Any]:
    """Return the query of the places in TRIAGE_ORDER, `most` of them at most and in no order."""
    # each in the order of an index, or PostgreSQL starts workers to find no more than these; that
    # of who asks something is short
    order = ASKED_ORDER if wanted.asking else TRIAGE_ORDER
    columns = [cases.c[name] for name in TRIAGE_ORDER]
    page = _build_page(columns, scope, wanted, order, most, is_further=False)
    return select(unite(page, wanted)).limit(most)


def unite(page: Select[Any], wanted: CaseFilter) -> Subquery:
    """Return the rows of all states together, of each those of a page of that state.

    Within one state an index gives the rows in order; over several it would have to sort them all.
    """
    pages = (page.where(cases.c.state == state.value) for state in sorted(wanted.states))
    return union_all(*(select(page.subquery()) for page in pages)).subquery()


def _build_page(
    columns: Sequence[Any],
    scope: Scope,
    wanted: CaseFilter,
    names: tuple[str, ...],
    limit: int,
    *,
    is_further: bool,
) -> Select[Any]:
    order = [cases.c[name] for name in names]
    query = select(*columns).where(*build_tests(scope, wanted))
    if is_further:
        place = tuple_(*(bindparam(name, type_=_KINDS[name]) for name in names))
        query = query.where(tuple_(*order) > place)
    return query.order_by(*order).limit(limit)


def to_listed(row: RowMapping) -> ListedCase:
    """Return a row of the list."""
    is_known = row["gain"] is not None
    return ListedCase(
        case_id=row["case_id"],
        region=row["region"],
        absence_started_on=row["absence_started_on"],
        screened_on=row["screened_on"],
        assessment_id=row["assessment_id"],
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
        state=CaseState(row["state"]),
        state_version=row["state_version"],
        assigned_to=row["assigned_to"],
        look_again_on=row["look_again_on"],
        reassess_on=row["reassess_on"],
        is_blocked=row["is_blocked"],
        asked_on=row["asked_on"],
    )


def build_tests(scope: Scope, wanted: CaseFilter) -> list[ColumnElement[bool]]:
    """Return what a row must pass, but for its state."""
    c = cases.c
    equal: Mapping[Column[Any], Any] = {
        # by its place, which is what the index is ordered by
        c.urgency: None if wanted.suggestion is None else rank_suggestion(wanted.suggestion),
        c.region: wanted.region,
        c.labour_status: wanted.labour_status,
        c.assigned_to: wanted.assigned_to,
        c.answered: wanted.answered,
    }
    tests = [in_reach(cases, scope)]
    tests += [column == value for column, value in equal.items() if value is not None]
    if wanted.started is not None:
        tests.append(or_(false(), *(_lies_in(days) for days in wanted.started)))
    if wanted.search is not None:
        tests.append(func.lower(c.case_id).contains(wanted.search.lower(), autoescape=True))
    if wanted.estimated_by is not None:
        tests.append(_is_estimated_by(scope, wanted.estimated_by))
    return tests + _build_bounds(wanted)


def _lies_in(days: Days) -> ColumnElement[bool]:
    """Return the test that an absence began in these days.

    Said as what it is not: SQLite would otherwise look the days up and then sort all that it found,
    where walking along the order of the list stops at a full page.
    """
    began = cases.c.absence_started_on
    return not_(or_(began < days[0], began > days[1]))


def _build_bounds(wanted: CaseFilter) -> list[ColumnElement[bool]]:
    c = cases.c
    tests: list[ColumnElement[bool]] = [c.asked_on.is_not(None)] if wanted.asking else []
    if wanted.suggestion is not None or wanted.reassess_by is not None:
        # of who objects nothing is due, and what was estimated is not told by a filter either
        tests.append(c.is_blocked.is_(False))
    if wanted.screened_from is not None:
        tests.append(c.screened_on >= wanted.screened_from)
    if wanted.screened_until is not None:
        tests.append(c.screened_on <= wanted.screened_until)
    if wanted.reassess_by is not None:
        tests.append(c.reassess_on <= wanted.reassess_by)
    return tests


def _is_estimated_by(scope: Scope, user_key: str) -> ColumnElement[bool]:
    """Return the test that a user answered both questions about the latest assessment."""
    own = own_estimates.c
    ever = select(own.case_id).where(
        own.sickness_fund == scope.sickness_fund, own.user_key == user_key
    )
    latest = exists().where(own.assessment_id == cases.c.assessment_id, own.user_key == user_key)
    # the number is in the index of the list: only cases answered before are read at all
    return and_(cases.c.case_id.in_(ever), latest)


def count_cases(connection: Connection, scope: Scope, wanted: CaseFilter) -> int:
    """Return how many cases are in reach, counting no further than one over MOST_COUNTED."""
    return int(connection.execute(_build_count(scope, wanted)).scalar_one())


@lru_cache(maxsize=256)
def _build_count(scope: Scope, wanted: CaseFilter) -> Select[Any]:
    some = build_places(scope, wanted, MOST_COUNTED + 1)
    return select(func.count()).select_from(some.subquery())


def list_regions(connection: Connection, scope: Scope) -> Sequence[str]:
    """Return the regions of the cases in reach, in order; looks up one row per region."""
    first = select(func.min(cases.c.region).label("region")).where(in_reach(cases, scope))
    found = first.cte("found", recursive=True)
    following = first.where(cases.c.region > found.c.region).correlate(found).scalar_subquery()
    found = found.union_all(select(following).where(found.c.region.is_not(None)))
    query = select(found.c.region).where(found.c.region.is_not(None))
    return list(connection.execute(query).scalars())
