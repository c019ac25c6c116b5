"""A store with cases on their way and entries of some months, to plan from, for tests."""

import shutil
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from sqlalchemy import insert, update

from models.estimate import GainStatus
from models.suggestion import read_limits
from serving.planning_run import Asked, Made, make_plan
from serving.store.audit import AuditEvent
from serving.store.engine import EVERY_FUND, Store
from serving.store.planning import Capacity, save_capacity
from serving.store.planning_entries import EVERY, EntryTotal, save_entries
from serving.store.tables import cases
from serving.store.work_tables import decisions, follow_up, pathways, work_periods
from tests.running_service import (
    FUND,
    NOW,
    Service,
    get_gain_bundle,
    get_sqlite_template,
    make_own_case,
    make_service,
)

REGIONS = ("antwerpen", "limburg")
MONTHS = 14  # too few to test a forecast on: quick


def add_entries(
    store: Store,
    months: int = MONTHS,
    *,
    fund: str = EVERY,
    entered: int = 120,
    until: date | None = None,
) -> None:
    """Keep entries of the last months before the one of `until`, or of now."""
    first = (until or NOW.date()).replace(day=1)
    rows = []
    for back in range(1, months + 1):
        month = _go_back(first, back)
        for place, region in enumerate(REGIONS):
            count = entered + 10 * place + month.month
            lasting = [round(count * share) for share in (0.8, 0.6, 0.5)]
            known = [n if back > age else None for age, n in enumerate(lasting, 1)]
            rows.append(EntryTotal(month, region, count, *known))
    event = AuditEvent(NOW, "test", "report_entries")
    with store.writing(EVERY_FUND) as connection:
        save_entries(connection, rows, fund, made_at=NOW, made_by="test", audit=event)


def _go_back(day: date, months: int) -> date:
    number = day.year * 12 + day.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)


def add_case(
    service: Service,
    number: int,
    screened_on: date,
    *,
    region: str = "antwerpen",
    suggested: bool = True,
    referred_on: date | None = None,
    started_on: date | None = None,
    ended_on: date | None = None,
    closed_on: date | None = None,
    **changes: Any,
) -> None:
    """Keep a case that was screened about the third month, and what came of it."""
    case = make_own_case(
        number,
        region=region,
        absence_started_on=(screened_on - timedelta(days=92)).isoformat(),
        screened_on=screened_on.isoformat(),
        **changes,
    )
    assert service.post(case).status_code == 201
    key = {"sickness_fund": FUND, "case_id": case["case_id"]}
    suggestion = "refer" if suggested else "own_way"
    own = (cases.c.sickness_fund == FUND, cases.c.case_id == case["case_id"])
    with service.store.writing(FUND) as connection:
        connection.execute(update(cases).where(*own).values(suggestion=suggestion))
        for day, kind in ((referred_on, "refer"), (closed_on, "own_return")):
            if day is not None:
                connection.execute(insert(decisions), key | _decide(number, day, kind, suggestion))
        if closed_on is not None:
            connection.execute(update(cases).where(*own).values(state="closed"))
        if referred_on is not None and started_on is not None:
            path = {"referred_on": referred_on, "started_on": started_on, "ended_on": ended_on}
            connection.execute(insert(pathways), key | path | {"kind": "training"})


def _decide(number: int, day: date, kind: str, suggestion: str) -> dict[str, Any]:
    return {
        "decision_id": f"decision-{number}-{kind}",
        "assessment_id": "a" * 32,
        "made_at": datetime(day.year, day.month, day.day, 12, tzinfo=NOW.tzinfo),
        "made_by": "arts",
        "kind": kind,
        "suggestion": suggestion,
        "deviates": False,
    }


def add_outcome(service: Service, number: int, worked_on: date | None, observed: date) -> None:
    """Keep when somebody worked again, and until when that is known."""
    key = {"sickness_fund": FUND, "case_id": f"C-{number:04d}"}
    with service.store.writing(FUND) as connection:
        connection.execute(insert(follow_up), key | {"observed_until": observed})
        if worked_on is not None:
            connection.execute(insert(work_periods), key | {"started_on": worked_on})


def fill(service: Service, people: int = 60) -> None:
    """Keep cases of half a year, one in two suggested, one in three referred, then started."""
    for number in range(1, people + 1):
        screened = NOW.date() - timedelta(days=20 + 3 * number)
        referred = screened + timedelta(days=6) if number % 3 == 0 else None
        started = screened + timedelta(days=40) if number % 3 == 0 else None
        add_case(
            service,
            number,
            screened,
            region=REGIONS[number % 2],
            suggested=number % 2 == 0,
            referred_on=referred,
            started_on=started if started and started < NOW.date() else None,
            age_years=20 + number % 40,
        )


def plan(service: Service, now: datetime = NOW) -> Made:
    """Plan from the store as it is."""
    return make_plan(service.store, Asked(now.date(), now, read_limits()))


@cache
def get_planned_template() -> Path:
    """Return a store with cases, entries, capacities and a plan, to copy from."""
    path = Path(mkdtemp(prefix="kantelpunt-planned-")) / "template.db"
    shutil.copy(get_sqlite_template(), path)
    service = make_service(f"sqlite:///{path}", get_gain_bundle(GainStatus.ESTIMATED))
    fill(service, 120)
    add_entries(service.store)
    for region in REGIONS:
        body = {"region": region, "valid_from": "2026-01-01", "places": 60, "reason": "meting"}
        put_capacity(service, body)
    plan(service)
    with service.store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    service.client.close()
    service.store.close()
    return path


def put_capacity(service: Service, body: Any) -> None:
    """Keep a capacity before any plan knows its region."""
    made = Capacity(
        **body | {"valid_from": date.fromisoformat(body["valid_from"])},
        kind=None,
        author="Planner",
        made_at=NOW,
    )
    event = AuditEvent(NOW, "planner", "plan", detail={"what": "capacity"})
    with service.store.writing() as connection:
        save_capacity(connection, made, audit=event)
