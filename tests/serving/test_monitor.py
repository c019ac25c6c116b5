"""Watching a store: what is told of it, and what becomes of stores that tell little."""

from dataclasses import replace
from datetime import timedelta

from models.bundle import Bundle
from models.watching import Verdict
from serving.monitor import Report, Watch, watch
from serving.store.engine import EVERY_FUND
from serving.store.monitor_reports import find_report, list_runs
from tests.running_service import FUND, NOW, Service, get_bundle, make_own_case


def look(
    service: Service, bundle: Bundle | None = None, *, days: int = 60, fund: str | None = None
) -> Report:
    asked = Watch(bundle or get_bundle(), NOW - timedelta(days=days), NOW, fund)
    return watch(service.store, asked)


def find(report: Report, kind: str) -> set[str]:
    return {one.why for one in report.checks if one.kind == kind}


def test_a_store_without_estimates_is_watched_and_tells_nothing(either_service: Service) -> None:
    report = look(either_service)

    assert report.verdict is Verdict.INSUFFICIENT
    assert report.counts["window"] == 0
    assert find(report, "input") == {"no_estimates"}
    with either_service.store.reading(EVERY_FUND) as connection:
        kept = find_report(connection, None)
    assert kept is not None
    assert kept.report["verdict"] == "insufficient_evidence"


def test_a_bundle_of_before_references_were_kept_is_told_of(either_service: Service) -> None:
    for number in range(1, 40):
        either_service.post(make_own_case(number, screened_on="2026-04-01"))

    report = look(either_service)

    assert find(report, "input") == {"no_reference"}
    assert report.counts["window"] == 39


def test_of_a_version_that_was_just_released_only_inputs_can_be_told(
    either_service: Service,
) -> None:
    for number in range(1, 40):
        either_service.post(make_own_case(number, screened_on="2026-04-01"))

    report = look(either_service, replace(get_bundle(), version="4"))

    assert report.counts["window"] == 39
    assert report.counts["of_version"] == 0
    assert find(report, "told") == {"no_estimates"}


def test_a_report_is_kept_per_fund_and_the_last_runs_are_listed(either_service: Service) -> None:
    for number in range(1, 4):
        either_service.post(make_own_case(number, screened_on="2026-04-01"))

    look(either_service, fund=FUND)
    look(either_service)

    with either_service.store.reading(EVERY_FUND) as connection:
        kept, runs = find_report(connection, FUND), list_runs(connection, None, 5)
    assert kept is not None
    assert kept.report["counts"]["window"] == 0  # three are too few to tell of
    assert len(runs) == 1
