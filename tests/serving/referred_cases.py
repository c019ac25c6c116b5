"""Cases on their way to VDAB, for tests: decided, agreed to, sent."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from serving.states import CaseState
from serving.store.engine import EVERY_FUND
from serving.store.tables import audit, cases
from serving.store.work_tables import decisions
from tests.running_service import FUND, NOW, PASSWORD, TODAY, Service, make_own_case

STARTED = TODAY - timedelta(days=90)
CASE = "/api/v1/cases/C-0001"
PERSON_NUMBER = ".".join(("85", "07", "30-033", "28"))  # in parts: no such number in a file


def post(service: Service, address: str, body: Any = None, user: str = "coordinator") -> Any:
    return service.client.post(address, json=body or {}, auth=(user, PASSWORD))


def make_case_to_refer(service: Service, number: int = 1, **changes: Any) -> str:
    """Have one case assessed and decided: refer. Return its number."""
    given = {"absence_started_on": STARTED, "screened_on": TODAY - timedelta(days=5)} | changes
    dated = {k: v.isoformat() if isinstance(v, date) else v for k, v in given.items()}
    case = make_own_case(number, **dated)
    assert service.post(case).status_code == 201
    case_id: str = case["case_id"]
    of_case = (cases.c.sickness_fund == FUND, cases.c.case_id == case_id)
    with service.store.writing(FUND) as connection:
        assessment_id = connection.execute(select(cases.c.assessment_id).where(*of_case)).scalar()
        decision = {
            "decision_id": f"decision-{case_id}",
            "sickness_fund": FUND,
            "case_id": case_id,
            "assessment_id": assessment_id,
            "made_at": NOW,
            "made_by": "arts",
            "kind": "refer",
            "suggestion": "refer",
            "deviates": False,
        }
        connection.execute(insert(decisions), decision)
        moved = {"state": CaseState.TO_REFER.value, "state_version": 1}
        connection.execute(update(cases).where(*of_case).values(**moved))
    return case_id


def agree(service: Service, case_id: str = "C-0001", **changes: Any) -> Any:
    given = {"given_on": TODAY.isoformat(), "purpose": "share_with_vdab"} | changes
    return post(service, f"/api/v1/cases/{case_id}/consent", given)


def send(service: Service, case_id: str = "C-0001", **changes: Any) -> Any:
    given = {"state_version": 1, "needs_text": "Liefst dicht bij huis."} | changes
    return post(service, f"/api/v1/cases/{case_id}/referral", given)


def make_sent_case(service: Service, number: int = 1, **changes: Any) -> str:
    """Have one case referred; return its number."""
    case_id = make_case_to_refer(service, number, **changes)
    assert agree(service, case_id).status_code == 201
    assert send(service, case_id).status_code == 201
    return case_id


def step(service: Service, name: str, on: date = TODAY, **more: Any) -> Any:
    return post(service, f"{CASE}/referral/{name}", {"on": on.isoformat(), **more})


def get_state(service: Service, case_id: str = "C-0001") -> tuple[str, int]:
    query = select(cases.c.state, cases.c.state_version).where(cases.c.case_id == case_id)
    with service.store.reading(FUND) as connection:
        row = connection.execute(query).one()
    return row.state, row.state_version


def list_audit(service: Service) -> list[tuple[str, dict[str, Any]]]:
    query = select(audit.c.action, audit.c.detail).order_by(audit.c.audit_id)
    with service.store.reading(EVERY_FUND) as connection:
        return [(row.action, row.detail) for row in connection.execute(query)]
