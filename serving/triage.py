"""The use cases of reading: the triage list page by page, and one case with its history."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from re import fullmatch

from features.deadlines import Clock, absent_day, clocks, find_next_clock
from features.pseudonyms import ID_PATTERN
from models.bundle import Bundle
from models.sharpen import Sharpener
from serving.assess import find_open_questions
from serving.assessment import Assessment
from serving.errors import FieldFault, NotFoundError, RequestRefusedError
from serving.permissions import Action, User, check_can, get_scope
from serving.store.assessments import list_assessments
from serving.store.audit import AuditEvent, save_audit
from serving.store.cases import (
    MOST_COUNTED,
    CaseFilter,
    ListedCase,
    Place,
    count_cases,
    list_cases,
    list_regions,
)
from serving.store.engine import Store

MOST_PER_PAGE = 200


@dataclass(frozen=True)
class TriageRow:
    """One case in the list, with what follows from today's date."""

    rank: int
    case: ListedCase
    absent_day: int
    next_clock: Clock | None


@dataclass(frozen=True)
class TriagePage:
    """One page of the list. `next_cursor` asks for the page after it; None on the last."""

    rows: Sequence[TriageRow]
    count: int
    count_is_exact: bool
    next_cursor: str | None
    regions: Sequence[str]


@dataclass(frozen=True)
class CaseFile:
    """One case with every assessment, latest first, and its legal clocks.

    `sharpeners` are of the latest assessment; None when another model made it.
    """

    history: Sequence[Assessment]
    sharpeners: Sequence[Sharpener] | None
    absent_day: int
    clocks: Sequence[Clock]

    @property
    def latest(self) -> Assessment:
        """The assessment that counts."""
        return self.history[0]


def list_triage(
    user: User,
    wanted: CaseFilter,
    *,
    store: Store,
    today: date,
    cursor: str | None = None,
    limit: int = 50,
) -> TriagePage:
    """Return one page of the cases in reach, most urgent first.

    A page begins after the last row of the one before, wherever that row is by now: rows that came
    in meanwhile are never shown twice and push no other row out of sight.
    """
    check_can(user, Action.LIST_CASES)
    scope = get_scope(user)
    after, rank = read_cursor(cursor) if cursor else (None, 0)
    with store.reading(scope.sickness_fund) as connection:
        found = list_cases(connection, scope, wanted, after=after, limit=limit + 1)
        count = count_cases(connection, scope, wanted)
        regions = list_regions(connection, scope)
    shown = found[:limit]
    return TriagePage(
        rows=[_to_row(c, rank + i, today) for i, c in enumerate(shown, 1)],
        count=min(count, MOST_COUNTED),
        count_is_exact=count <= MOST_COUNTED,
        next_cursor=build_cursor(shown[-1].place, rank + limit) if len(found) > limit else None,
        regions=regions,
    )


def _to_row(case: ListedCase, rank: int, today: date) -> TriageRow:
    started_on = case.absence_started_on
    return TriageRow(
        rank=rank,
        case=case,
        absent_day=absent_day(started_on, max(today, started_on)),
        next_clock=find_next_clock(started_on, today),
    )


def view_case(user: User, case_id: str, *, store: Store, bundle: Bundle, now: datetime) -> CaseFile:
    """Return one case in reach and note that it was seen; raises NotFoundError for any other."""
    check_can(user, Action.VIEW_CASE)
    scope = get_scope(user)
    if not fullmatch(ID_PATTERN, case_id):
        raise NotFoundError("no case has such a number")
    with store.writing(scope.sickness_fund) as connection:
        history = list_assessments(connection, scope, case_id)
        if not history:
            raise NotFoundError("no such case in reach")
        seen = AuditEvent(now, user.key, Action.VIEW_CASE, scope.sickness_fund, case_id)
        save_audit(connection, [seen])
    started_on, today = history[0].absence_started_on, now.date()
    return CaseFile(
        history,
        find_open_questions(history[0], bundle),
        absent_day(started_on, max(today, started_on)),
        clocks(started_on, today),
    )


def build_cursor(place: Place, rank: int) -> str:
    """Return the place after which a page begins, as text for an address."""
    urgency, gain_order, started_on, case_id = place
    told = [urgency, gain_order, started_on.isoformat(), case_id, rank]
    raw = json.dumps(told, separators=(",", ":"))
    return urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> tuple[Place, int]:
    """Return the place in a cursor; raises RequestRefusedError for a text that we did not make."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        told = json.loads(urlsafe_b64decode(padded.encode()))
        urgency, gain_order, started_on, case_id, rank = told
        day, rank = date.fromisoformat(started_on), int(rank)
        place = (int(urgency), float(gain_order), day, str(case_id))
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise _build_refusal() from None
    is_ours = 0 <= place[0] < 100 and -1 <= place[1] <= 1 and 0 <= rank < 10**9
    if not (is_ours and fullmatch(ID_PATTERN, place[3])):
        raise _build_refusal()
    return place, rank


def _build_refusal() -> RequestRefusedError:
    fault = FieldFault("cursor", "de waarde uit `next` van de vorige pagina")
    return RequestRefusedError("parameters", [fault])
