"""What an export reads from the store, a part at a time, however much there is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, and_, func, select

from serving.store.outcomes import OUTCOME_TABLES
from serving.store.tables import assessments, cases, contracts

PART = 5000
_PLACE = ("sickness_fund", "case_id", "screened_on")


@dataclass(frozen=True)
class LeftOut:
    """How many assessments an export leaves out, and why."""

    other_contract: int
    objected: int


def find_current_contract(connection: Connection) -> str | None:
    """Return the text of the contract of the last assessment that was made, if there is one."""
    query = (
        select(contracts.c.text)
        .join(assessments, assessments.c.contract_fingerprint == contracts.c.fingerprint)
        .order_by(assessments.c.made_at.desc(), assessments.c.assessment_id)
        .limit(1)
    )
    return connection.execute(query).scalar_one_or_none()


def count_left_out(connection: Connection, fingerprint: str, until: date) -> LeftOut:
    """Return how many assessments lie under another contract, or under an objection."""
    is_other = assessments.c.contract_fingerprint != fingerprint
    counted = [
        connection.execute(_of_cases(select(func.count()), until).where(test)).scalar_one()
        for test in (is_other, and_(~is_other, cases.c.is_blocked))
    ]
    return LeftOut(*counted)


def stream_screenings(
    connection: Connection, fingerprint: str, until: date
) -> Iterator[Sequence[Mapping[str, Any]]]:
    """Yield the inputs of every screening, some at a time; of one day only the last assessment."""
    c = assessments.c
    query = (
        _of_cases(select(*(c[name] for name in _PLACE), c.inputs), until)
        .where(c.contract_fingerprint == fingerprint, ~cases.c.is_blocked)
        .order_by(*(c[name] for name in _PLACE), c.made_at, c.assessment_id)
    )
    held: RowMapping | None = None
    for part in _stream(connection, query):
        last = []
        for row in part:
            if held is not None and _get_place(held) != _get_place(row):
                last.append(held["inputs"])
            held = row
        yield last
    if held is not None:
        yield [held["inputs"]]


def _get_place(row: RowMapping) -> tuple[Any, ...]:
    return tuple(row[name] for name in _PLACE)


def _of_cases(query: Select[Any], until: date) -> Select[Any]:
    c = assessments.c
    same = and_(cases.c.sickness_fund == c.sickness_fund, cases.c.case_id == c.case_id)
    return query.select_from(assessments.join(cases, same)).where(c.screened_on <= until)


def stream_outcomes(connection: Connection, name: str) -> Iterator[Sequence[Mapping[str, Any]]]:
    """Yield the rows of one table of outcomes, some at a time."""
    yield from _stream(connection, select(OUTCOME_TABLES[name]))


def _stream(connection: Connection, query: Select[Any]) -> Iterator[Sequence[Any]]:
    with connection.execution_options(yield_per=PART).execute(query) as found:
        yield from found.mappings().partitions()
