"""The reports of watching: totals only, one per run, the last ones first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from serving.store.audit import AuditEvent, save_audit
from serving.store.work_tables import monitor_reports


@dataclass(frozen=True)
class KeptReport:
    """A report as it was kept."""

    made_at: datetime
    sickness_fund: str | None
    model_version: str
    verdict: str
    alarms: int
    report: Mapping[str, Any]


@dataclass(frozen=True)
class PastRun:
    """An earlier run, in short."""

    made_at: datetime
    model_version: str
    verdict: str
    alarms: int


def save_report(connection: Connection, made: KeptReport, *, audit: AuditEvent) -> None:
    """Keep a report."""
    connection.execute(insert(monitor_reports), vars(made))
    save_audit(connection, [audit])


def find_report(connection: Connection, fund: str | None) -> KeptReport | None:
    """Return the last report about a fund, or about every fund; None where there is none."""
    c = monitor_reports.c
    names = ("made_at", "sickness_fund", "model_version", "verdict", "alarms", "report")
    query = (
        select(*(c[name] for name in names))
        .where(c.sickness_fund.is_not_distinct_from(fund))
        .order_by(c.made_at.desc(), c.report_id.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return KeptReport(*row) if row else None


def list_runs(connection: Connection, fund: str | None, most: int) -> list[PastRun]:
    """Return the last runs about a fund, or about every fund."""
    c = monitor_reports.c
    query = (
        select(c.made_at, c.model_version, c.verdict, c.alarms)
        .where(c.sickness_fund.is_not_distinct_from(fund))
        .order_by(c.made_at.desc(), c.report_id.desc())
        .limit(most)
    )
    return [PastRun(*row) for row in connection.execute(query)]
