"""The use case of assessing a case again today: its last inputs, and what changed since."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from features.contract import Contract
from features.requests import CASE_LABELS_NL
from serving.assess import Desk, assess_case
from serving.assessment import Assessment
from serving.permissions import Action, check_can, get_scope
from serving.states import StaleError
from serving.store.assessments import list_assessments
from serving.store.engine import Connection, Store
from serving.store.standing import get_standing


def reassess_case(
    case_id: str, seen_id: str, changed: Mapping[str, Any], *, desk: Desk, store: Store
) -> Assessment:
    """Return a new assessment of today, kept with its audit line.

    Raises StaleError where the case was assessed again since `seen_id`, and what `assess_case`
    raises.
    """
    check_can(desk.user, Action.ASSESS)
    scope = get_scope(desk.user)

    def check_seen(connection: Connection) -> None:
        standing = get_standing(connection, scope, case_id)
        if standing.assessment_id != seen_id:
            raise StaleError(standing.state)

    with store.reading(scope.sickness_fund) as connection:
        check_seen(connection)
        latest = list_assessments(connection, scope, case_id)[0]
    today = {"screened_on": desk.now.date().isoformat()}
    data = fill_again(latest, changed, desk.bundle.contract) | today
    # once more where it is kept: a form that is sent twice at once is kept once
    return assess_case(data, desk=desk, store=store, check=check_seen)


def fill_again(
    latest: Assessment, changed: Mapping[str, Any], contract: Contract
) -> dict[str, Any]:
    """Return the inputs of an assessment as they come in, with some of them changed.

    What the contract of today does not know is left out.
    """
    known = {*CASE_LABELS_NL, *(field.name for field in contract.columns)}
    as_it_was = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in latest.case.items()
        if name in known
    }
    return {**as_it_was, **changed}
