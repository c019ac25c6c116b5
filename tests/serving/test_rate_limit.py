from base64 import b64encode
from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from serving.rate_limit import LogOnLimits, MemoryLimiter, TooManyError, find_home
from serving.server import open_port, serve_aside
from serving.settings import SettingsError, read_settings
from tests.moved_clock import Clock
from tests.running_service import PASSWORD, Service


@pytest.fixture
def clock() -> Clock:
    return Clock()


def count(take: Callable[[], None], most: int = 1000) -> int:
    """Return how often in a row it may be taken."""
    for taken in range(most):
        try:
            take()
        except TooManyError:
            return taken
    return most


@pytest.mark.parametrize("per_minute", [1, 7, 10, 60, 999])
def test_so_many_go_through_in_a_minute_and_then_one_at_a_time(
    per_minute: int, clock: Clock
) -> None:
    limiter = MemoryLimiter(per_minute, clock=clock)

    assert count(lambda: limiter.take("a")) == per_minute
    clock.now += 60 / per_minute
    assert count(lambda: limiter.take("a")) == 1
    clock.now += 60
    assert count(lambda: limiter.take("a")) == per_minute


def test_one_key_does_not_stop_another(clock: Clock) -> None:
    limiter = MemoryLimiter(2, clock=clock)
    count(lambda: limiter.take("a"))

    assert count(lambda: limiter.take("b")) == 2


def test_the_wait_that_is_told_is_long_enough_and_never_long(clock: Clock) -> None:
    limiter = MemoryLimiter(10, clock=clock)
    count(lambda: limiter.take("a"))

    for _ in range(100):  # going on does not make it longer
        with pytest.raises(TooManyError) as caught:
            limiter.take("a")

    assert caught.value.seconds == 6
    clock.now += caught.value.seconds
    limiter.take("a")


def test_what_is_given_back_does_not_count(clock: Clock) -> None:
    limiter = MemoryLimiter(3, clock=clock)

    for _ in range(50):
        limiter.take("a")
        limiter.give_back("a")
    limiter.give_back("nobody")

    assert count(lambda: limiter.take("a")) == 3


def test_the_memory_has_a_bound_and_forgets_who_has_everything_back(clock: Clock) -> None:
    limiter = MemoryLimiter(10, most_keys=100, clock=clock)

    for number in range(10_000):
        limiter.take(f"k{number}")
    assert len(limiter) == 100

    clock.now += 120
    for _ in range(200):
        limiter.take("one")
        limiter.give_back("one")
    assert len(limiter) == 1


HOMES = [
    ("192.0.2.7", "192.0.2.7"),
    ("::ffff:192.0.2.7", "192.0.2.7"),
    ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
    ("x" * 100, "x" * 64),
    ("", ""),
]


@pytest.mark.parametrize(("address", "home"), HOMES)
def test_a_network_of_ipv6_counts_as_one_address(address: str, home: str) -> None:
    assert find_home(address) == home


@pytest.fixture
def limits(clock: Clock) -> LogOnLimits:
    return LogOnLimits(MemoryLimiter(5, clock=clock), MemoryLimiter(15, clock=clock))


def test_a_name_can_be_tried_only_so_often_from_wherever(limits: LogOnLimits) -> None:
    addresses = iter(f"192.0.2.{n}" for n in range(200))

    assert count(lambda: limits.take("arts", next(addresses))) == 5


def test_an_address_can_try_only_so_many_names(limits: LogOnLimits) -> None:
    names = iter(f"arts{n}" for n in range(200))

    assert count(lambda: limits.take(next(names), "192.0.2.1")) == 15


def test_who_guesses_elsewhere_cannot_keep_a_colleague_out(limits: LogOnLimits) -> None:
    addresses = iter(f"192.0.2.{n}" for n in range(200))
    count(lambda: limits.take("arts", next(addresses)))

    limits.take("arts", "198.51.100.1", device="known")

    assert count(lambda: limits.take("arts", "198.51.100.1", device="known")) == 4


def test_a_name_that_is_tried_too_often_costs_its_address_nothing(limits: LogOnLimits) -> None:
    count(lambda: limits.take("arts", "192.0.2.1"), most=100)
    for _ in range(100):
        with pytest.raises(TooManyError):
            limits.take("arts", "192.0.2.1")

    names = iter(f"ander{n}" for n in range(200))

    assert count(lambda: limits.take(next(names), "192.0.2.1")) == 10


@pytest.fixture
def limited(start_service: Callable[..., Service], sqlite_url: str, _no_turn_back: None) -> Service:
    return start_service(sqlite_url, log_on_per_minute=3, api_per_minute=5)


def test_after_some_wrong_passwords_the_page_asks_to_wait(limited: Service) -> None:
    answers = [limited.log_on("arts", "fout") for _ in range(4)]

    assert [a.status_code for a in answers] == [401, 401, 401, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 20
    assert "Te veel pogingen of aanvragen" in answers[-1].text
    assert limited.log_on("arts").status_code == 429
    assert limited.log_on("arts.b").status_code == 303


def test_right_passwords_are_never_too_many(limited: Service) -> None:
    statuses = {limited.log_on("arts").status_code for _ in range(12)}

    assert statuses == {303}


def test_a_browser_that_logged_on_before_is_let_in_while_others_guess(limited: Service) -> None:
    limited.log_on("arts")
    known = dict(limited.client.cookies)
    limited.client.cookies.clear()
    guesses = [limited.log_on("arts", "fout").status_code for _ in range(4)]

    limited.client.cookies.update(known)

    assert guesses[-1] == 429
    assert limited.log_on("arts").status_code == 303


def ask(service: Service, password: str = PASSWORD, user: str = "arts") -> Any:
    return service.client.get("/api/v1/model", auth=(user, password))


def test_the_api_counts_wrong_passwords_too_but_lets_who_is_known_in(limited: Service) -> None:
    first = ask(limited).status_code

    guesses = [ask(limited, f"fout{n}").status_code for n in range(4)]

    assert (first, guesses) == (200, [401, 401, 401, 429])
    assert ask(limited).status_code == 200


def test_a_user_who_asks_the_api_too_often_is_told_when_to_come_back(limited: Service) -> None:
    answers = [ask(limited) for _ in range(6)]

    assert [a.status_code for a in answers] == [200] * 5 + [429]
    problem = answers[-1].json()
    assert answers[-1].headers["content-type"] == "application/problem+json"
    assert problem["type"] == "urn:kantelpunt:problem:too-many"
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 12
    assert ask(limited, user="planner").status_code == 200


@pytest.mark.usefixtures("_no_turn_back")
@pytest.mark.parametrize(("trusted", "counted_apart"), [("", False), ("127.0.0.0/8", True)])
def test_only_a_proxy_that_is_trusted_tells_from_where_somebody_comes(
    start_service: Callable[..., Service],
    sqlite_url: str,
    monkeypatch: pytest.MonkeyPatch,
    trusted: str,
    counted_apart: bool,
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    service = start_service(sqlite_url, log_on_per_minute=1, trusted_proxies=trusted)

    with open_port("127.0.0.1", 0) as opened, serve_aside(service.app, opened) as address:
        statuses = [_try(f"{address}/api/v1/model", number) for number in range(4)]

    assert statuses == ([401] * 4 if counted_apart else [401, 401, 401, 429])


def _try(address: str, number: int) -> int:
    """Return the status of an attempt with a name and an address that were not there before."""
    name = b64encode(f"raad-{number}:x".encode()).decode()
    told = {"Authorization": f"Basic {name}", "X-Forwarded-For": f"192.0.2.{number}"}
    try:
        with urlopen(Request(address, headers=told)) as answer:  # noqa: S310
            return int(answer.status)
    except HTTPError as error:
        with error:
            return error.code


@pytest.mark.parametrize("trusted", ["127.0.0.1", "127.0.0.0/8", "::ffff:127.0.0.1"])
def test_a_proxy_of_ipv4_is_known_where_the_service_listens_on_ipv6_as_well(
    start_service: Callable[..., Service], sqlite_url: str, trusted: str
) -> None:
    service = start_service(sqlite_url, log_on_per_minute=1, trusted_proxies=trusted)

    with open_port("::", 0) as opened, serve_aside(service.app, opened):
        port = opened.getsockname()[1]
        statuses = [_try(f"http://127.0.0.1:{port}/api/v1/model", n) for n in range(4)]

    assert statuses == [401] * 4


@pytest.mark.parametrize("given", ["*", "proxy.example", "10.0.0.1/8"])
def test_a_proxy_that_cannot_be_told_apart_is_not_trusted(given: str) -> None:
    with pytest.raises(SettingsError, match="expected addresses or networks"):
        read_settings(trusted_proxies=given)
