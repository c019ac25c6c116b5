"""The use case of reading one case: its estimates, what was decided, and what can be done now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from features.deadlines import Clock, absent_day, clocks
from models.bundle import Bundle
from models.sharpen import Sharpener
from serving.assess import find_open_questions
from serving.assessment import Assessment
from serving.changes import Changes, find_changes
from serving.own_estimate import must_estimate_first
from serving.permissions import Action, Scope, User, can, check_can, get_scope
from serving.settings import OwnEstimateMode
from serving.states import TRANSITIONS, CaseEvent, DecisionKind
from serving.store.assessments import list_assessments
from serving.store.audit import AuditEvent, save_audit
from serving.store.case_trail import Trail, read_trail
from serving.store.contacts import Contact, list_contacts
from serving.store.decisions import Decision, OwnEstimate, list_decisions, list_own_estimates
from serving.store.engine import Store
from serving.store.requests import is_objection_open, list_upheld
from serving.store.standing import Standing, get_standing
from serving.triage import open_due
from serving.triage_query import REASSESSED

# who may make something happen; that a day came is nobody's doing
BY_ACTION: Mapping[CaseEvent, Action] = {
    CaseEvent.REASSESS: Action.ASSESS,
    CaseEvent.SEND: Action.REFER,
    CaseEvent.ACCEPT: Action.REFER,
    CaseEvent.DECLINE: Action.REFER,
    CaseEvent.START: Action.REFER,
    CaseEvent.END: Action.REFER,
    CaseEvent.WITHDRAW: Action.RECORD_CONSENT,
}


@dataclass(frozen=True)
class Allowed:
    """What a user may do with a case in the state that it is in."""

    decisions: Sequence[DecisionKind]
    events: Sequence[CaseEvent]


@dataclass(frozen=True)
class CaseFile:
    """One case with every assessment, latest first, its clocks, and what people did with it.

    `sharpeners` are of the latest assessment; None when another model made it. Of a case that
    `is_withheld` nothing that was estimated may be shown: the own answers come first, or the person
    objects, with success if it `is_upheld`. The `trail` is empty unless it was asked for.
    """

    history: Sequence[Assessment]
    sharpeners: Sequence[Sharpener] | None
    absent_day: int
    clocks: Sequence[Clock]
    standing: Standing
    decisions: Sequence[Decision]
    own_estimates: Sequence[OwnEstimate]
    changes: Changes | None
    allowed: Allowed
    reassess_due: bool
    is_withheld: bool
    is_upheld: bool
    trail: Trail
    contacts: Sequence[Contact] = ()

    @property
    def latest(self) -> Assessment:
        """The assessment that counts."""
        return self.history[0]


def view_case(
    user: User,
    case_id: str,
    *,
    store: Store,
    bundle: Bundle,
    now: datetime,
    mode: OwnEstimateMode,
    with_trail: bool = False,
) -> CaseFile:
    """Return one case in reach and note that it was seen; raises NoSuchCaseError for any other."""
    check_can(user, Action.VIEW_CASE)
    scope = get_scope(user)
    with store.writing(scope.sickness_fund) as connection:
        standing = get_standing(connection, scope, case_id)
        if standing.look_again_on is not None and standing.look_again_on <= now.date():
            open_due(connection, Scope(scope.sickness_fund), now)
            standing = get_standing(connection, scope, case_id)
        history = list_assessments(connection, scope, case_id)
        decided = list_decisions(connection, scope, case_id)
        contacts = list_contacts(connection, scope, case_id)
        estimated = list_own_estimates(connection, scope, case_id)
        is_waiting = is_objection_open(connection, scope, standing)
        is_upheld = bool(list_upheld(connection, scope, [case_id]))
        trail = read_trail(connection, scope, case_id) if with_trail else Trail()
        seen = AuditEvent(now, user.key, Action.VIEW_CASE, scope.sickness_fund, case_id)
        save_audit(connection, [seen])
    started_on, today = history[0].absence_started_on, now.date()
    is_unanswered = not _has_answered(user, history[0], estimated)
    # while the person objects nobody reads what was estimated
    is_withheld = standing.is_blocked or (must_estimate_first(user, mode) and is_unanswered)
    return CaseFile(
        history=history,
        sharpeners=find_open_questions(history[0], bundle),
        absent_day=absent_day(started_on, max(today, started_on)),
        clocks=clocks(started_on, today),
        standing=standing,
        decisions=decided,
        # what a colleague answered would weigh on the own answer
        own_estimates=[e for e in estimated if not is_withheld or e.user_key == user.key],
        changes=find_changes(history),
        allowed=_list_allowed(user, standing, is_withheld=is_withheld, is_waiting=is_waiting),
        reassess_due=is_reassess_due(standing, now),
        is_withheld=is_withheld,
        is_upheld=is_upheld,
        trail=trail,
        contacts=contacts,
    )


def _has_answered(user: User, latest: Assessment, found: Sequence[OwnEstimate]) -> bool:
    return (latest.assessment_id, user.key) in {(e.assessment_id, e.user_key) for e in found}


def is_reassess_due(standing: Standing, now: datetime) -> bool:
    """Tell whether month 4, 7 or 11 passed since the last assessment of a case still in hand.

    Of whom objects nothing is assessed, so nothing is due.
    """
    is_past = standing.reassess_on is not None and standing.reassess_on <= now.date()
    return is_past and standing.state in REASSESSED and not standing.is_blocked


def _list_allowed(
    user: User, standing: Standing, *, is_withheld: bool, is_waiting: bool
) -> Allowed:
    def happens(what: CaseEvent | DecisionKind) -> bool:
        return (standing.state, what) in TRANSITIONS and what not in stopped

    # an objection stops estimates; while it waits nothing is decided or sent either
    stopped = {CaseEvent.REASSESS} if standing.is_blocked else set()
    stopped |= {CaseEvent.SEND} if is_waiting else set()
    # after one that was upheld a physician decides without an estimate
    is_ready = not is_waiting if standing.is_blocked else not is_withheld
    may_decide = can(user, Action.DECIDE) and is_ready
    return Allowed(
        decisions=[kind for kind in DecisionKind if may_decide and happens(kind)],
        events=[e for e, action in BY_ACTION.items() if can(user, action) and happens(e)],
    )
