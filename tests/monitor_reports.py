"""Reports of watching for tests: of what a store holds, or made up with something of everything."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np

from models.watching import Check, Limits, Verdict
from serving.accounts import BY
from serving.monitor import Report, Watch, plain, watch
from serving.store.audit import AuditEvent
from serving.store.engine import EVERY_FUND
from serving.store.monitor_reports import KeptReport, save_report
from tests.running_service import NOW, Service

SMALL = Limits(0.05, 0.1)


def keep_report(service: Service, *, alarmed: bool = False, fund: str | None = None) -> Report:
    """Watch the store of a service, or keep a report that somebody made up."""
    bundle = service.app.state.service.bundle
    asked = Watch(bundle, NOW - timedelta(days=90), NOW, fund)
    found = watch(service.store, asked)
    if not alarmed:
        return found
    made = replace(found, checks=make_checks(), told={**found.told, **make_told()})
    told = plain(made, asked)
    kept = KeptReport(NOW, fund, bundle.version, made.verdict.value, 5, told)
    with service.store.writing(EVERY_FUND) as connection:
        save_report(connection, kept, audit=AuditEvent(NOW, BY, "monitor"))
    return made


def make_checks() -> list[Check]:
    """Return a check of every kind, and every verdict among them."""
    apart = {"low": 0.1, "high": 0.3, "psi": 0.4}
    ratio = {"ratio": 0.8, "low": 0.7, "high": 0.9, "observed": 80.0, "expected": 100.0}
    auc = {"auc": 0.7, "low": 0.69, "high": 0.71}
    brier = {"brier": 0.214, "low": 0.209, "high": 0.219}
    departs = {"departs": 0.02, "low": 0.01, "high": 0.04}
    ok, watched, alarm = Verdict.OK, Verdict.WATCH, Verdict.ALARM
    few = Verdict.INSUFFICIENT

    def make(kind: str, name: str, group: str, figures: Any, verdict: Verdict) -> Check:
        return Check(kind, name, group, 0.2, 0.001, SMALL, 900, 400, figures, verdict=verdict)

    return [
        make("input", "age_years", "", apart, alarm),
        make("missing", "work_ability", "", {"before": 0.2, "after": 0.4}, alarm),
        make("level", "sector", "other", {"before": 0.02, "after": 0.06}, alarm),
        make("level", "household", "", {"before": 0.02, "after": 0.06}, watched),
        make("told", "p_usual", "", apart, ok),
        Check("told", "suggestion", why="other_limits", count=12),
        make("expected", "auc", "", {"before": 0.72, "auc": 0.7, "low": 0.69, "high": 0.71}, ok),
        make("returns", "ratio", "", ratio, alarm),
        make("returns", "recent", "", ratio, watched),
        make("returns", "slope", "", {"slope": 0.9, "low": 0.8, "high": 1.0}, ok),
        make("returns", "ece", "", {"ece": 0.04, "by_chance": 0.02}, few),
        make("span", "ratio", "0_182", ratio, watched),
        make("support", "ratio", "", ratio, ok),
        make("group", "sex", "female", ratio, ok),
        Check("group", "age", "60_and_over", why="too_few", count=3),
        make("expected_group", "sex", "female", {"before": 0.72} | auc, watched),
        Check("expected_group", "age", "60_and_over", why="no_earlier", count=44),
        make("realised", "auc", "", {**auc, "promised": 0.71}, ok),
        make("realised", "brier", "", {**brier, "promised": 0.206}, watched),
        make("fairness", "sex", "female", {**ratio, "false_own_way": 0.081}, alarm),
        Check("fairness", "sex", "male", count=90, why="wide_interval"),
        make("agreement", "decision", "region/antwerpen", departs, watched),
        make("agreement", "decision", "suggestion/unsure", departs, ok),
        make("agreement", "needed", "", departs, ok),
    ]


def make_told() -> dict[str, Any]:
    """Return groups and pictures."""
    bins = [
        {"count": 90, "told": p, "found": p * 0.9, "low": p * 0.8, "high": min(p * 1.1, 1)}
        for p in np.linspace(0.05, 0.95, 10).tolist()
    ]
    months = [
        {"month": f"2026-0{n}", "count": 90, "p_usual": 0.4 + n / 100, "silent": 0.3}
        for n in range(1, 5)
    ]
    expected = {name: [0.7, 0.65, 0.75] for name in ("auc", "brier", "returned")}
    groups = [
        {
            "attribute": "sex",
            "group": "female",
            "count": 440,
            "refer": 0.12,
            "silent": 0.31,
            "expected": expected,
        },
        {"attribute": "age", "group": "60_and_over"},
    ]
    return {"bins": bins, "months": months, "groups": groups, "expected": expected}
