"""Watching a store: what is told of it, and what becomes of stores that tell little."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from sqlalchemy.exc import StatementError

from models.bundle import Bundle
from models.watching import Check, Verdict
from serving.monitor import CannotWatchError, Report, Watch, check_fund, plain, watch
from serving.monitor_checks import ONLY_WATCHED, list_members
from serving.monitor_rows import Told
from serving.store.audit import AuditEvent
from serving.store.engine import EVERY_FUND
from serving.store.monitor_reports import KeptReport, find_report, list_runs, save_report
from tests.models.test_reference import make_reference
from tests.running_service import FUND, NOW, Service, get_bundle, make_own_case


def look(
    service: Service, bundle: Bundle | None = None, *, days: int = 60, fund: str | None = None
) -> Report:
    asked = Watch(bundle or get_bundle(), NOW - timedelta(days=days), NOW, fund)
    return watch(service.store, asked)


def test_a_label_that_one_person_has_is_in_no_report() -> None:
    labels = np.array(["often"] * 40 + ["Jan Janssens"] + ["seldom"] * 5, dtype=object)
    told = cast(Told, SimpleNamespace(groups={"origin": labels}))

    assert [label for _, label, _ in list_members(told)] == ["often", "seldom"]


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


def test_what_is_watched_without_ever_being_an_alarm_is_kept(either_service: Service) -> None:
    found = Check("support", "ratio", size=0.3, count=200, limits=ONLY_WATCHED)
    told = plain(Report([found], {}, {}), Watch(get_bundle(), NOW, NOW))

    with either_service.store.writing(EVERY_FUND) as connection:
        made = KeptReport(NOW, None, "3", "ok", 0, told)
        save_report(connection, made, audit=AuditEvent(NOW, "monitor", "monitor"))
    with either_service.store.reading(EVERY_FUND) as connection:
        kept = find_report(connection, None)

    assert kept is not None
    assert kept.report["checks"][0]["limits"] == {"watch": 0.25}


def test_neither_store_keeps_a_number_without_end(either_service: Service) -> None:
    made = KeptReport(NOW, None, "3", "ok", 0, {"ratio": float("inf")})

    with (
        pytest.raises((ValueError, StatementError)),
        either_service.store.writing(EVERY_FUND) as connection,
    ):
        save_report(connection, made, audit=AuditEvent(NOW, "monitor", "monitor"))


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


def test_people_unlike_those_of_the_release_are_an_alarm_and_the_report_names_nobody(
    either_service: Service,
) -> None:
    for number in range(1, 121):
        either_service.post(make_own_case(number, screened_on="2026-04-01", work_ability=3))
    bundle = get_bundle()
    model = replace(bundle.model, reference=make_reference(bundle))

    report = look(either_service, replace(bundle, model=model))

    alarmed = {(one.kind, one.name) for one in report.checks if one.verdict is Verdict.ALARM}
    assert ("input", "work_ability") in alarmed
    with either_service.store.reading(EVERY_FUND) as connection:
        kept = find_report(connection, None)
    assert kept is not None
    assert kept.alarms == len(alarmed)
    assert "C-0" not in str(kept.report)
    assert "P-0" not in str(kept.report)


def test_a_case_of_which_the_person_objects_is_not_counted(either_service: Service) -> None:
    for number in range(1, 40):
        either_service.post(make_own_case(number, screened_on="2026-04-01"))
    with either_service.store.writing(EVERY_FUND) as connection:
        connection.exec_driver_sql("update cases set is_blocked = true where case_id < 'C-0010'")

    report = look(either_service)

    assert report.counts["window"] == 30


def test_a_case_that_was_estimated_twice_counts_once(either_service: Service) -> None:
    for day in ("2026-03-20", "2026-04-01"):
        for number in range(1, 8):
            either_service.post(make_own_case(number, screened_on=day))

    report = look(either_service)

    assert (report.counts["kept"], report.counts["window"]) == (14, 7)


def test_a_fund_without_a_case_is_refused_for_it_would_never_give_an_alarm(
    either_service: Service,
) -> None:
    either_service.post(make_own_case(1, screened_on="2026-04-01"))

    check_fund(either_service.store, FUND)

    with pytest.raises(CannotWatchError, match="--fund"):
        check_fund(either_service.store, "fund_x")
