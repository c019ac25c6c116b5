"""The use case of forgetting: after the retention period nothing of a case is left."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from features.deadlines import add_months
from features.errors import KantelpuntError
from serving.accounts import BY
from serving.store.audit import AuditEvent
from serving.store.engine import EVERY_FUND, Store
from serving.store.forget import Key, count_rows, find_forgettable, remove_cases

BATCH = 500
Count = Callable[[int], None]


class ForgetError(KantelpuntError):
    """A case that cannot be removed, and why."""


@dataclass(frozen=True)
class Forgotten:
    """How many cases go, how many rows of each table, and how many stay.

    Those that stay have a pathway that runs, or a request of the person that waits for an answer.
    """

    cases: int
    rows: Mapping[str, int]
    running: int = 0
    asking: int = 0


def find_last_day(now: datetime, retention_months: int) -> date:
    """Return the day before which a case was last screened when its retention period is over."""
    return add_months(now.date(), -retention_months)


def choose_day(now: datetime, retention_months: int, before: date | None) -> date:
    """Return the day before which cases go; raises ForgetError for one within the retention period.

    A single case can go earlier, by its number: whoever asks that names it.
    """
    last = find_last_day(now, retention_months)
    if before is not None and before > last:
        raise ForgetError(f"cases are kept until the retention period is over: not after {last}")
    return before or last


def forget_cases(
    store: Store,
    *,
    now: datetime,
    before: date | None = None,
    key: Key | None = None,
    remove: bool = False,
    count: Count = lambda _: None,
) -> Forgotten:
    """Remove cases last screened before a day, or one case; without `remove` only count.

    One transaction per batch, each with an audit line of how many rows went. Raises ForgetError
    for one case that is not there or whose pathway runs.
    """
    if (before is None) == (key is None):
        raise ForgetError("expected either a day or a case")
    with store.writing(EVERY_FUND) as connection:
        found = find_forgettable(connection, before=before, key=key)
    if key is not None and not found.cases:
        why = "its pathway still runs" if found.running else "no such case"
        raise ForgetError(f"the case cannot be removed: {why}")
    rows: Counter[str] = Counter()
    gone = 0
    for start in range(0, len(found.cases), BATCH):
        part = found.cases[start : start + BATCH]
        removed = _forget_batch(store, part, now=now, before=before, remove=remove)
        gone, rows = gone + removed.cases, rows + Counter(removed.rows)
        count(len(part))
    return Forgotten(gone, dict(rows), found.running, found.asking)


def _forget_batch(
    store: Store, part: tuple[Key, ...], *, now: datetime, before: date | None, remove: bool
) -> Forgotten:
    with store.writing(EVERY_FUND) as connection:
        # once more: since the cases were listed a pathway may have begun
        keys = tuple(
            key
            for one in part
            for key in find_forgettable(connection, before=before, key=one).cases
        )
        rows = count_rows(connection, keys) if keys else {}
        if remove and keys:
            fund, case_id = keys[0] if len(keys) == 1 else (None, None)
            event = AuditEvent(now, BY, "forget", fund, case_id, detail=rows)
            remove_cases(connection, keys, audit=[event])
    return Forgotten(len(keys), {name: n for name, n in rows.items() if n})
