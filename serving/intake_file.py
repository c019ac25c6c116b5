"""The use case of an intake file: check it, read cases, estimate them in batches, keep them.

An import that was cut off goes on where it stopped: how far it is, is kept with each batch.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from features.contract import Contract
from models.bundle import Bundle
from models.suggestion import Limits, LimitsError, get_limits
from serving.assess import Desk, Kept, assess_for_list, build_event, tell_nobody
from serving.assessment import Assessment
from serving.intake_rows import (
    NumberedCase,
    fingerprint_files,
    list_files,
    number_cases,
    read_checked,
)
from serving.outcomes import keep_outcomes
from serving.permissions import Action, Role, Scope, User
from serving.store.assessments import build_known, list_known, save_assessments
from serving.store.audit import AuditEvent
from serving.store.engine import EVERY_FUND, Store
from serving.store.identity import OtherCaseError, find_bars, once_more
from serving.store.imports import (
    Import,
    Imported,
    ImportStatus,
    Reject,
    add_rejects,
    advance_import,
    begin_rows,
    end_import,
    find_unfinished,
    list_rejects,
    save_import,
)
from serving.store.planning import read_gain_limits

if TYPE_CHECKING:
    import pandas as pd

    from features.tables import Extract

BATCH = 500
MAX_REJECTED = 0.05  # share of the rows; more means that the file itself is wrong
OTHER_CASE = "differs from what this number stands for: a new absence or person needs a new number"
IMPORTER = User(key="import", name="Invoer", role=Role.ADVISING_PHYSICIAN)
Count = Callable[[int], None]


@dataclass(frozen=True)
class Intake:
    """What an import needs beside the file; without a scope, cases of every fund are kept."""

    store: Store
    bundle: Bundle
    limits: tuple[Limits, ...]
    now: datetime
    scope: Scope | None = None
    user: User = IMPORTER
    tell_kept: Kept = tell_nobody

    @property
    def reach(self) -> str:
        """The rows that the store gives to this import."""
        return self.scope.sickness_fund if self.scope else EVERY_FUND

    def tell(self, **detail: str | int) -> AuditEvent:
        """Return the audit line of something that the import did."""
        fund = self.scope.sickness_fund if self.scope else None
        return AuditEvent(self.now, self.user.key, Action.UPLOAD_CASES, fund, None, detail)


@dataclass(frozen=True)
class Arrival:
    """What came in: how many good cases, what was set aside, and what it is known by.

    `read` yields the good cases from a place on, under a contract; `rejected` counts the rows that
    `rejects` are of. `extract` holds the other tables of a folder; None where there were none.
    """

    total: int
    fingerprint: str
    read: Callable[[int, Contract], Iterator[NumberedCase]] = field(repr=False)
    rejects: Sequence[Reject] = field(default=(), repr=False)
    rejected: int = 0
    extract: "Extract | None" = field(default=None, repr=False)

    @classmethod
    def of(
        cls,
        cases: "pd.DataFrame",
        fingerprint: str,
        rejects: Sequence[Reject] = (),
        extract: "Extract | None" = None,
    ) -> "Arrival":
        """Return the arrival of a checked table."""
        gone = {r.row for r in rejects if r.table == "cases"}
        rejected = len({(r.table, r.row) for r in rejects})
        read = partial(number_cases, cases, gone)
        return cls(len(cases), fingerprint, read, rejects, rejected, extract)


def read_arrival(
    path: Path, contract: Contract, *, max_rejected: float, rejected_to: Path | None = None
) -> Arrival:
    """Return what a file or folder holds; raises FileRefusedError or an error of the tables."""
    extract = read_checked(path, contract, max_rejected=max_rejected, rejected_to=rejected_to)
    rejects = [Reject(*row) for row in extract.rejected.itertuples(index=False, name=None)]
    fingerprint = fingerprint_files(list_files(path), contract)
    return Arrival.of(extract.cases, fingerprint, rejects, extract)


def open_import(arrival: Arrival, intake: Intake) -> Import:
    """Return the import of a file: the one that was cut off, or else a new one."""
    version, now = intake.bundle.version, intake.now
    with intake.store.writing(intake.reach) as connection:
        found = find_unfinished(connection, arrival.fingerprint, version, intake.scope)
        if found is not None and found.rows_total == arrival.total:
            return found
        made = Import(uuid4().hex, arrival.fingerprint, version, intake.scope, now, intake.user.key)
        save_import(connection, made, audit=intake.tell(import_id=made.import_id, step="received"))
    return begin_import(made, arrival, intake)


def begin_import(made: Import, arrival: Arrival, intake: Intake) -> Import:
    """Note that the rows of a file were read and which were rejected; return the import so far."""
    begun = replace(
        made,
        model_version=intake.bundle.version,
        fingerprint=arrival.fingerprint,
        status=ImportStatus.RUNNING,
        rows_total=arrival.total,
        rows_done=0,
        counts=Imported(rejected=arrival.rejected),
    )
    read = intake.tell(import_id=made.import_id, step="read", rows=begun.rows_total)
    with intake.store.writing(intake.reach) as connection:
        begin_rows(connection, begun, arrival.rejects, audit=read)
    return begun


def import_rows(arrival: Arrival, made: Import, intake: Intake, *, count: Count) -> Imported:
    """Assess and keep the cases from where the import is; return what became of all of them."""
    rows = arrival.read(made.rows_done, intake.bundle.contract)
    while part := list(islice(rows, BATCH)):
        made = _import_batch(part, made, intake)
        count(len(part))
    if arrival.extract is not None:
        keep_outcomes(
            arrival.extract,
            store=intake.store,
            scope=intake.scope,
            user_key=intake.user.key,
            now=intake.now,
        )
    with intake.store.writing(intake.reach) as connection:
        told = intake.tell(import_id=made.import_id, step="done", **vars(made.counts))
        end_import(connection, made.import_id, at=intake.now, audit=told)
    return made.counts


def list_other_cases(made: Import, intake: Intake) -> list[tuple[str, int, str, str]]:
    """Return the rows of an import under the number of another case, as the report writes them."""
    with intake.store.reading(intake.reach) as connection:
        return [
            (one.table, one.row, one.field, one.reason)
            for one in list_rejects(connection, made.import_id)
            if one.reason == OTHER_CASE
        ]


def _import_batch(part: Sequence[NumberedCase], made: Import, intake: Intake) -> Import:
    """Estimate first and write after it: nobody else waits for the model."""
    own = [(row, c) for row, c in part if _is_own(c, intake.scope)]
    timely = [(row, c) for row, c in own if _is_timely(c, intake)]
    with intake.store.reading(intake.reach) as connection:
        known = list_known(connection, _group_by_fund(timely), intake.bundle.version)
        regional = read_gain_limits(connection)
    fresh = [(row, c) for row, c in timely if build_known(c) not in known]
    counts = Imported(
        known=len(timely) - len(fresh),
        elsewhere=len(part) - len(own),
        untimely=len(own) - len(timely),
    )
    desk = Desk(intake.user, intake.bundle, intake.limits, intake.now, regional=regional)
    found = assess_for_list([c for _, c in fresh], desk)
    done = replace(made, rows_done=made.rows_done + len(part), counts=made.counts + counts)
    rows = [row for row, _ in fresh]
    return once_more(lambda: _keep_batch(found, rows, made.rows_done, done, desk, intake))


def _keep_batch(
    found: Sequence[Assessment],
    rows: Sequence[int],
    seen: int,
    done: Import,
    desk: Desk,
    intake: Intake,
) -> Import:
    """Keep what may be kept of a batch and set aside what came under the number of another case."""
    region = intake.scope.region if intake.scope else None
    with intake.store.writing(intake.reach) as connection:
        bars = find_bars(connection, found, region=region, hold=True)
        other = {i: error for i, error in bars.items() if isinstance(error, OtherCaseError)}
        kept = [a for i, a in enumerate(found) if i not in bars]
        counts = done.counts + Imported(
            saved=len(kept), blocked=len(bars) - len(other), other_case=len(other)
        )
        advance_import(connection, done.import_id, seen, done.rows_done, counts)
        rejects = [
            Reject("cases", rows[i], name, OTHER_CASE)
            for i, e in other.items()
            for name in e.fields
        ]
        add_rejects(connection, done.import_id, rejects)
        lines = [build_event(a, desk) for a in kept]
        save_assessments(connection, kept, audit=lines, may_move=region is None)
    intake.tell_kept(kept)
    return replace(done, counts=counts)


def _is_own(case: Mapping[str, Any], scope: Scope | None) -> bool:
    if scope is None:
        return True
    return case["sickness_fund"] == scope.sickness_fund and scope.region in (None, case["region"])


def _is_timely(case: Mapping[str, Any], intake: Intake) -> bool:
    try:
        get_limits(case["screened_on"], intake.limits)
    except LimitsError:
        return False
    return bool(case["screened_on"] <= intake.now.date())


def _group_by_fund(cases: Sequence[NumberedCase]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for _, case in cases:
        found.setdefault(case["sickness_fund"], set()).add(case["case_id"])
    return found
