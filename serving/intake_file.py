"""The use case of an intake file: read cases, estimate them in batches, keep them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.contract import Contract, Field
from features.fields import CASE_COLUMNS
from models.bundle import Bundle
from models.suggestion import Limits, LimitsError, get_limits
from serving.assess import Desk, assess_checked, build_event
from serving.permissions import Role, User
from serving.store.assessments import build_known, list_known, save_assessments
from serving.store.engine import EVERY_FUND, Store

if TYPE_CHECKING:
    import pandas as pd

BATCH = 2000
IMPORTER = User(key="import", name="Invoer", role=Role.ADVISING_PHYSICIAN)
Count = Callable[[int], None]


@dataclass(frozen=True)
class Imported:
    """What became of the cases of a file.

    `known` were assessed before with the same inputs by the same model; `elsewhere` belong to
    another sickness fund; `untimely` lie after today or before the first limits.
    """

    saved: int = 0
    known: int = 0
    elsewhere: int = 0
    untimely: int = 0
    rejected: int = 0


@dataclass(frozen=True)
class Intake:
    """What an import needs beside the file."""

    store: Store
    bundle: Bundle
    limits: tuple[Limits, ...]
    now: datetime
    fund: str | None = None


def import_cases(
    path: Path,
    intake: Intake,
    *,
    count: Count,
    max_rejected: float = 0.05,
    rejected_to: Path | None = None,
) -> Imported:
    """Assess every good case of a file or folder and keep it; a second time changes nothing."""
    from features.tables import read_cases

    extract = read_cases(
        path,
        intake.bundle.contract,
        max_rejected_share=max_rejected,
        rejected_to=rejected_to,
    )
    rejected = extract.rejected["row"].nunique()
    return replace(import_frame(extract.cases, intake, count=count), rejected=rejected)


def import_frame(frame: "pd.DataFrame", intake: Intake, *, count: Count) -> Imported:
    """Assess and keep the cases of a checked table, one transaction per batch."""
    total = Imported()
    for start in range(0, len(frame), BATCH):
        part = list(list_rows(frame.iloc[start : start + BATCH], intake.bundle.contract))
        made = _import_batch(part, intake)
        total = Imported(*(a + b for a, b in zip(vars(total).values(), made, strict=True)))
        count(len(part))
    return total


def _import_batch(
    part: Sequence[Mapping[str, Any]], intake: Intake
) -> tuple[int, int, int, int, int]:
    own = [c for c in part if intake.fund in (None, c["sickness_fund"])]
    timely = [c for c in own if _is_timely(c, intake)]
    desk = Desk(user=IMPORTER, bundle=intake.bundle, limits=intake.limits, now=intake.now)
    with intake.store.writing(intake.fund or EVERY_FUND) as connection:
        ids = {c["case_id"] for c in timely}
        before = list_known(connection, ids, intake.bundle.version)
        fresh = [c for c in timely if build_known(c) not in before]
        made = assess_checked(fresh, desk)
        save_assessments(connection, made, audit=[build_event(a, desk) for a in made])
    return len(fresh), len(timely) - len(fresh), len(part) - len(own), len(own) - len(timely), 0


def _is_timely(case: Mapping[str, Any], intake: Intake) -> bool:
    try:
        get_limits(case["screened_on"], intake.limits)
    except LimitsError:
        return False
    return bool(case["screened_on"] <= intake.now.date())


def list_rows(frame: "pd.DataFrame", contract: Contract) -> Iterator[dict[str, Any]]:
    """Yield the rows of a checked table as `check_case` would give them."""
    columns: dict[str, list[Any]] = {name: frame[name].tolist() for name in CASE_COLUMNS}
    for name in ("absence_started_on", "screened_on"):
        columns[name] = [day.date() for day in columns[name]]
    for field in contract.columns:
        missing = frame[field.name].isna().tolist()
        values = zip(frame[field.name].tolist(), missing, strict=True)
        columns[field.name] = [None if gone else _to_python(field, v) for v, gone in values]
    names = list(columns)
    for row in zip(*columns.values(), strict=True):
        yield dict(zip(names, row, strict=True))


def _to_python(field: Field, value: Any) -> Any:
    if field.levels:
        return str(value)
    if field.kind == "flag":
        return bool(value)
    return int(value) if field.integer else float(value)
