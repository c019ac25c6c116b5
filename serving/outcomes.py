"""The use case of feedback: what became of people, reported by a fund or read from an extract."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from features.pseudonyms import FIRST_DAY
from serving.faults import FieldFault
from serving.permissions import Action, Scope, User, check_can, get_scope
from serving.store.audit import AuditEvent
from serving.store.engine import EVERY_FUND, Store
from serving.store.identity import FIXED, list_other
from serving.store.outcomes import OUTCOME_TABLES, Row, find_first_screenings, save_outcomes
from serving.store.referrals import follow_pathways
from serving.store.standing import hold_cases

if TYPE_CHECKING:
    import pandas as pd

    from features.tables import Extract

BATCH = 2000
UNKNOWN_CASE = "unknown-case"
WRONG_FIELDS = "wrong-fields"


@dataclass(frozen=True)
class RefusedRow:
    """One row that was not kept: its table, its place in the report, and what is wrong."""

    table: str
    index: int
    key: str
    faults: tuple[FieldFault, ...] = ()


@dataclass(frozen=True)
class Reported:
    """What became of a report: how many rows of each table were kept, and which were refused.

    `moved` counts the cases of which a referral went on because a pathway started or ended.
    """

    kept: Mapping[str, int] = field(default_factory=dict)
    moved: int = 0
    refused: tuple[RefusedRow, ...] = ()

    def __add__(self, other: "Reported") -> "Reported":
        """Return both reports as one."""
        kept = dict(Counter(self.kept) + Counter(other.kept))
        return Reported(kept, self.moved + other.moved, self.refused + other.refused)


@dataclass(frozen=True)
class Reporter:
    """Whose report it is, of which cases, and when it came in."""

    user_key: str
    scope: Scope
    now: datetime

    def tell(self, detail: Mapping[str, str | int], case_id: str | None = None) -> AuditEvent:
        """Return the audit line of something in a report."""
        fund = self.scope.sickness_fund
        return AuditEvent(
            self.now, self.user_key, Action.REPORT_OUTCOMES, fund, case_id, dict(detail)
        )


Numbered = Mapping[str, Sequence[tuple[int, Row]]]  # rows by table, with their place in a report


def report_outcomes(user: User, rows: Numbered, *, store: Store, now: datetime) -> Reported:
    """Keep what a fund reports of its own cases; a row that cannot be kept holds up no other.

    A row that is reported again replaces what was known of it.
    """
    check_can(user, Action.REPORT_OUTCOMES)
    return _keep(rows, Reporter(user.key, get_scope(user), now), store)


def keep_outcomes(
    extract: "Extract", *, store: Store, scope: Scope | None, user_key: str, now: datetime
) -> Reported:
    """Keep the other tables of an extract, after its cases; a second time changes nothing.

    Without a scope, rows of every fund are kept. Rows whose case is not in the store are refused:
    those of other funds, and of cases that could not be estimated. Rows of a case under a number
    that stands for another one are left out.
    """
    funds = _find_funds(extract, store, scope)
    total = Reported()
    for table in OUTCOME_TABLES:
        for numbered in _list_parts(getattr(extract, table), table):
            for fund, part in _group_by_fund(numbered, funds).items():
                if scope is None or scope.sickness_fund == fund:
                    reporter = Reporter(user_key, scope or Scope(fund), now)
                    total += _keep({table: part}, reporter, store)
    return total


def _find_funds(extract: "Extract", store: Store, scope: Scope | None) -> dict[str, str]:
    """Return the fund of each case of an extract, but for those whose number is of another case."""
    names = ("sickness_fund", "case_id", *FIXED)
    columns = [_to_python(extract.cases[name]) for name in names]
    told = dict.fromkeys(zip(*columns, strict=True))  # a case may be screened more than once
    cases = [dict(zip(names, one, strict=True)) for one in told]
    funds = {case["case_id"]: case["sickness_fund"] for case in cases}
    for start in range(0, len(cases), BATCH):
        with store.reading(scope.sickness_fund if scope else EVERY_FUND) as connection:
            for case in list_other(connection, cases[start : start + BATCH]):
                funds.pop(case["case_id"], None)
    return funds


def _keep(rows: Numbered, reporter: Reporter, store: Store) -> Reported:
    scope, today = reporter.scope, reporter.now.date()
    ids = {row["case_id"] for part in rows.values() for _, row in part}
    place = {"sickness_fund": scope.sickness_fund}
    with store.writing(scope.sickness_fund) as connection:
        hold_cases(connection, scope, ids)
        first = find_first_screenings(connection, scope, ids)
        good: dict[str, list[Row]] = {}
        refused = []
        for table, index, row in _each(rows):
            fault = _find_fault(table, index, row, first.get(row["case_id"]), today)
            if fault is None:
                good.setdefault(table, []).append({**row, **place})
            else:
                refused.append(fault)
        kept = {table: len(part) for table, part in good.items()}
        event = reporter.tell({**kept, "refused": len(refused)})
        # everybody waits for the end of the audit log: its lines come last, with those of the cases
        save_outcomes(connection, good, audit=())
        moved = follow_pathways(
            connection,
            scope,
            good.get("pathways", []),
            tell=lambda case_id, step: reporter.tell({"event": step.value}, case_id),
            audit=[event],
        )
    return Reported(kept, moved, tuple(refused))


def _each(rows: Numbered) -> Iterator[tuple[str, int, Row]]:
    for table, part in rows.items():
        for index, row in part:
            yield table, index, row


def _find_fault(
    table: str, index: int, row: Row, first: date | None, today: date
) -> RefusedRow | None:
    if first is None:
        return RefusedRow(table, index, UNKNOWN_CASE)
    faults = tuple(_find_day_faults(table, row, first, today))
    return RefusedRow(table, index, WRONG_FIELDS, faults) if faults else None


# each day with the one that it may not lie before
_ORDER = {
    "pathways": (("started_on", "referred_on"), ("ended_on", "started_on")),
    "work_periods": (("ended_on", "started_on"),),
    "follow_up": (),
    "groups": (),
}


def _find_day_faults(table: str, row: Row, first: date, today: date) -> Iterator[FieldFault]:
    for name, value in row.items():
        if isinstance(value, date) and not FIRST_DAY <= value <= today:
            yield FieldFault(
                name, "een dag vanaf 1990, en niet na vandaag; laat weg wat gepland is"
            )
    for name, earlier in _ORDER[table]:
        day, before = row[name], row[earlier]
        if day is not None and before is None:
            yield FieldFault(earlier, f"een dag, want {name} is ingevuld")
        elif day is not None and day < before:
            yield FieldFault(name, f"een dag op of na {earlier}")
    if table == "follow_up":
        yield from _find_follow_up_faults(row, first)


def _find_follow_up_faults(row: Row, first: date) -> Iterator[FieldFault]:
    if row["observed_until"] < first:
        yield FieldFault("observed_until", "een dag op of na de eerste inschatting")
    if (row["exit"] is None) != (row["exited_on"] is None):
        name = "exited_on" if row["exited_on"] is None else "exit"
        yield FieldFault(name, "exit en exited_on samen, of geen van beide")
    elif row["exited_on"] is not None and row["exited_on"] > row["observed_until"]:
        yield FieldFault("exited_on", "een dag op of voor observed_until")


def _list_parts(frame: "pd.DataFrame", table: str) -> Iterator[list[tuple[int, Row]]]:
    """Yield the rows of a checked table as the store keeps them, some at a time."""
    for start in range(0, len(frame), BATCH):
        part = frame.iloc[start : start + BATCH]
        columns = {str(name): _to_python(part[name]) for name in part.columns}
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        made = map(_to_groups, rows) if table == "groups" else rows
        yield list(enumerate(made, start=start + 1))


def _to_python(column: "pd.Series[Any]") -> list[Any]:
    values = column.dt.date if column.dtype.kind == "M" else column
    missing = column.isna() | (column == "")
    return [None if gone else v for v, gone in zip(values, missing, strict=True)]


def _to_groups(row: Mapping[str, Any]) -> Row:
    named = {k: v for k, v in row.items() if k != "case_id" and v is not None}
    return {"case_id": row["case_id"], "groups": named}


def _group_by_fund(
    numbered: Sequence[tuple[int, Row]], funds: Mapping[str, str]
) -> dict[str, list[tuple[int, Row]]]:
    found: dict[str, list[tuple[int, Row]]] = {}
    for index, row in numbered:
        if fund := funds.get(row["case_id"]):
            found.setdefault(fund, []).append((index, row))
    return found
