"""Cases counted for planning, by the database itself: what leaves it are totals, never a row."""

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Subquery,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)

from models.suggestion import Suggestion
from serving.consent import ConsentPurpose
from serving.states import CaseState, DecisionKind
from serving.store.day_functions import count_months, number_month, to_day, utc_day
from serving.store.tables import assessments, cases
from serving.store.work_tables import (
    consents,
    decisions,
    follow_up,
    pathways,
    referrals,
    work_periods,
)

PART = 5000
LATEST = 60  # months after the start of a pathway, likewise
_SHARED = (ConsentPurpose.SHARE_WITH_VDAB, ConsentPurpose.SHARE_WITH_VDAB_AND_PARTNER)


class Journey(NamedTuple):
    """How many cases of a region went the same way in the same months; None where not yet.

    Months are counted from year 0. `suggested` is whether support was suggested at any screening
    that somebody decided on, or at the last one; `closed` when it was decided that it goes no
    further.
    """

    region: str
    suggested: bool
    absent: int
    screened: int
    referred: int | None
    consented: int | None
    sent: int | None
    started: int | None
    closed: int | None
    people: int


class Course(NamedTuple):
    """How many pathways of a kind began and ended in the same months; None where one runs."""

    region: str
    kind: str | None
    started: int
    ended: int | None
    people: int


class After(NamedTuple):
    """How many pathways that began in a month led to the same after as many months.

    `worked` counts whole months to the first work, `left` to another exit, `observed` how long
    anything was known; None where it did not happen.
    """

    region: str
    started: int
    worked: int | None
    exit: str | None
    left: int | None
    observed: int
    people: int


class Decided(NamedTuple):
    """How many cases have the same days of absence, first screening and first decision."""

    absent_on: date
    screened_on: date
    decided_on: date | None
    people: int


class Begun(NamedTuple):
    """How many referrals were sent on a day and led to a pathway on another; None if not yet."""

    sent_on: date
    started_on: date | None
    people: int


def stream_journeys(connection: Connection) -> Iterator[Journey]:
    """Yield the ways that cases went, of those in reach; whoever objects is not counted."""
    first, decided, agreed, sent, path = _first(), _decided(), _agreed(), _sent(), _path()
    c = cases.c
    refer = Suggestion.REFER.value
    suggested = case(
        (or_(c.suggestion == refer, decided.c.suggested == 1), literal(1)), else_=literal(0)
    )
    columns = [
        c.region,
        suggested,
        number_month(c.absence_started_on),
        number_month(first.c.on),
        func.coalesce(
            number_month(decided.c.at), number_month(sent.c.at), number_month(path.c.referred_on)
        ),
        func.coalesce(
            number_month(agreed.c.on), number_month(sent.c.at), number_month(path.c.referred_on)
        ),
        func.coalesce(number_month(sent.c.at), number_month(path.c.referred_on)),
        func.coalesce(number_month(sent.c.started_on), number_month(path.c.started_on)),
        case((c.state == CaseState.CLOSED.value, number_month(decided.c.last))),
    ]
    joined = cases.join(first, _same(first))
    for other in (decided, agreed, sent, path):
        joined = joined.outerjoin(other, _same(other))
    yield from map(
        Journey._make, count_groups(connection, columns, joined, c.is_blocked.is_(False))
    )


def _first() -> Subquery:
    """Return the first screening of each case, which an index alone tells."""
    return _per_case(assessments, func.min(assessments.c.screened_on).label("on"))


def _decided() -> Subquery:
    d = decisions.c
    to_refer = d.kind == DecisionKind.REFER.value
    suggested = case((d.suggestion == Suggestion.REFER.value, 1), else_=0)
    return _per_case(
        decisions,
        func.min(case((to_refer, d.made_at))).label("at"),
        func.max(suggested).label("suggested"),
        func.max(d.made_at).label("last"),
    )


def _agreed() -> Subquery:
    c = consents.c
    counts = and_(c.purpose.in_([one.value for one in _SHARED]), c.withdrawn_at.is_(None))
    return _per_case(consents, func.min(c.given_on).label("on"), where=counts)


def _sent() -> Subquery:
    r = referrals.c
    return _per_case(
        referrals,
        func.min(r.sent_at).label("at"),
        func.min(r.started_on).label("started_on"),
    )


def _path() -> Subquery:
    p = pathways.c
    return _per_case(
        pathways,
        func.min(p.referred_on).label("referred_on"),
        func.min(p.started_on).label("started_on"),
    )


def _per_case(table: Any, *columns: Any, where: ColumnElement[bool] | None = None) -> Subquery:
    keys = (table.c.sickness_fund, table.c.case_id)
    query = select(*keys, *columns).group_by(*keys)
    return (query if where is None else query.where(where)).subquery()


def _same(other: Any) -> ColumnElement[bool]:
    return and_(other.c.sickness_fund == cases.c.sickness_fund, other.c.case_id == cases.c.case_id)


def stream_courses(connection: Connection, as_of: date) -> Iterator[Course]:
    """Yield when pathways began and ended, of those in reach that began by a day."""
    begun = _begun()
    c = begun.c
    columns = [
        cases.c.region,
        c.kind,
        number_month(c.started_on),
        number_month(_until(c.ended_on, as_of)),
    ]
    joined = begun.join(cases, _same(begun))
    yield from map(Course._make, count_groups(connection, columns, joined, c.started_on <= as_of))


def _until(day: Any, as_of: date) -> ColumnElement[Any]:
    """Return a day, or null where it lies after what is known: an end that is planned."""
    return case((day <= as_of, day))


def _no_later(day: Any, as_of: date) -> ColumnElement[Any]:
    """Return a day, or the last one of what is known where it lies after that."""
    return case((day > as_of, as_of), else_=day)


def _begun() -> Subquery:
    """Return the pathways that began, of a case the reported ones or else its own referrals."""
    p, r = pathways.c, referrals.c
    reported = select(p.sickness_fund, p.case_id, p.started_on, p.ended_on, p.kind).where(
        p.started_on.is_not(None)
    )
    known = exists().where(
        p.sickness_fund == r.sickness_fund, p.case_id == r.case_id, p.started_on.is_not(None)
    )
    own = select(
        r.sickness_fund, r.case_id, r.started_on, r.ended_on, literal(None).label("kind")
    ).where(r.started_on.is_not(None), ~known)
    return union_all(reported, own).subquery()


def stream_after(connection: Connection, as_of: date) -> Iterator[After]:
    """Yield what became of people after a pathway began, of those in reach who do not object."""
    begun = _begun()
    started = _per_case(begun, func.min(begun.c.started_on).label("on"))
    w, f, on = work_periods.c, follow_up.c, started.c.on
    joined = started.join(cases, _same(started))
    worked = (
        select(func.min(w.started_on))
        .where(
            w.sickness_fund == started.c.sickness_fund,
            w.case_id == started.c.case_id,
            w.started_on >= on,
            w.started_on <= as_of,
        )
        .scalar_subquery()
    )
    joined = joined.outerjoin(
        follow_up, and_(f.sickness_fund == started.c.sickness_fund, f.case_id == started.c.case_id)
    )
    left = case((and_(f.exited_on >= on, f.exited_on <= as_of), f.exited_on))
    columns = [
        cases.c.region,
        number_month(on),
        _cap(count_months(on, worked), LATEST),
        case((left.is_not(None), f.exit)),
        _cap(count_months(on, left), LATEST),
        func.coalesce(_cap(count_months(on, _no_later(f.observed_until, as_of)), LATEST), 0),
    ]
    tests = (on <= as_of, cases.c.is_blocked.is_(False))
    yield from map(After._make, count_groups(connection, columns, joined, *tests))


def stream_decisions(connection: Connection, since: date, until: date) -> Iterator[Decided]:
    """Yield when cases that were first screened in these days were decided on, if they were."""
    first, d, c = _first(), decisions.c, cases.c
    made = _per_case(decisions, func.min(d.made_at).label("at"))
    joined = cases.join(first, _same(first)).outerjoin(made, _same(made))
    decided = _until(to_day(made.c.at), until)
    columns = [c.absence_started_on, first.c.on, decided]
    tests = (c.is_blocked.is_(False), first.c.on >= since, first.c.on <= until)
    yield from map(Decided._make, count_groups(connection, columns, joined, *tests))


def stream_starts(connection: Connection, since: date, until: date) -> Iterator[Begun]:
    """Yield when referrals of these days led to a pathway; those that ended first are left out."""
    p, r = pathways.c, referrals.c
    known = exists().where(p.sickness_fund == r.sickness_fund, p.case_id == r.case_id)
    own = select(utc_day(r.sent_at).label("sent_on"), r.started_on).where(
        r.stopped_on.is_(None) | r.started_on.is_not(None), ~known
    )
    reported = select(p.referred_on, p.started_on).where(
        p.ended_on.is_(None) | p.started_on.is_not(None)
    )
    both = union_all(own, reported).subquery()
    sent_on = both.c.sent_on
    columns = [sent_on, _until(both.c.started_on, until)]
    tests = (sent_on >= since, sent_on <= until)
    yield from map(Begun._make, count_groups(connection, columns, both, *tests))


def count_groups(
    connection: Connection, columns: list[Any], table: Any, *tests: ColumnElement[bool]
) -> Iterator[Any]:
    """Yield every combination of values of some columns, with how many rows have it."""
    named = [column.label(f"c{place}") for place, column in enumerate(columns)]
    inner = select(*named).select_from(table).where(*tests).subquery()
    query: Select[Any] = select(*inner.c, func.count()).group_by(*inner.c)
    with connection.execution_options(yield_per=PART).execute(query) as found:
        yield from found


def _cap(number: Any, most: int) -> ColumnElement[int]:
    return case((number > most, most), (number < 0, 0), else_=number)
