"""Steps that tests of working on a case share."""

from typing import Any

from models.suggestion import Suggestion
from serving.states import ASKS_REASON, DecisionKind
from serving.store.engine import EVERY_FUND
from tests.running_service import PASSWORD, Service, make_own_case

LATER = "2026-07-01"


def post(service: Service, path: str, body: Any = None, user: str = "arts") -> Any:
    """Post something to the API."""
    address = f"/api/v1/cases/{path}"
    return service.client.post(address, json=body, auth=(user, PASSWORD))


def open_case(service: Service, number: int = 1, **changes: Any) -> dict[str, Any]:
    """Assess a case and return it as the API shows it."""
    made = service.post(make_own_case(number, **changes), user="systeem")
    assert made.status_code == 201
    found: dict[str, Any] = service.get(f"/api/v1/cases/C-{number:04d}").json()
    return found


def suggest(service: Service, suggestion: Suggestion) -> dict[str, Any]:
    """Have the only case carry a suggestion, and return the case as the API shows it."""
    with service.store.writing(EVERY_FUND) as connection:
        for table in ("cases", "assessments"):
            connection.exec_driver_sql(f"update {table} set suggestion = '{suggestion}'")  # noqa: S608
    shown: dict[str, Any] = service.get("/api/v1/cases/C-0001").json()
    return shown


def build_decision(shown: dict[str, Any], kind: DecisionKind, **changes: Any) -> dict[str, Any]:
    """Return a decision about a case as it was shown, with a reason where one is asked."""
    body = {
        "kind": kind.value,
        "assessment_id": shown["latest"]["assessment_id"],
        "state_version": shown["state_version"],
    }
    if kind is DecisionKind.LOOK_AGAIN:
        body["look_again_on"] = LATER
    if kind in ASKS_REASON[shown["latest"]["suggestion"]]:
        body["reason"] = "knows_more_of_work"
    return body | changes


def read_rows(service: Service, query: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query over every fund."""
    with service.store.reading(EVERY_FUND) as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query).fetchall()]
