"""What the page of the triage list shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from features.deadlines import clocks
from models.estimate import GainStatus
from models.suggestion import SUGGESTION_NL
from serving.assessment import URGENCY
from serving.errors import Problem
from serving.estimate_view import EstimateView
from serving.pages.clock_view import ClockView, find_met, tell_late
from serving.pages.list_filters import (
    FILE,
    WINDOW_NL,
    ChipView,
    ChoiceView,
    FilterView,
    Options,
    build_chips,
    list_quick,
)
from serving.permissions import Action, User, can
from serving.states import OBJECTION_NL, STATE_NL, CaseState
from serving.store.cases import ListedCase
from serving.triage import Reader, TriagePage, TriageRow
from serving.triage_query import Order, Wanted, Window
from serving.wording import days_nl, number_nl, upper_first


@dataclass(frozen=True)
class RowView:
    """One row of the triage list; `estimate` is None where nothing estimated may be shown.

    `withheld_nl` then says why, and `asks_own` that the own estimate comes first.
    """

    rank: int
    case_id: str
    address: str
    mark: str
    region: str
    absent_day: int
    clock: ClockView | None
    missed_nl: str
    estimate: EstimateView | None
    withheld_nl: str | None
    asks_own: bool
    reasons: Sequence[tuple[str, float]]
    answered: bool
    state_nl: str
    reassess_due: bool
    answer: ClockView | None
    taken_by: str | None
    is_mine: bool

    @classmethod
    def of(cls, row: TriageRow, user: User, today: date) -> "RowView":
        """Return what the list shows of a case to a user."""
        c = row.case
        is_decided = c.state not in (CaseState.OPEN, CaseState.CLOSED)
        met = find_met(answered=c.answered, is_decided=is_decided, state=c.state)
        # nothing happened to it yet: one that is open again may have been decided about before
        is_fresh = c.state is CaseState.OPEN and c.state_version == 0
        return cls(
            rank=row.rank,
            case_id=c.case_id,
            address=f"/dossiers/{quote(c.case_id)}",
            mark=f"dossier-{c.case_id}",
            region=c.region,
            absent_day=row.absent_day,
            clock=ClockView.of(row.next_clock, met) if row.next_clock else None,
            missed_nl=tell_late(clocks(c.absence_started_on, today)) if is_fresh else "",
            estimate=None if row.is_withheld else _view_estimate(c),
            withheld_nl=_tell_withheld(row),
            asks_own=row.is_withheld and not c.is_blocked,
            reasons=() if row.is_withheld else c.reasons,
            answered=c.answered,
            state_nl=STATE_NL[c.state],
            reassess_due=row.reassess_due,
            answer=ClockView.of(row.answer) if row.answer else None,
            taken_by=row.taken_by,
            is_mine=c.assigned_to == user.key,
        )


def _view_estimate(c: ListedCase) -> EstimateView:
    return EstimateView.of(c.suggestion, c.gain_status, c.usual, c.gain, c.support)


def _tell_withheld(row: TriageRow) -> str | None:
    if row.case.is_blocked:
        return f"{upper_first(OBJECTION_NL[row.is_upheld])}."
    return "Eerst uw eigen inschatting, dan ziet u de onze." if row.is_withheld else None


@dataclass(frozen=True)
class TriageView:
    """The triage list."""

    rows: Sequence[RowView]
    count_nl: str
    scope_nl: str
    order_nl: str
    chosen: FilterView
    chips: Sequence[ChipView]
    quick: Sequence[tuple[str, str, bool]]
    choices: ChoiceView
    own_region: str | None
    shows_points: bool
    can_take: bool
    gain_status: GainStatus
    horizon_nl: str
    next_address: str | None
    first_address: str | None
    file_address: str | None
    today: date
    is_blind: bool
    problem: Problem | None

    @classmethod
    def of(
        cls,
        page: TriagePage,
        chosen: FilterView,
        reader: Reader,
        *,
        gain_status: GainStatus,
        horizon_days: int,
        labour_statuses: Options = (),
        problem: Problem | None = None,
    ) -> "TriageView":
        """Return the page as a reader sees it; status and horizon are of today's model."""
        user, is_blind = reader.user, reader.is_blind
        wanted = chosen.to_wanted()
        return cls(
            rows=[RowView.of(row, user, reader.now.date()) for row in page.rows],
            count_nl=_count(page),
            scope_nl=_tell_scope(chosen),
            order_nl=_tell_order(
                wanted, gain_status, is_blind=is_blind, objects=_begins_blocked(page)
            ),
            chosen=chosen,
            chips=build_chips(chosen, labour_statuses),
            quick=list_quick(chosen, page.asking),
            choices=ChoiceView.of(
                page.regions, labour_statuses, is_blind=is_blind, asking=wanted.asking
            ),
            own_region=user.region,
            shows_points=can(user, Action.VIEW_CONTRIBUTIONS),
            can_take=can(user, Action.TAKE_CASE),
            gain_status=gain_status,
            horizon_nl=f"binnen {days_nl(horizon_days)}",
            next_address=chosen.to_address(cursor=page.next_cursor) if page.next_cursor else None,
            first_address=chosen.to_address() if chosen.cursor else None,
            file_address=chosen.to_address(path=FILE) if can(user, Action.EXPORT_LIST) else None,
            today=reader.now.date(),
            is_blind=is_blind,
            problem=problem,
        )


def _count(page: TriagePage) -> str:
    over = "" if page.count_is_exact else "meer dan "
    unit = "dossier" if page.count == 1 and page.count_is_exact else "dossiers"
    return f"{over}{number_nl(page.count)} {unit}"


def _tell_scope(chosen: FilterView) -> str:
    """Return which cases are looked among, where no filter says so."""
    is_limited = bool(chosen.status or chosen.periode)
    if chosen.vraag and not is_limited:
        return "met een vraag die wacht, ook bij wat afgesloten is"
    if chosen.zoek:
        return "gevonden" if is_limited else "gevonden, ook bij wat afgesloten is"
    if is_limited:
        return ""
    return f"van {WINDOW_NL[Window.TIPPING_POINT]}"


_ORDER_NL = {
    Order.NEXT_CLOCK: "Bovenaan: van wie de volgende termijn het eerst komt.",
    Order.LONGEST_ABSENT: "Bovenaan: wie het langst afwezig is.",
}


def _begins_blocked(page: TriagePage) -> bool:
    return bool(page.rows) and page.rows[0].case.is_blocked


def _tell_order(wanted: Wanted, status: GainStatus, *, is_blind: bool, objects: bool) -> str:
    """Return who stands at the top, and why."""
    order = wanted.order
    if wanted.by_request:
        return "Bovenaan: wie het langst op een antwoord wacht."
    if is_blind and order is Order.URGENCY:
        order = Order.LONGEST_ABSENT
    if order is not Order.URGENCY:
        return _ORDER_NL[order]
    gains = status is GainStatus.ESTIMATED
    then = "wie naar schatting het meest wint bij steun" if gains else "wie het langst afwezig is"
    first = "wie bezwaar maakt of maakte; daarna " if objects else ""
    return f'Bovenaan: {first}voorstel "{SUGGESTION_NL[URGENCY[0]]}", en daarin eerst {then}.'
