"""The other orders of the list: by next clock and by absence, page by page.

The next clock follows from the first day of absence alone. So the order of the clocks is an order
of first days, of which a year has few. Where few cases pass the filters, they are found in the
index of the triage order, which holds what is filtered on, and sorted. Where many pass, a page is
soon full.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, case, select

from serving.permissions import Scope
from serving.store.cases import (
    AbsentPlace,
    CaseFilter,
    Days,
    ListedCase,
    build_places,
    build_tests,
    list_cases,
    to_listed,
    unite,
)
from serving.store.reach import in_reach
from serving.store.tables import ABSENT_ORDER, cases

FEW = 2000
# days looked up one by one; of those after them all cases that pass are sorted
ONE_BY_ONE = 8


@dataclass(frozen=True)
class Asked:
    """Which cases are asked for, in whose reach."""

    connection: Connection
    scope: Scope
    wanted: CaseFilter


def list_in_order(
    asked: Asked, starts: Sequence[date], *, after: AbsentPlace | None = None, limit: int
) -> list[ListedCase]:
    """Return the next `limit` cases in the order of their first day in `starts`, then by number.

    Cases that began on no such day come last, the longest absent first: without any start, all.
    """
    few = _find_few(asked)
    if few is None:
        return _walk(asked, starts, after, limit)
    places = {day: place for place, day in enumerate(starts)}
    found = sorted((places.get(day, len(starts)), day, case_id) for day, case_id in few)
    if after is not None:
        passed = (places.get(after[0], len(starts)), *after)
        found = [place for place in found if place > passed]
    ids = [case_id for *_, case_id in found[:limit]]
    return _get_cases(asked, ids)


def _find_few(asked: Asked) -> list[AbsentPlace] | None:
    """Return the places of all cases that are asked for, or None where that are many."""
    query = build_places(asked.scope, asked.wanted, FEW + 1)
    rows = asked.connection.execute(query)
    found = [(row.absence_started_on, row.case_id) for row in rows]
    return found if len(found) <= FEW else None


def _get_cases(asked: Asked, ids: Sequence[str]) -> list[ListedCase]:
    query = select(cases).where(in_reach(cases, asked.scope), cases.c.case_id.in_(ids))
    found = {row["case_id"]: to_listed(row) for row in asked.connection.execute(query).mappings()}
    return [found[case_id] for case_id in ids]


def _walk(
    asked: Asked, starts: Sequence[date], after: AbsentPlace | None, limit: int
) -> list[ListedCase]:
    begun, past = after or (None, "")
    is_within = begun is None or begun in starts
    listed = _walk_days(asked, starts, begun, past, limit) if is_within else []
    if len(listed) == limit or (starts and asked.wanted.started is not None):
        return listed
    wanted = asked.wanted
    if starts:
        wanted = replace(wanted, started=((date.min, min(starts) - timedelta(days=1)),))
    return listed + list_cases(
        asked.connection,
        asked.scope,
        wanted,
        after=None if is_within else after,
        limit=limit - len(listed),
        order=ABSENT_ORDER,
    )


def _walk_days(
    asked: Asked, starts: Sequence[date], begun: date | None, past: str, limit: int
) -> list[ListedCase]:
    rest = starts if begun is None else starts[starts.index(begun) :]
    days = [day for day in rest if day == begun or _lies_within(day, asked.wanted.started)]
    found: list[RowMapping] = []
    for day in days[:ONE_BY_ONE]:
        beyond = past if day == begun else ""
        found += _list_days(asked, {day: 0}, limit - len(found), beyond)
    left = {day: place for place, day in enumerate(days[ONE_BY_ONE:])}
    found += _list_days(asked, left, limit - len(found))
    return [to_listed(row) for row in found]


def _lies_within(day: date, ranges: Sequence[Days] | None) -> bool:
    return ranges is None or any(since <= day <= until for since, until in ranges)


def _list_days(
    asked: Asked, days: Mapping[date, int], limit: int, beyond: str = ""
) -> Iterable[RowMapping]:
    """Return cases that began on these days, by their place, with a number beyond another."""
    if not days or not limit:
        return []
    c = cases.c
    wanted = replace(asked.wanted, started=None)
    query = select(cases).where(*build_tests(asked.scope, wanted), c.absence_started_on.in_(days))
    if beyond:
        query = query.where(c.case_id > beyond)
    found = unite(query.order_by(*_order(c, days)).limit(limit), wanted)
    together = select(found).order_by(*_order(found.c, days)).limit(limit)
    return asked.connection.execute(together).mappings().all()


def _order(columns: Any, days: Mapping[date, int]) -> Sequence[Any]:
    by_day = [case(days, value=columns.absence_started_on)] if len(days) > 1 else []
    return [*by_day, columns.case_id]
