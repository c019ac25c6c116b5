"""The use case of an export: the store as a pseudonymised extract, ready to train on."""

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from features.contract import Contract, parse_contract
from features.errors import KantelpuntError
from features.fields import CASE_COLUMNS
from features.whole_file import flush_file, flush_names
from serving.accounts import BY
from serving.pseudonyms import Pseudonyms
from serving.store.audit import AuditEvent, save_audit
from serving.store.engine import EVERY_FUND, Store
from serving.store.exports import (
    LeftOut,
    count_left_out,
    find_current_contract,
    stream_outcomes,
    stream_screenings,
)

if TYPE_CHECKING:
    import pandas as pd

# a kind of pathway is a key; any other text might be about somebody
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_OUTCOMES = ("pathways", "work_periods", "follow_up", "groups")


class ExportError(KantelpuntError):
    """An export that cannot be made, and what to do."""


@dataclass(frozen=True)
class Exported:
    """How many rows of each table were written, and how many assessments were left out."""

    rows: Mapping[str, int]
    left_out: LeftOut


@dataclass(frozen=True)
class _Window:
    """What an export may tell: until which day, of which cases since when, under which names."""

    until: date
    names: Pseudonyms
    # by pseudonym the first screening: outcomes of any other case stay here
    first: dict[str, date] = field(default_factory=dict)


def export_extract(
    store: Store, folder: Path, *, key: str, now: datetime, until: date | None = None
) -> Exported:
    """Write every screening and what became of it, and note that they left the store.

    Cases under an objection stay, and so do assessments under another contract than the last one.
    Raises ExportError where there is nothing to write or the folder holds something.
    """
    from features.tables import CONTRACT_FILE, write_tables

    check_folder(folder)
    window = _Window(until or now.date(), Pseudonyms(key))
    with store.reading(EVERY_FUND) as connection:
        text = find_current_contract(connection)
        if text is None:
            raise ExportError("the store holds no assessment yet: import cases first")
        contract = parse_contract(text, where="store")
        left_out = count_left_out(connection, contract.fingerprint, window.until)
        screened = stream_screenings(connection, contract.fingerprint, window.until)
        tables = {"cases": _build_cases(screened, contract, window)}
        for name in _OUTCOMES:
            tables[name] = _build_outcomes(stream_outcomes(connection, name), name, window)
    written = Exported({name: len(table) for name, table in tables.items()}, left_out)
    part: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        # of its own, where a second export goes to the same place; and only its owner's, as what
        # it holds is about the health of people
        part = Path(mkdtemp(prefix=f"{folder.name}.part-", dir=folder.parent))
        write_tables(tables, part)
        (part / CONTRACT_FILE).write_text(text, encoding="utf-8")
        for file in part.iterdir():
            flush_file(file)
        flush_names(part)
        _note(store, written, now)
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
        flush_names(folder.parent)
    except OSError as error:
        raise ExportError(
            f"{folder} cannot be written ({error.strerror}): nothing of it was kept, make room"
        ) from None
    finally:
        if part is not None:
            shutil.rmtree(part, ignore_errors=True)
    return written


def check_folder(folder: Path) -> None:
    """Raise ExportError where the folder holds anything: rows of two exports must never mix."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExportError(f"{folder}: expected a new or an empty folder")


def _note(store: Store, written: Exported, now: datetime) -> None:
    detail = {**written.rows, **vars(written.left_out)}
    with store.writing(EVERY_FUND) as connection:
        save_audit(connection, [AuditEvent(now, BY, "export", detail=detail)])


def _build_cases(
    parts: Iterator[Sequence[Mapping[str, Any]]], contract: Contract, window: _Window
) -> "pd.DataFrame":
    import pandas as pd

    frames = [_build_part(part, contract, window) for part in parts if part]
    if not frames:
        raise ExportError("no screening of the last contract lies before that day")
    whole = pd.concat(frames, ignore_index=True)
    # in the order of the pseudonyms: where a row stands tells nothing either
    return whole.sort_values(["case_id", "screened_on"], ignore_index=True)


def _build_part(
    part: Sequence[Mapping[str, Any]], contract: Contract, window: _Window
) -> "pd.DataFrame":
    import pandas as pd

    columns: dict[str, Any] = {name: [row[name] for row in part] for name in CASE_COLUMNS}
    funds = columns["sickness_fund"]
    for name, kind in (("case_id", "case"), ("person_key", "person")):
        told = zip(funds, columns[name], strict=True)
        columns[name] = [window.names.name(kind, fund, text) for fund, text in told]
    for case_id, day in zip(columns["case_id"], columns["screened_on"], strict=True):
        window.first.setdefault(case_id, date.fromisoformat(day))
    for name in ("absence_started_on", "screened_on"):
        columns[name] = pd.array(columns[name], dtype="datetime64[s]")
    for f in contract.columns:
        values = [row.get(f.name) for row in part]
        kept = pd.Categorical(values, list(f.levels)) if f.levels else _to_numbers(values)
        columns[f.name] = kept
    return pd.DataFrame(columns)


def _to_numbers(values: Sequence[Any]) -> Any:
    import numpy as np

    return np.array([np.nan if v is None else float(v) for v in values])


def _tell_pathway(row: Mapping[str, Any], window: _Window) -> dict[str, Any] | None:
    if row["referred_on"] > window.until:
        return None
    partner, kind = row["partner"], row["kind"]
    return {
        "referred_on": row["referred_on"],
        "started_on": _until(row["started_on"], window),
        "ended_on": _until(row["ended_on"], window),
        "kind": kind if kind and _KEY.fullmatch(kind) else None,
        "partner": window.names.name("partner", "", partner) if partner else None,
    }


def _tell_work(row: Mapping[str, Any], window: _Window) -> dict[str, Any] | None:
    if row["started_on"] > window.until:
        return None
    return {"started_on": row["started_on"], "ended_on": _until(row["ended_on"], window)}


def _tell_follow_up(row: Mapping[str, Any], window: _Window) -> dict[str, Any] | None:
    case_id = window.names.name("case", row["sickness_fund"], row["case_id"])
    if row["observed_until"] < window.first[case_id]:
        return None
    exited_on = _until(row["exited_on"], window)
    return {
        "observed_until": min(row["observed_until"], window.until),
        "exit": row["exit"] if exited_on else None,
        "exited_on": exited_on,
    }


def _tell_groups(row: Mapping[str, Any], _: _Window) -> dict[str, Any] | None:
    return dict(row["groups"])


def _until(day: date | None, window: _Window) -> date | None:
    """Return a day, unless it was not known yet on the last day of the export."""
    return None if day is None or day > window.until else day


_TELL = {
    "pathways": _tell_pathway,
    "work_periods": _tell_work,
    "follow_up": _tell_follow_up,
    "groups": _tell_groups,
}
_DAYS = ("referred_on", "started_on", "ended_on", "observed_until", "exited_on")
_COLUMNS = {
    "pathways": ("case_id", "referred_on", "started_on", "ended_on", "kind", "partner"),
    "work_periods": ("case_id", "started_on", "ended_on"),
    "follow_up": ("case_id", "observed_until", "exit", "exited_on"),
    "groups": ("case_id",),
}


def _build_outcomes(
    parts: Iterator[Sequence[Mapping[str, Any]]], name: str, window: _Window
) -> "pd.DataFrame":
    import pandas as pd

    frames = [_to_frame([], name), *(_to_frame(_tell_rows(p, name, window), name) for p in parts)]
    whole = pd.concat(frames, ignore_index=True)
    return whole.sort_values(list(_COLUMNS[name])[:2], ignore_index=True)


def _tell_rows(
    part: Sequence[Mapping[str, Any]], name: str, window: _Window
) -> list[dict[str, Any]]:
    told = []
    for row in part:
        case_id = window.names.name("case", row["sickness_fund"], row["case_id"])
        found = _TELL[name](row, window) if case_id in window.first else None
        if found is not None:
            told.append({"case_id": case_id, **found})
    return told


def _to_frame(rows: Sequence[Mapping[str, Any]], name: str) -> "pd.DataFrame":
    import pandas as pd

    extra = sorted({k for row in rows for k in row} - set(_COLUMNS[name]))
    columns = {k: [row.get(k) for row in rows] for k in (*_COLUMNS[name], *extra)}
    kinds = {k: "datetime64[s]" if k in _DAYS else "str" for k in columns}
    return pd.DataFrame({k: pd.Series(v, dtype=kinds[k]) for k, v in columns.items()})
