"""The use case of watching: whether a released model still does what it did, from totals alone."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import structlog

from features.errors import KantelpuntError
from models.bundle import Bundle
from models.course import list_bins
from models.expected import expect
from models.shares import FEWEST_SHOWN
from models.watching import Check, Verdict, join
from serving.accounts import BY
from serving.monitor_agreement import check_agreement
from serving.monitor_checks import (
    NO_ESTIMATES,
    check_expected,
    check_expected_groups,
    check_groups,
    check_inputs,
    check_returns,
    check_told,
    describe_expected,
    describe_groups,
)
from serving.monitor_outcomes import Matured, follow, read_extract, read_groups
from serving.monitor_rows import Reader, Told
from serving.monitor_settled import (
    audit_settled,
    check_fairness,
    check_settled,
    count_verdicts,
    settle,
)
from serving.permissions import Scope
from serving.store.agreement import list_answered, list_judged
from serving.store.audit import AuditEvent
from serving.store.engine import EVERY_FUND, Store
from serving.store.monitor_reports import KeptReport, save_report
from serving.store.watched import Reading, has_fund, list_blocked, stream_told

log = structlog.get_logger("kantelpunt")
OLDEST = timedelta(days=1095)  # what was told longer ago says little of the model of today
DAYS = 30  # a month: enough to tell in most funds, and soon enough to do something about it
MOST_MONTHS = 24


class CannotWatchError(KantelpuntError):
    """There is nothing to watch: no case of the fund, or a first day that has yet to come."""


@dataclass(frozen=True)
class Watch:
    """What to watch: people screened since a day, of one fund or of every fund.

    Not by when they were estimated: a file of old cases would make today look like then.
    """

    bundle: Bundle
    since: datetime
    now: datetime
    fund: str | None = None


@dataclass(frozen=True)
class Report:
    """What was found."""

    checks: Sequence[Check]
    counts: Mapping[str, int]
    told: Mapping[str, Any]

    @property
    def verdict(self) -> Verdict:
        """The worst of the checks that could be judged; no evidence where none could."""
        return join(one.verdict for one in self.checks if one.is_judged)

    @property
    def judged(self) -> int:
        """How many checks could be judged; of the others there is not enough to tell."""
        return sum(one.is_judged for one in self.checks)

    def count(self, verdict: Verdict) -> dict[str, int]:
        """Return how many checks of each kind have a verdict."""
        return dict(Counter(one.kind for one in self.checks if one.verdict is verdict))


def check_fund(store: Store, fund: str | None) -> None:
    """Raise CannotWatchError for a fund without a case: a slip would never give an alarm."""
    if fund is None:
        return
    with store.reading(fund) as connection:
        if not has_fund(connection, fund):
            raise CannotWatchError(f"no case of sickness fund {fund!r} is kept: check --fund")


def watch(store: Store, asked: Watch) -> Report:
    """Return what watching finds, keep it, and log one line of it."""
    with store.reading(asked.fund or EVERY_FUND) as connection:
        found = _look(connection, asked)
    alarms = found.count(Verdict.ALARM)
    kept = KeptReport(
        asked.now,
        asked.fund,
        asked.bundle.version,
        found.verdict.value,
        sum(alarms.values()),
        plain(found, asked),
    )
    event = AuditEvent(asked.now, BY, "monitor", asked.fund, None, {"alarms": kept.alarms})
    with store.writing(asked.fund or EVERY_FUND) as connection:
        save_report(connection, kept, audit=event)
    log.info(
        "monitor",
        verdict=found.verdict.value,
        model=asked.bundle.version,
        alarms=alarms,
        watched=found.count(Verdict.WATCH),
        judged=found.judged,
        insufficient=len(found.checks) - found.judged,
        assessments=_hide(found.counts["window"]),
    )
    return found


def plain(report: Report, asked: Watch) -> dict[str, Any]:
    """Return a report as JSON holds it."""
    return {
        "made_at": asked.now.isoformat(timespec="seconds"),
        "since": asked.since.date().isoformat(),
        "sickness_fund": asked.fund,
        "model_version": asked.bundle.version,
        "verdict": report.verdict.value,
        "alarms": report.count(Verdict.ALARM),
        "watched": report.count(Verdict.WATCH),
        "judged": report.judged,
        "not_judged": len(report.checks) - report.judged,
        "counts": {name: _hide(count) for name, count in report.counts.items()},
        "checks": [one.plain() for one in report.checks],
        **report.told,
    }


def _hide(count: int) -> int:
    return count if count >= FEWEST_SHOWN else 0


def _look(connection: Reading, asked: Watch) -> Report:
    model, contract = asked.bundle.model, asked.bundle.contract
    horizon = contract.outcome.horizon_days
    days = model.curve.days if model.curve else (horizon,)
    reader = Reader(contract, model.reference, days, list_blocked(connection, asked.fund))
    oldest = asked.now.date() - OLDEST
    parts = stream_told(connection, asked.fund, contract.fingerprint, oldest)
    everything = reader.read(parts)
    first = everything.pick(last=False)
    extract = read_extract(connection, asked.fund, first, reader.cases, contract)
    groups = read_groups(connection, asked.fund, first, reader.cases)
    first = replace(first, groups={**first.groups, **groups, "version": first.version})
    shape = model.reference.shape if model.reference else None
    matured = follow(first, extract, days, horizon, shape)
    since = np.datetime64(asked.since.date(), "D")
    window = everything.take(everything.screened_on >= since).pick(last=True)
    own = window.take(window.version == asked.bundle.version)
    before = everything.screened_on < since
    earlier = everything.take(before & (everything.version == asked.bundle.version))
    settled = settle(first, extract, contract.outcome)
    audited = audit_settled(settled)
    scope = Scope(asked.fund) if asked.fund else None
    agreement = check_agreement(
        list_judged(connection, scope, asked.since), list_answered(connection, scope, asked.since)
    )
    checks = [*_check_window(window, own, asked.bundle), *check_returns(matured, model.reference)]
    return Report(
        [
            *checks,
            *check_expected_groups(own, earlier.pick(last=True)),
            *check_settled(settled),
            *check_groups(matured, model.reference),
            *check_fairness(settled, audited),
            *agreement,
        ],
        {
            "kept": len(everything),
            "window": len(window),
            "of_version": len(own),
            "followed": len(matured.course),
            "settled": int((settled.weight > 0).sum()),
        },
        {
            **_describe(own, matured, everything, has_shape=shape is not None),
            "audited": count_verdicts(audited),
        },
    )


def _check_window(window: Told, own: Told, bundle: Bundle) -> list[Check]:
    if not len(window):
        return [Check(kind, "all", why=NO_ESTIMATES) for kind in ("input", "told", "expected")]
    reference = bundle.model.reference
    inputs = check_inputs(window, reference, bundle.contract)
    if not len(own):
        return [*inputs, *(Check(one, "all", why=NO_ESTIMATES) for one in ("told", "expected"))]
    figures = bundle.info.get("figures", {}).get(bundle.info.get("shipped"), {})
    expected = check_expected(own.p_usual, reference, figures)
    return [*inputs, *check_told(own, reference), *expected]


def _describe(own: Told, matured: Matured, everything: Told, *, has_shape: bool) -> dict[str, Any]:
    expected = expect(own.p_usual)
    return {
        "expected": describe_expected(expected) if expected else {},
        "groups": describe_groups(own),
        "bins": [asdict(one) for one in list_bins(matured.course)] if has_shape else [],
        "months": _list_months(everything),
    }


def _list_months(told: Told) -> list[dict[str, Any]]:
    """Return per month of screening what was told on average, and how many did not answer."""
    months = told.screened_on.astype("datetime64[M]")
    found = []
    for month in np.unique(months)[-MOST_MONTHS:]:
        rows = months == month
        if int(rows.sum()) < FEWEST_SHOWN * 6:
            continue
        found.append(
            {
                "month": str(month),
                "count": int(rows.sum()),
                "p_usual": round(float(told.p_usual[rows].mean()), 4),
                "silent": round(float((told.answered[rows] == 0).mean()), 3),
            }
        )
    return found


def find_start(now: datetime, since: date | None, days: int) -> datetime:
    """Return the moment from which on estimates are watched."""
    if since is None:
        return now - timedelta(days=days)
    return datetime(since.year, since.month, since.day, tzinfo=now.tzinfo)
