"""Days and months in SQL that SQLite and PostgreSQL count alike, whatever zone a session is in."""

from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, case, cast, extract
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from serving.store.columns import Instant


class utc_day(FunctionElement[Any]):  # noqa: N801 - it reads as a function of SQL
    """The day of a moment, in UTC."""

    type = Date()
    inherit_cache = True


@compiles(utc_day, "sqlite")
def _utc_day_sqlite(element: Any, compiler: Any, **given: Any) -> str:
    return f"date({compiler.process(element.clauses, **given)})"


@compiles(utc_day, "postgresql")
def _utc_day_postgresql(element: Any, compiler: Any, **given: Any) -> str:
    return f"cast(timezone('UTC', {compiler.process(element.clauses, **given)}) as date)"


def to_day(day: Any) -> Any:
    """Return a column of days; of moments their day in UTC."""
    return utc_day(day) if isinstance(day.type, Instant) else day


def number_month(day: Any) -> ColumnElement[int]:
    """Return the month of a column, counted from January of year 0; null where there is none."""
    day = to_day(day)
    return cast(extract("year", day) * 12 + extract("month", day) - 1, Integer)


def count_months(earlier: Any, later: Any) -> ColumnElement[int]:
    """Return how many whole months lie between two columns of days; null where either lacks."""
    begun = case((extract("day", later) < extract("day", earlier), 1), else_=0)
    return number_month(later) - number_month(earlier) - begun
