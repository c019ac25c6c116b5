"""The limit on the gain of a region: what it does to suggestions, and how it follows places."""

import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

import kantelpunt
from models.estimate import GainStatus
from models.regional_limits import GainLimit, get_limits_of, group_limits
from models.suggestion import get_limits, read_limits
from serving.intake_file import Arrival, Intake, import_rows, open_import
from serving.planning_limits import (
    FULL,
    NO_CAPACITY,
    OTHERS,
    SAME,
    Room,
    choose_limits,
    find_next_month,
)
from serving.planning_limits import _propose as propose
from serving.replay import replay_all
from serving.store.assessments import read_limits_kept
from serving.store.audit import AuditEvent
from serving.store.engine import EVERY_FUND, Store
from serving.store.planning import find_plan, list_gain_limits, save_gain_limits
from serving.store.replays import find_kept
from serving.store.tables import assessments, audit
from tests.planned_store import get_planned_template
from tests.running_service import (
    NOW,
    Service,
    get_gain_bundle,
    make_assessment,
    make_own_case,
)

GENERAL = read_limits()
NEXT_MONTH = date(2026, 5, 1)


def make_limit(
    region: str = "antwerpen",
    valid_from: date = date(2026, 4, 1),
    gain_from: float | None = 0.3,
    author: str = "P. Lanner",
) -> GainLimit:
    return GainLimit(region, valid_from, gain_from, author, "vol")


def keep(service: Service, *made: GainLimit) -> None:
    event = AuditEvent(NOW, "planner", "plan", detail={"what": "limit"})
    with service.store.writing() as connection:
        save_gain_limits(connection, list(made), made_at=NOW, audit=[event])


def test_the_limit_of_a_region_counts_before_that_of_everybody_from_its_day_on() -> None:
    regional = group_limits(
        [
            make_limit(valid_from=date(2026, 6, 1), gain_from=None),
            make_limit(gain_from=0.2),
            make_limit(),
            make_limit("limburg", gain_from=0.01),
        ]
    )

    def find(day: date, region: str = "antwerpen") -> float:
        return get_limits_of(day, region, GENERAL, regional).gain_from

    everybody = get_limits(date(2026, 4, 1), GENERAL).gain_from
    assert find(date(2026, 3, 31)) == everybody
    assert find(date(2026, 4, 1)) == find(date(2026, 5, 31)) == 0.3  # of two of a day the last
    assert find(date(2026, 6, 1)) == everybody
    assert find(date(2026, 4, 1), "limburg") == 0.01
    assert find(date(2026, 4, 1), "brussel") == everybody
    held = get_limits_of(date(2026, 4, 2), "antwerpen", GENERAL, regional)
    assert "P. Lanner (antwerpen)" in held.author
    assert held.not_yet_below == get_limits(date(2026, 4, 2), GENERAL).not_yet_below


@pytest.fixture
def gaining(start_service: Callable[..., Service], store_url: str) -> Service:
    return start_service(store_url, get_gain_bundle(GainStatus.ESTIMATED))


def test_an_assessment_is_held_against_its_region_and_keeps_what_it_was_held_against(
    gaining: Service,
) -> None:
    keep(gaining, make_limit())

    own = gaining.post(make_own_case(1, screened_on="2026-04-10")).json()
    before = gaining.post(make_own_case(2, screened_on="2026-03-10")).json()
    elsewhere = gaining.post(make_own_case(3, screened_on="2026-04-10", region="limburg")).json()

    assert own["limits"]["gain_from"] == 0.3
    assert own["limits"]["valid_from"] == "2026-04-01"
    assert before["limits"]["gain_from"] == elsewhere["limits"]["gain_from"] == 0.1
    assert elsewhere["suggestion"] != own["suggestion"] == "own_way"
    with gaining.store.reading(EVERY_FUND) as connection:
        kept = find_kept(connection, own["assessment_id"])
    assert kept is not None
    [replayed] = replay_all([kept], get_gain_bundle(GainStatus.ESTIMATED))
    assert replayed.is_equal
    limits = read_limits_kept(kept.limits)
    assert limits.gain_from == 0.3
    assert limits.author.endswith("P. Lanner (antwerpen)")


def test_a_file_is_held_against_the_same_limits(gaining: Service) -> None:
    import pandas as pd

    keep(gaining, make_limit())
    bundle = get_gain_bundle(GainStatus.ESTIMATED)
    rows = [
        make_own_case(n, screened_on="2026-04-10", region=r)
        for n, r in ((1, "antwerpen"), (2, "limburg"))
    ]
    frame = pd.DataFrame(rows)
    for name in ("absence_started_on", "screened_on"):
        frame[name] = pd.to_datetime(frame[name])
    intake = Intake(gaining.store, bundle, GENERAL, NOW)
    arrival = Arrival.of(frame, "f")

    import_rows(arrival, open_import(arrival, intake), intake, count=lambda _: None)

    with gaining.store.reading(EVERY_FUND) as connection:
        query = select(assessments.c.case_id, assessments.c.limits)
        kept = {row.case_id: row.limits["gain_from"] for row in connection.execute(query)}
    assert kept == {"C-0001": 0.3, "C-0002": 0.1}


def test_what_was_assessed_keeps_its_suggestion_until_it_is_assessed_again(
    gaining: Service,
) -> None:
    made = gaining.post(make_own_case(1, screened_on="2026-04-10")).json()

    keep(gaining, make_limit())
    shown = gaining.get("/api/v1/cases/C-0001").json()

    assert shown["latest"]["suggestion"] == made["suggestion"]
    assert shown["latest"]["limits"] == made["limits"]


def make_cases(count: int = 100, status: GainStatus = GainStatus.ESTIMATED) -> tuple[Any, ...]:
    ages = (20 + 40 * place / count for place in range(count))
    return tuple(make_assessment(1, status=status, age_years=int(age)).estimate for age in ages)


HELD = replace(GENERAL[-1], not_yet_below=0.0, own_way_from=0.9)
ROOM = Room(places=50, free=10, screened=100, started=0.5, beside=0)


def test_the_proposal_suffices_for_the_free_places_and_more_places_never_raise_it() -> None:
    cases = make_cases()

    told = [propose(replace(ROOM, free=free), cases, HELD) for free in (5, 10, 20, 40)]

    limits = [one["proposed"] for one in told]
    assert limits == sorted(limits, reverse=True)
    assert len(set(limits)) > 2
    for one in told:
        assert one["suggested_then"] * 100 * 0.5 <= one["free"] + 0.5
    assert [one["why"] for one in told] == [None] * 4


def test_where_no_limit_can_choose_none_is_proposed_and_it_is_said_why() -> None:
    cases = make_cases()
    same = make_cases(60, GainStatus.SAME_FOR_ALL)
    unknown = make_cases(60, GainStatus.UNKNOWN)

    told = [
        propose(replace(ROOM, places=None, free=float("inf")), cases, HELD),
        propose(replace(ROOM, free=0.4), cases, HELD),
        propose(replace(ROOM, free=3, beside=4), cases, HELD),
        propose(ROOM, same, HELD),
        propose(ROOM, unknown, HELD),
        propose(ROOM, cases[:10], HELD),
    ]

    assert [one["why"] for one in told] == [NO_CAPACITY, FULL, OTHERS, SAME, SAME, "few_cases"]
    assert {one["proposed"] for one in told} == {None}


def test_a_timer_sets_what_is_proposed_but_not_over_what_somebody_set() -> None:
    one = {"now": 0.1, "proposed": 0.2, "free": 4}
    proposed = {
        "valid_from": "2026-05-01",
        "regions": {
            "a": one,
            "b": one,
            "c": one | {"proposed": 0.1},
            "d": one | {"proposed": None},
            "e": one,
        },
    }
    held = [
        make_limit("b", valid_from=NEXT_MONTH),
        make_limit("e", valid_from=NEXT_MONTH, gain_from=0.2, author="timer"),
    ]

    chosen = choose_limits(proposed, held, "timer")

    assert [(c.region, c.gain_from, c.valid_from) for c in chosen] == [("a", 0.2, NEXT_MONTH)]
    assert chosen[0].reason == "4 vrije plaatsen verwacht in 2026-05"


@pytest.mark.parametrize(
    ("day", "first"),
    [("2026-04-15", "2026-05-01"), ("2026-12-31", "2027-01-01"), ("2026-01-31", "2026-02-01")],
)
def test_a_limit_holds_from_the_first_of_the_month_after(day: str, first: str) -> None:
    assert find_next_month(date.fromisoformat(day)) == date.fromisoformat(first)


def test_the_command_sets_what_the_plan_proposes_once_and_says_what_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(get_planned_template(), tmp_path / "planned.db")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'planned.db'}")
    monkeypatch.setattr("serving.deps.get_now", lambda: NOW)

    first, again = (CliRunner().invoke(kantelpunt.app, ["plan", "--set-limits"]) for _ in range(2))

    assert (first.exit_code, again.exit_code) == (0, 0)
    assert "for screenings from 2026-05-01 on; cases assessed before keep" in first.stdout
    assert "set:" not in again.stdout
    with closing(Store(f"sqlite:///{tmp_path / 'planned.db'}")) as store, store.reading() as found:
        kept, told = list_gain_limits(found), find_plan(found)
        lines = found.execute(select(audit.c.detail).where(audit.c.action == "plan"))
        events = [one["region"] for one in lines.scalars() if one["what"] == "limit"]
    assert told is not None
    proposed = told.plan["limits"]["regions"]
    assert {one.region: one.gain_from for one in kept} == {
        region: one["proposed"] for region, one in proposed.items() if one["proposed"] is not None
    }
    assert events == [one.region for one in kept]
    assert {one.author for one in kept} == {"kantelpunt plan"}
