"""The use case of the triage list: page by page, as much of it as someone may see."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from re import fullmatch
from typing import Any

from features.deadlines import ANSWER, Clock, absent_day, find_next_clock
from features.pseudonyms import ID_PATTERN
from serving.faults import FieldFault, RequestRefusedError
from serving.own_estimate import must_estimate_first
from serving.permissions import Action, Scope, User, check_can, get_scope
from serving.settings import OwnEstimateMode
from serving.states import CaseEvent
from serving.store.assignments import has_to_wake, list_due, wake_cases
from serving.store.audit import AuditEvent, save_audit
from serving.store.case_orders import Asked, list_in_order
from serving.store.cases import (
    MOST_COUNTED,
    AbsentPlace,
    CaseFilter,
    ListedCase,
    Place,
    count_cases,
    list_cases,
    list_regions,
)
from serving.store.decisions import list_estimated
from serving.store.engine import Connection, Store
from serving.store.requests import list_upheld
from serving.store.tables import ASKED_ORDER
from serving.store.users import list_names
from serving.triage_query import REASSESSED, Order, Wanted, order_starts

MOST_PER_PAGE = 200
_ASKING = CaseFilter(asking=True)
CLOCKWORK = "system"  # who opens a case again because the day came


@dataclass(frozen=True)
class TriageRow:
    """One case in the list, with what follows from today's date.

    Of a case that `is_withheld` nothing that was estimated may be shown; `is_upheld` tells that the
    person objected with success. `answer` runs while the person waits for one. `taken_by` is the
    name of who works on it.
    """

    rank: int
    case: ListedCase
    absent_day: int
    next_clock: Clock | None
    answer: Clock | None
    reassess_due: bool
    is_withheld: bool
    is_upheld: bool
    taken_by: str | None


@dataclass(frozen=True)
class TriagePage:
    """One page of the list. `next_cursor` asks for the page after it; None on the last.

    With the regions, for a page to filter on, comes how many persons wait for an answer.
    """

    rows: Sequence[TriageRow]
    count: int
    count_is_exact: bool
    next_cursor: str | None
    regions: Sequence[str] = ()
    asking: int = 0


@dataclass(frozen=True)
class Reader:
    """Who reads the list, when; `is_blind` to what was estimated before the own answers."""

    user: User
    store: Store
    now: datetime
    mode: OwnEstimateMode

    @property
    def is_blind(self) -> bool:
        """Whether estimates stay hidden until this user answered both questions."""
        return must_estimate_first(self.user, self.mode)


def list_triage(
    reader: Reader,
    wanted: Wanted,
    *,
    cursor: str | None = None,
    limit: int = 50,
    with_regions: bool = True,
) -> TriagePage:
    """Return one page of the cases in reach, with how many there are, and note that it was seen.

    A page begins after the last row of the one before, wherever that row is by now: rows that came
    in meanwhile are never shown twice and push no other row out of sight.
    """
    check_can(reader.user, Action.LIST_CASES)
    scope, today = get_scope(reader.user), reader.now.date()
    fund = Scope(scope.sickness_fund)
    # one transaction for all of it: on PostgreSQL each is some round trips
    with reader.store.writing(fund.sickness_fund) as connection:
        if not cursor and has_to_wake(connection, fund, today):
            open_due(connection, fund, reader.now)
        page = _read_page(connection, reader, wanted, cursor, limit)
        regions = list_regions(connection, scope) if with_regions else ()
        asking = count_cases(connection, scope, _ASKING) if with_regions else 0
        _note(connection, reader, len(page.rows))
    return replace(page, regions=regions, asking=asking)


def _note(connection: Connection, reader: Reader, rows: int) -> None:
    """Keep a line that a page of the list was seen: estimates of many people stand on it."""
    user, fund = reader.user, get_scope(reader.user).sickness_fund
    save_audit(
        connection,
        [AuditEvent(reader.now, user.key, Action.LIST_CASES, fund, detail={"rows": rows})],
    )


def _read_page(
    connection: Connection, reader: Reader, wanted: Wanted, cursor: str | None, limit: int
) -> TriagePage:
    scope = get_scope(reader.user)
    rows, following = read_rows(connection, reader, wanted, cursor=cursor, limit=limit)
    count = len(rows)
    if cursor or following:
        count = count_cases(connection, scope, _to_filter(reader, wanted))
    return TriagePage(rows, min(count, MOST_COUNTED), count <= MOST_COUNTED, following)


def read_rows(
    connection: Connection, reader: Reader, wanted: Wanted, *, cursor: str | None, limit: int
) -> tuple[Sequence[TriageRow], str | None]:
    """Return rows of the list in the order asked, and the cursor of those after them.

    Who is blind to estimates gets no order that tells of them: the longest absent come first.
    """
    scope, is_blind, today = get_scope(reader.user), reader.is_blind, reader.now.date()
    by_absence = is_blind or wanted.by_request or wanted.order is not Order.URGENCY
    after, rank = read_cursor(cursor, by_absence=by_absence) if cursor else (None, 0)
    found = _find_rows(connection, reader, wanted, after, limit + 1)
    shown = found[:limit]
    ids = {case.assessment_id for case in shown}
    known = list_estimated(connection, scope, reader.user.key, ids) if is_blind else ids
    upheld = list_upheld(connection, scope, [case.case_id for case in shown if case.is_blocked])
    names = list_names(connection, {case.assigned_to for case in shown if case.assigned_to})
    told = _Told(known, upheld, names)
    rows = [_to_row(case, rank + i, today, told) for i, case in enumerate(shown, 1)]
    if len(found) <= limit:
        return rows, None
    return rows, build_cursor(_find_end(shown[-1], wanted, by_absence=by_absence), rank + limit)


def _find_end(last: ListedCase, wanted: Wanted, *, by_absence: bool) -> Place | AbsentPlace:
    if wanted.by_request and last.asked_on is not None:
        return last.asked_on, last.case_id
    return last.absent_place if by_absence else last.place


def _find_rows(
    connection: Connection,
    reader: Reader,
    wanted: Wanted,
    after: Place | AbsentPlace | None,
    limit: int,
) -> list[ListedCase]:
    scope, asked = get_scope(reader.user), _to_filter(reader, wanted)
    if wanted.by_request:
        order = ASKED_ORDER
        return list_cases(connection, scope, asked, after=after, limit=limit, order=order)
    is_by_clock = wanted.order is Order.NEXT_CLOCK
    if wanted.order is Order.URGENCY and not reader.is_blind:
        return list_cases(connection, scope, asked, after=after, limit=limit)
    starts = order_starts(reader.now.date()) if is_by_clock else ()
    place = None if after is None else (after[-2], after[-1])
    return list_in_order(Asked(connection, scope, asked), starts, after=place, limit=limit)


def _to_filter(reader: Reader, wanted: Wanted) -> CaseFilter:
    return wanted.to_filter(reader.user, reader.now.date(), blind=reader.is_blind)


@dataclass(frozen=True)
class _Told:
    """What is told of a whole page: estimates that may be seen, objections upheld, and names."""

    known: set[str]
    upheld: set[str]
    names: Mapping[str, str]


def _to_row(case: ListedCase, rank: int, today: date, told: _Told) -> TriageRow:
    started_on = case.absence_started_on
    is_past = case.reassess_on is not None and case.reassess_on <= today
    return TriageRow(
        rank=rank,
        case=case,
        absent_day=absent_day(started_on, max(today, started_on)),
        next_clock=find_next_clock(started_on, today),
        answer=ANSWER.to_clock(case.asked_on, today) if case.asked_on else None,
        reassess_due=is_past and case.state in REASSESSED and not case.is_blocked,
        is_withheld=case.is_blocked or case.assessment_id not in told.known,
        is_upheld=case.case_id in told.upheld,
        taken_by=told.names.get(case.assigned_to or "", case.assigned_to),
    )


def wake(store: Store, fund: Scope, now: datetime) -> None:
    """Open the cases of a fund whose day to look again has come, where there are any."""
    with store.reading(fund.sickness_fund) as connection:
        if not has_to_wake(connection, fund, now.date()):
            return
    with store.writing(fund.sickness_fund) as connection:
        open_due(connection, fund, now)


def open_due(connection: Connection, fund: Scope, now: datetime) -> None:
    """Open the cases of a fund whose day to look again has come, each with an audit line."""
    ids = list_due(connection, fund, now.date())
    lines = [AuditEvent(now, CLOCKWORK, CaseEvent.WAKE, fund.sickness_fund, i) for i in ids]
    wake_cases(connection, fund, now.date(), ids, audit=lines)


def build_cursor(place: Place | AbsentPlace, rank: int) -> str:
    """Return the place after which a page begins, as text for an address."""
    told = [part.isoformat() if isinstance(part, date) else part for part in (*place, rank)]
    raw = json.dumps(told, separators=(",", ":"))
    return urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def read_cursor(cursor: str, *, by_absence: bool = False) -> tuple[Place | AbsentPlace, int]:
    """Return the place in a cursor; raises RequestRefusedError for a text that we did not make.

    So is a place in the other order: whoever is blind could learn from it where a case stands.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        told = json.loads(urlsafe_b64decode(padded.encode()))
        *place, started_on, case_id, rank = told
        absent = (date.fromisoformat(started_on), str(case_id))
        before, rank = _read_urgency(place, by_absence=by_absence), int(rank)
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise _build_refusal() from None
    if not (0 <= rank < 10**9 and fullmatch(ID_PATTERN, absent[1])):
        raise _build_refusal()
    return (*before, *absent) if before else absent, rank


def _read_urgency(place: Sequence[Any], *, by_absence: bool) -> tuple[int, float] | None:
    if by_absence and not place:
        return None
    first, second = () if by_absence else place
    urgency, gain_order = int(first), float(second)
    if not (0 <= urgency < 100 and -1 <= gain_order <= 1):
        raise ValueError("urgency and gain_order: expected what we put there")
    return urgency, gain_order


def _build_refusal() -> RequestRefusedError:
    fault = FieldFault("cursor", "de waarde uit `next` van de vorige pagina")
    return RequestRefusedError("parameters", [fault])
