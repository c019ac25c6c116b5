"""The use case of the own estimate: a physician answers both questions before seeing ours."""

from dataclasses import dataclass
from datetime import datetime

from serving.faults import RequestRefusedError
from serving.permissions import Action, Scope, User, can, check_can, get_scope
from serving.settings import OwnEstimateMode
from serving.states import StaleError
from serving.store.audit import AuditEvent
from serving.store.decisions import (
    Answer,
    OwnEstimate,
    has_estimated,
    list_own_estimates,
    save_own_estimate,
)
from serving.store.engine import Connection, Store
from serving.store.standing import ObjectionOpenError, Standing, get_standing


@dataclass(frozen=True)
class OwnAnswers:
    """What a physician answers about one assessment."""

    assessment_id: str
    is_possible: Answer
    is_needed: Answer


def must_estimate_first(user: User, mode: OwnEstimateMode) -> bool:
    """Tell whether this user sees nothing of an estimate before the own answers."""
    return mode is OwnEstimateMode.REQUIRED and can(user, Action.ESTIMATE_FIRST)


def check_estimated(connection: Connection, scope: Scope, user: User, of: Standing) -> None:
    """Raise RequestRefusedError where a user did not answer yet about the latest assessment."""
    if not has_estimated(connection, scope, user.key, of.assessment_id):
        raise RequestRefusedError("own-estimate-first")


def estimate_first(
    user: User,
    case_id: str,
    answers: OwnAnswers,
    *,
    store: Store,
    now: datetime,
    mode: OwnEstimateMode,
) -> OwnEstimate:
    """Keep the own answers about the latest assessment, with an audit line.

    The same answers again change nothing; others are refused.
    """
    check_can(user, Action.ESTIMATE_FIRST)
    scope = get_scope(user)
    if mode is OwnEstimateMode.OFF:
        raise RequestRefusedError("own-estimate-off")
    made = OwnEstimate(answers.assessment_id, user.key, now, answers.is_possible, answers.is_needed)
    with store.writing(scope.sickness_fund) as connection:
        standing = get_standing(connection, scope, case_id, hold=True)
        if standing.is_blocked:
            raise ObjectionOpenError("the person objects to estimates of this case")
        if standing.assessment_id != answers.assessment_id:
            raise StaleError(standing.state)
        if has_estimated(connection, scope, user.key, answers.assessment_id):
            found = list_own_estimates(connection, scope, case_id)
            return _check_same(found, made)
        detail = {"assessment_id": answers.assessment_id}
        line = AuditEvent(
            now, user.key, Action.ESTIMATE_FIRST, standing.sickness_fund, case_id, detail
        )
        save_own_estimate(connection, standing, made, audit=line)
    return made


def _check_same(found: list[OwnEstimate], made: OwnEstimate) -> OwnEstimate:
    of = (made.assessment_id, made.user_key)
    kept = next(one for one in found if (one.assessment_id, one.user_key) == of)
    if (kept.is_possible, kept.is_needed) != (made.is_possible, made.is_needed):
        raise RequestRefusedError("own-estimate-kept")
    return kept
