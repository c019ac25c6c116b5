"""The use case of access: everything that is kept of one case, for the person whom it is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from serving.assessment import Assessment
from serving.own_estimate import check_estimated, must_estimate_first
from serving.permissions import Action, User, check_can, get_scope
from serving.settings import OwnEstimateMode
from serving.store.assessments import list_assessments
from serving.store.audit import REPORT_READ, AuditEvent, save_audit
from serving.store.case_trail import Seen, list_outcomes, list_seen
from serving.store.consents import KeptConsent, list_consents
from serving.store.contacts import Contact, list_contacts
from serving.store.decisions import Decision, OwnEstimate, list_decisions, list_own_estimates
from serving.store.engine import Store
from serving.store.referrals import Referral, list_referrals
from serving.store.requests import PersonRequest, list_requests
from serving.store.shadow import ShadowScore, list_scores
from serving.store.standing import Standing, get_standing


@dataclass(frozen=True)
class AccessReport:
    """Everything that the store keeps of one case."""

    standing: Standing
    assessments: Sequence[Assessment]
    trials: Sequence[ShadowScore]
    own_estimates: Sequence[OwnEstimate]
    decisions: Sequence[Decision]
    contacts: Sequence[Contact]
    consents: Sequence[KeptConsent]
    referrals: Sequence[Referral]
    requests: Sequence[PersonRequest]
    outcomes: Mapping[str, Sequence[Mapping[str, Any]]]
    seen: Sequence[Seen]


def build_access_report(
    user: User, case_id: str, *, store: Store, now: datetime, mode: OwnEstimateMode
) -> AccessReport:
    """Return everything that is kept of a case in reach, and note that it was asked for.

    Where the own estimate comes first it does so here too; but who objects reads what was estimated
    all the same, of which the physician decides nothing.
    """
    check_can(user, Action.HANDLE_REQUEST)
    scope = get_scope(user)
    detail = {"event": REPORT_READ}
    event = AuditEvent(now, user.key, Action.VIEW_CASE, scope.sickness_fund, case_id, detail)
    with store.writing(scope.sickness_fund) as connection:
        standing = get_standing(connection, scope, case_id)
        if must_estimate_first(user, mode) and not standing.is_blocked:
            check_estimated(connection, scope, user, standing)
        save_audit(connection, [event])
        return AccessReport(
            standing,
            list_assessments(connection, scope, case_id),
            list_scores(connection, scope, case_id),
            list_own_estimates(connection, scope, case_id),
            list_decisions(connection, scope, case_id),
            list_contacts(connection, scope, case_id),
            list_consents(connection, scope, case_id),
            list_referrals(connection, scope, case_id),
            list_requests(connection, scope, case_id),
            list_outcomes(connection, scope, case_id),
            list_seen(connection, scope, case_id),
        )
