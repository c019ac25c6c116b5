"""A clock that jumps, or differs between processes: nothing is lost, mixed up or open longer."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

from serving.auth import Gate
from serving.following import FollowState
from serving.model_versions import RegistryNotes
from serving.rate_limit import TooManyError
from serving.registry import Registered
from serving.routes import health
from serving.sessions import SESSION_COOKIE, Sessions
from serving.shared_limit import Limiters
from serving.states import DecisionKind
from serving.store import engine
from serving.wording import ZONE
from tests.moved_clock import Clock
from tests.running_issuer import RunningIssuer, ask, log_on
from tests.running_postgres import Postgres
from tests.running_service import NOW, Service, make_own_case
from tests.serving.case_work import build_decision, open_case, post, read_rows
from tests.serving.released import Registry, make_version
from tests.waiting import AGES

SECRET = "k7Jq2vX9bR4mW1zT8cN5hL0pD3fG6sAy"  # noqa: S105
MINUTE, HOUR, YEAR = 60.0, 3600.0, 365 * 24 * 3600.0


def give_sessions(service: Service, clock: Clock) -> None:
    made = Sessions(SECRET, hours=8, idle_minutes=30, clock=clock)
    service.app.state.service.gate.sessions = made


@pytest.mark.parametrize("jump", [2 * HOUR, -2 * HOUR, YEAR, -YEAR])
def test_a_clock_that_jumps_ends_sessions_once_and_says_so(service: Service, jump: float) -> None:
    clock = Clock(1_800_000_000.0)
    give_sessions(service, clock)
    service.log_on()

    clock.now += jump
    ended = service.client.get("/model")
    service.log_on()
    clock.now += 20 * MINUTE

    assert ended.url.path == "/login"
    assert "Uw sessie is verlopen" in ended.text
    assert service.client.get("/", follow_redirects=False).status_code == 200


def test_a_session_of_a_clock_that_was_ahead_is_not_open_for_as_long_as_it_was(
    service: Service,
) -> None:
    clock = Clock(1_800_000_000.0 + YEAR)
    give_sessions(service, clock)
    service.log_on()
    kept = service.client.cookies[SESSION_COOKIE]
    clock.now -= YEAR

    statuses = set()
    for _ in range(10):
        clock.now += 8 * HOUR
        service.client.cookies.set(SESSION_COOKIE, kept)
        statuses.add(service.client.get("/", follow_redirects=False).status_code)

    assert statuses == {303}


def test_two_processes_whose_clocks_differ_by_minutes_share_their_sessions(
    start_service: Callable[..., Service], sqlite_url: str
) -> None:
    services = [start_service(sqlite_url) for _ in range(2)]
    clocks = [Clock(1_800_000_000.0), Clock(1_800_000_000.0 + 4 * MINUTE)]
    for service, clock in zip(services, clocks, strict=True):
        give_sessions(service, clock)
    services[0].log_on()
    cookies, statuses = services[0].client.cookies, []

    for turn in range(12):
        for clock in clocks:
            clock.now += 10 * MINUTE
        asked = services[turn % 2].client
        asked.cookies = cookies
        statuses.append(asked.get("/", follow_redirects=False).status_code)
        cookies = asked.cookies

    assert statuses == [200] * 12


@pytest.mark.parametrize("ahead", [5 * MINUTE, -5 * MINUTE, YEAR])
def test_processes_whose_clocks_differ_count_together_and_keep_nobody_out_for_longer(
    start_service: Callable[..., Service], postgres: Postgres, postgres_template: str, ahead: float
) -> None:
    store = start_service(postgres.make_database(postgres_template)).store
    local = [time.monotonic, lambda: time.monotonic() + ahead]
    # one attempt each minute: nothing comes back while the test runs
    limits = [Limiters(store, SECRET, one).build("name", 1) for one in local]
    limits[0].take("a")

    waits = []
    for limit in limits * 3:
        with pytest.raises(TooManyError) as refused:
            limit.take("a")
        waits.append(refused.value.seconds)

    assert max(waits) <= MINUTE


def test_a_clock_that_jumps_gives_nobody_another_try(
    start_service: Callable[..., Service], postgres: Postgres, postgres_template: str
) -> None:
    store = start_service(postgres.make_database(postgres_template)).store
    local = Clock(1_000.0)
    limit = Limiters(store, SECRET, local).build("name", 1)
    limit.take("a")

    for jump in (2 * HOUR, -2 * HOUR, YEAR):
        local.now += jump
        with pytest.raises(TooManyError):
            limit.take("a")


def test_what_is_done_after_a_clock_was_set_back_is_still_what_was_done_last(
    either_service: Service,
) -> None:
    service = either_service
    shown = open_case(service)
    first = post(service, "C-0001/decisions", build_decision(shown, DecisionKind.LOOK_AGAIN))
    service.set_clock(NOW - timedelta(hours=2))
    seen = service.get("/api/v1/cases/C-0001").json()

    second = post(service, "C-0001/decisions", build_decision(seen, DecisionKind.REFER))

    kept = service.get("/api/v1/cases/C-0001").json()
    assert (first.status_code, second.status_code) == (201, 201)
    assert [one["kind"] for one in kept["decisions"]] == ["refer", "look_again"]
    moments = [datetime.fromisoformat(one["made_at"]) for one in reversed(kept["decisions"])]
    assessed = datetime.fromisoformat(kept["latest"]["made_at"])
    assert assessed < moments[0] < moments[1] < NOW + timedelta(seconds=1)


def test_the_log_keeps_its_order_and_the_time_of_the_clock_as_it_was(
    either_service: Service,
) -> None:
    service = either_service
    for number, hours in enumerate([0, 2, -2], start=1):
        service.set_clock(NOW + timedelta(hours=hours))
        service.post(make_own_case(number))

    service.set_clock(NOW)
    told = service.get("/api/v1/audit?action=assess", user="auditor").json()
    verified = service.get("/api/v1/audit/verify", user="auditor").json()

    lines = told["lines"]
    assert [line["case_id"] for line in lines] == ["C-0003", "C-0002", "C-0001"]
    assert lines == sorted(lines, key=lambda line: line["number"], reverse=True)
    assert lines != sorted(lines, key=lambda line: line["at"], reverse=True)
    assert verified["whole"] is True


# moments at which the day in Brussels is not that in UTC, or an hour comes twice or never
NIGHTS = [
    datetime(2027, 1, 1, 0, 30, tzinfo=ZONE),
    datetime(2028, 2, 29, 0, 10, tzinfo=ZONE),
    datetime(2026, 10, 25, 2, 30, tzinfo=ZONE),
    datetime(2026, 10, 25, 2, 30, tzinfo=ZONE, fold=1),
    datetime(2026, 3, 29, 3, 0, tzinfo=ZONE),
]


@pytest.mark.parametrize("now", NIGHTS, ids=lambda now: f"{now:%Y%m%d}-{now.fold}")
def test_today_is_the_day_in_brussels_and_tomorrow_is_refused(
    service: Service, now: datetime
) -> None:
    service.set_clock(now)
    begun = str(now.date() - timedelta(days=90))

    def assess(number: int, day: date) -> Any:
        return service.post(make_own_case(number, screened_on=str(day), absence_started_on=begun))

    today, tomorrow = assess(1, now.date()), assess(2, now.date() + timedelta(days=1))

    assert [today.status_code, tomorrow.status_code] == [201, 422]
    assert [fault["field"] for fault in tomorrow.json()["errors"]] == ["screened_on"]
    # an hour that comes twice equals no other, whatever its zone
    assert datetime.fromisoformat(today.json()["made_at"]) == now.astimezone(UTC)


def test_an_hour_that_comes_twice_keeps_its_order(service: Service) -> None:
    twice = [NIGHTS[2] + timedelta(minutes=5), NIGHTS[3]]
    for number, now in enumerate(twice, start=1):
        service.set_clock(now)
        service.post(make_own_case(number, screened_on="2026-04-15"))

    kept = read_rows(service, "select case_id from assessments order by made_at")

    assert kept == [("C-0001",), ("C-0002",)]


@pytest.mark.parametrize("back", [timedelta(hours=2), timedelta(days=365)])
def test_the_registry_is_asked_again_after_a_clock_was_set_back(back: timedelta) -> None:
    asked: list[int] = []

    def answer() -> list[Registered]:
        asked.append(1)
        return []

    notes = RegistryNotes(answer)
    notes.read(NOW, AGES)

    notes.read(NOW, AGES)
    once = len(asked)
    notes.read(NOW - back, AGES)

    assert (once, len(asked)) == (1, 2)


def test_a_version_that_was_refused_is_tried_again_after_a_clock_was_set_back(
    service: Service, tmp_path: Path
) -> None:
    registry = Registry({"3": make_version(0.5), "9": tmp_path}, alias="9")
    follower = registry.follow(service)
    refused = follower.follow().state
    registry.versions["9"] = make_version(0.25)

    registry.later(days=-365)

    assert refused is FollowState.REFUSED
    assert follower.follow().state is FollowState.SERVED


@pytest.mark.parametrize("ahead", [2 * HOUR, -2 * HOUR])
def test_a_clock_that_differs_from_that_of_postgresql_is_told(
    either_service: Service, monkeypatch: pytest.MonkeyPatch, ahead: float
) -> None:
    # that much may pass between both clocks where this machine stands still
    monkeypatch.setattr(health, "MOST_AHEAD_SECONDS", AGES)
    same = either_service.client.get("/readyz").json()
    monkeypatch.setattr(engine, "time", lambda: time.time() - ahead)

    found = either_service.client.get("/readyz").json()

    is_shared = either_service.store.is_shared
    assert "store_clock_ahead_seconds" not in same
    told = found.get("store_clock_ahead_seconds", 0)
    assert abs(told - (ahead if is_shared else 0)) <= AGES
    metrics = either_service.client.get("/metrics").text
    assert ("kantelpunt_store_clock_ahead_seconds 0.0" in metrics) is not is_shared
    assert either_service.post(make_own_case()).status_code == 201


@pytest.mark.parametrize("jump", [2 * HOUR, -2 * HOUR])
def test_tokens_for_a_clock_that_differs_are_refused_and_the_log_says_why(
    start_oidc: Callable[..., Service], issuer: RunningIssuer, jump: float
) -> None:
    service = start_oidc()
    running = service.app.state.service
    gate = Gate(running.settings, service.store, clock=lambda: time.time() + jump)
    service.app.state.service = replace(running, gate=gate)

    with structlog.testing.capture_logs() as logs:
        page, api = log_on(service, issuer), ask(service, issuer.sign())

    assert (page.status_code, api.status_code) == (401, 401)
    assert "its clock and ours differ by over 60 s" in {one.get("why") for one in logs}
    assert service.post(make_own_case()).status_code == 201
