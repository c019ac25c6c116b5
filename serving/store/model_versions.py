"""Which versions of the model gave estimates that are kept, and how many."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from serving.store.tables import assessments


@dataclass(frozen=True)
class Served:
    """A version that gave estimates: the first and last moment, and how many."""

    version: str
    first_at: datetime
    last_at: datetime
    count: int


def build_count(fund: str | None) -> Select[Any]:
    """Return the question after every version that gave an estimate, of one fund or of all.

    An index holds all that is asked here: no row of an estimate is read.
    """
    a = assessments.c
    first, last = func.min(a.made_at), func.max(a.made_at)
    query = select(a.model_version, first, last, func.count()).group_by(a.model_version)
    if fund is not None:
        query = query.where(a.sickness_fund == fund)
    return query.order_by(last.desc(), a.model_version)


def count_versions(connection: Connection, fund: str | None) -> list[Served]:
    """Return every version that gave an estimate, of one fund or of all, the latest first."""
    rows = connection.execute(build_count(fund))
    return [Served(row[0], row[1], row[2], row[3]) for row in rows]
