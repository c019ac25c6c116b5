"""The use cases of the audit log: look into it, check that it is whole, and write it out."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from features.errors import KantelpuntError
from serving.permissions import Action, NotAllowedError, User, check_can
from serving.store.audit import START, AuditEvent, hash_line, save_audit
from serving.store.audit_trail import (
    AuditFilter,
    AuditLine,
    Head,
    count_beyond_head,
    get_head,
    list_lines,
    stream_lines,
)
from serving.store.engine import Store
from serving.store.patience import endless_patience
from serving.store.users import find_people

MOST_PER_PAGE = 500


class ExportNotKeptError(KantelpuntError):
    """A file that cannot be written, or that is there already."""


@dataclass(frozen=True)
class AuditPage:
    """Lines of the log, newest first; `before` asks for the page after it, None on the last."""

    lines: Sequence[AuditLine]
    before: int | None
    # who has an account, of those in the lines
    people: Mapping[str, User] = field(default_factory=dict)


class Fault(StrEnum):
    """Why the log is not whole."""

    UNREADABLE = "it cannot be read"
    MISSING = "it is missing"
    CHANGED = "it was changed, added or moved"
    CUT_OFF = "lines were cut off at the end"
    OTHER_END = "the noted end is not that of the last line"
    BEYOND_END = "lines were added past the noted end"
    OTHER_HEAD = "the head that was noted is not in the chain"


@dataclass(frozen=True)
class Verdict:
    """Whether the log is whole: how many lines were checked and, if not, where it breaks first.

    `head` belongs in a place that whoever keeps the store cannot write to.
    """

    lines: int
    head: str
    broken: int | None = None
    fault: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether no line was changed, added, moved or removed."""
        return self.broken is None


def view_audit(
    user: User,
    wanted: AuditFilter,
    *,
    store: Store,
    now: datetime,
    before: int | None = None,
    limit: int = 100,
) -> AuditPage:
    """Return one page of the log and note that it was seen.

    An auditor of a fund sees that fund; raises NotAllowedError where another is asked for.
    """
    check_can(user, Action.VIEW_AUDIT)
    if user.sickness_fund is not None:
        if wanted.sickness_fund not in (None, user.sickness_fund):
            raise NotAllowedError("fund: expected that of the account")
        wanted = replace(wanted, sickness_fund=user.sickness_fund)
    with store.writing() as connection:
        found = list_lines(connection, wanted, before=before, limit=limit + 1)
        shown = found[:limit]
        people = find_people(connection, {line.user for line in shown})
        seen = AuditEvent(
            now,
            user.key,
            Action.VIEW_AUDIT,
            wanted.sickness_fund,
            wanted.case_id,
            {"lines": len(shown)},
        )
        save_audit(connection, [seen])
    return AuditPage(shown, shown[-1].number if len(found) > limit else None, people)


def check_audit(user: User, *, store: Store, now: datetime, head: str | None = None) -> Verdict:
    """Return whether the log is whole, and note that it was asked."""
    check_can(user, Action.VIEW_AUDIT)
    verdict = verify_audit(store, head=head)
    detail = {"lines": verdict.lines, "broken": verdict.broken or 0}
    with store.writing() as connection:
        asked = AuditEvent(now, user.key, Action.VIEW_AUDIT, user.sickness_fund, None, detail)
        save_audit(connection, [asked])
    return verdict


def verify_audit(store: Store, *, head: str | None = None) -> Verdict:
    """Return whether every line follows from the one before it, up to the noted end.

    `head` is one that was noted elsewhere: without it, whoever can write to the store could make a
    chain anew. Lines that are added meanwhile do no harm. A long log takes the time that it takes.
    """
    with endless_patience(), store.reading() as connection:
        end = get_head(connection)
        checked, last, fault = 0, START, ""
        # before the first line the chain ends in START: that tells nothing of one with lines
        found = head is None or (head == START and not end.lines)
        for line in stream_lines(connection):
            if checked == end.lines:
                break
            fault = _find_fault(line, checked + 1, last)
            if fault or line is None:
                return Verdict(checked, last, checked + 1, fault)
            checked, last = checked + 1, line["hash"]
            found = found or last == head
        beyond = count_beyond_head(connection)
    fault = _find_fault_at_the_end(checked, last, end, beyond) or (
        "" if found else Fault.OTHER_HEAD
    )
    return Verdict(checked, last, checked + 1 if fault else None, fault)


def _find_fault(line: Mapping[str, Any] | None, number: int, before: str) -> str:
    if line is None:
        return Fault.UNREADABLE
    if line["audit_id"] != number:
        return Fault.MISSING
    try:
        expected = hash_line(line, before)
    except (TypeError, ValueError, AttributeError):
        return Fault.UNREADABLE
    return "" if line["hash"] == expected else Fault.CHANGED


def _find_fault_at_the_end(checked: int, last: str, end: Head, beyond: int) -> str:
    if checked < end.lines:
        return Fault.CUT_OFF
    if last != (end.hash if end.lines else START):
        return Fault.OTHER_END
    return Fault.BEYOND_END if beyond else ""


def export_audit(store: Store, path: Path) -> int:
    """Write every line as JSON to a new file that only its owner may read; return how many."""
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise ExportNotKeptError(
            f"{path} cannot be written ({error.strerror}): give a new file in a folder that may be"
        ) from None
    try:
        return _write_lines(opened, store)
    except BaseException as error:
        # half a log would be taken for all of it
        path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise ExportNotKeptError(
                f"{path} cannot be written ({error.strerror}): nothing of it was kept, make room"
            ) from None
        raise


def _write_lines(opened: int, store: Store) -> int:
    count = 0
    with os.fdopen(opened, "w", encoding="utf-8") as file, store.reading() as connection:
        for line in _list_readable(stream_lines(connection)):
            file.write(json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n")
            count += 1
    return count


def _list_readable(lines: Iterator[dict[str, Any] | None]) -> Iterator[dict[str, Any]]:
    for line in lines:
        if line is None:
            raise ExportNotKeptError("a line cannot be read: run `kantelpunt audit verify`")
        yield line | {"at": line["at"].astimezone(UTC).isoformat(timespec="microseconds")}
