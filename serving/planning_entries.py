"""The use case of entries: funds report how many absences began, and planning adds them up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from features.errors import KantelpuntError
from serving.accounts import BY
from serving.faults import FieldFault, RequestRefusedError
from serving.permissions import Action, User, check_can, get_scope
from serving.planning_counts import MONTHS, Calendar, number_of
from serving.store.audit import AuditEvent
from serving.store.engine import EVERY_FUND, Connection, Store
from serving.store.planning_entries import (
    COUNTS,
    EVERY,
    OFF,
    EntryTotal,
    list_entries,
    save_entries,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MOST_NAMED = 5


class EntriesError(KantelpuntError):
    """Entries that cannot be kept, with what to change."""


@dataclass(frozen=True)
class Entries:
    """Counts per region and month, (regions, months), NaN where not known; what is odd about them.

    `counts` has `entered` and each `off_` column. `silent` are funds that stopped reporting.
    """

    regions: tuple[str, ...]
    counts: Mapping[str, Floats]
    silent: tuple[str, ...] = ()

    def keep(self, kept: NDArray[np.bool_]) -> "Entries":
        """Return the entries of some regions."""
        regions = tuple(np.array(self.regions, dtype=object)[kept])
        return Entries(regions, {k: v[kept] for k, v in self.counts.items()}, self.silent)


def report_entries(user: User, rows: Sequence[EntryTotal], *, store: Store, now: datetime) -> int:
    """Keep the entries of the user's own fund, and return of how many months and regions.

    What was known of the same month and region is replaced. Raises RequestRefusedError for a month
    that is not over.
    """
    check_can(user, Action.REPORT_ENTRIES)
    last = Calendar.before(now.date()).last
    early = [place for place, one in enumerate(rows) if number_of(one.month) > last]
    if early:
        faults = [
            FieldFault(f"entries.{place}.month", "een maand die voorbij is") for place in early
        ]
        raise RequestRefusedError("body", faults[:MOST_NAMED])
    fund = get_scope(user).sickness_fund
    return _keep(rows, fund, store=store, now=now, by=user.key)


def read_entries_file(path: Path, *, store: Store, now: datetime, fund: str | None) -> int:
    """Keep a file or folder of entries, of one fund or of every fund together.

    Returns of how many months and regions. Raises EntriesError for periods that are no months.
    """
    from features.entries import read_entries

    table = read_entries(path, as_of=now.date())
    days = [
        tuple(row)
        for row in zip(
            table.frame["started_on"].dt.date, table.frame["ended_on"].dt.date, strict=True
        )
    ]
    if not all(_is_month(*row) for row in days):
        raise EntriesError(f"{path}: expected calendar months: planning counts no other periods")
    known: dict[str, list[int | None]] = {
        name: [None if value != value else int(value) for value in table.frame[name]]
        for name in OFF
        if name in table.frame
    }
    rows = [
        EntryTotal(
            start,
            str(region),
            int(entered),
            **{name: values[place] for name, values in known.items()},
        )
        for place, ((start, _), region, entered) in enumerate(
            zip(days, table.frame["region"], table.frame["entered"], strict=True)
        )
        if entered == entered
    ]
    return _keep(rows, fund or EVERY, store=store, now=now, by=BY)


def _is_month(first: date, last: date) -> bool:
    return (
        first.day == 1
        and Calendar.before(last).as_of == last
        and number_of(first) == number_of(last)
    )


def _keep(rows: Sequence[EntryTotal], fund: str, *, store: Store, now: datetime, by: str) -> int:
    keys = {(one.month, one.region) for one in rows}
    detail = {"months": len({month for month, _ in keys}), "regions": len({r for _, r in keys})}
    of_fund = None if fund == EVERY else fund
    event = AuditEvent(now, by, Action.REPORT_ENTRIES, of_fund, None, detail)
    with store.writing(of_fund or EVERY_FUND) as connection:
        save_entries(connection, rows, fund, made_at=now, made_by=by, audit=event)
    return len(keys)


def read_totals(connection: Connection, calendar: Calendar) -> Entries | None:
    """Return the entries of every fund in reach, added up; None where nothing is kept.

    A month counts where every fund that ever reported the region told of it. What was given of
    every fund together counts before what they told one by one.
    """
    by_fund = list_entries(connection)
    rows = [one for part in by_fund.values() for one in part]
    regions = tuple(sorted({one.region for one in rows}))
    if not regions:
        return None
    whole = _lay_out(by_fund.get(EVERY, ()), regions, calendar)
    own = {f: _lay_out(part, regions, calendar) for f, part in by_fund.items() if f != EVERY}
    counts = {}
    for name in COUNTS:
        parts = [_ask_all(fund[name]) for fund in own.values()]
        added = np.sum(parts, axis=0) if parts else np.full((len(regions), MONTHS), np.nan)
        counts[name] = np.where(np.isnan(whole[name]), added, whole[name])
    return Entries(regions, counts, _find_silent(own))


def count_late(entries: Entries) -> Ints:
    """Return by how many months what is known of each region ends before the last one."""
    known = ~np.isnan(entries.counts["entered"])
    back = np.argmax(known[:, ::-1], axis=1)
    return np.asarray(np.where(known.any(axis=1), back, known.shape[1]), np.int64)


def _lay_out(
    rows: Sequence[EntryTotal], regions: Sequence[str], calendar: Calendar
) -> dict[str, Floats]:
    places = {region: place for place, region in enumerate(regions)}
    found = {name: np.full((len(regions), MONTHS), np.nan) for name in COUNTS}
    for one in rows:
        month = number_of(one.month) - calendar.first
        if 0 <= month < MONTHS:
            for name in COUNTS:
                value = getattr(one, name)
                found[name][places[one.region], month] = np.nan if value is None else value
    return found


def _ask_all(counts: Floats) -> Floats:
    """Return the counts of one fund with 0 in regions that it never told of."""
    never = np.isnan(counts).all(axis=1, keepdims=True)
    return np.where(never, 0.0, counts)


def _find_silent(own: Mapping[str, Mapping[str, Floats]]) -> tuple[str, ...]:
    """Return the funds whose last month lies before that of another."""
    last = {}
    for fund, counts in own.items():
        known = ~np.isnan(counts["entered"]).all(axis=0)
        last[fund] = int(np.flatnonzero(known)[-1]) if known.any() else -1
    newest = max(last.values(), default=-1)
    return tuple(sorted(fund for fund, month in last.items() if month < newest))
