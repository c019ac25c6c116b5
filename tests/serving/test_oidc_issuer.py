from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Thread
from typing import Any

import pytest
import structlog

from serving.errors import IssuerGoneError
from serving.issuer import Issuer
from tests.moved_clock import Clock
from tests.running_issuer import RunningIssuer, make_key
from tests.serving.meanwhile import HOLDS

HOUR = 3600.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def known(issuer: RunningIssuer, clock: Clock) -> Issuer:
    """Return what we know of the identity provider, with its first key fetched."""
    made = Issuer(issuer.address, clock=clock)
    made.find_key("first")
    return made


def test_keys_are_fetched_anew_each_hour_so_that_one_that_was_withdrawn_ends(
    known: Issuer, issuer: RunningIssuer, clock: Clock
) -> None:
    issuer.keys = [make_key("second")]
    before = known.find_key("first")

    clock.now += HOUR

    assert before is not None
    assert known.find_key("first") is None


def test_known_keys_count_for_a_day_when_the_issuer_is_down_and_no_longer(
    known: Issuer, issuer: RunningIssuer, clock: Clock
) -> None:
    issuer.is_down = True

    clock.now += 24 * HOUR
    assert known.find_key("first") is not None

    clock.now += 1
    with pytest.raises(IssuerGoneError):
        known.find_key("first")


def test_an_issuer_that_is_down_is_left_in_peace_between_attempts_and_then_found_again(
    known: Issuer, issuer: RunningIssuer, clock: Clock
) -> None:
    issuer.is_down = True
    clock.now += 2 * HOUR
    for _ in range(50):
        known.find_key("first")
    asked = len(issuer.asked)

    issuer.is_down = False
    issuer.keys = [make_key("second")]
    clock.now += 10

    assert asked == 3
    assert known.find_key("second") is not None


def test_whoever_logs_on_is_not_sent_to_an_issuer_that_is_down(
    known: Issuer, issuer: RunningIssuer, clock: Clock
) -> None:
    at_once = known.get_endpoints().token
    issuer.is_down = True

    clock.now += 61

    assert at_once == f"{issuer.address}/token"
    with pytest.raises(IssuerGoneError):
        known.get_endpoints()
    issuer.is_down = False
    clock.now += 10
    assert known.get_endpoints().token == at_once


def test_who_asks_for_a_new_key_at_the_same_moment_gets_it_as_well(
    known: Issuer, issuer: RunningIssuer, clock: Clock
) -> None:
    issuer.keys = [make_key("second")]
    clock.now += 20

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(known.find_key, ["second"] * 24))

    assert all(key is not None for key in found)
    assert issuer.asked.count("/keys") == 2


class Crowded:
    """A lock after which somebody else comes at once, before whoever had it goes on."""

    def __init__(self, lock: Any, come: Callable[[], Any]) -> None:
        self._lock, self._come, self._other = lock, come, Thread(target=self._run)
        self.came: Any = None

    def _run(self) -> None:
        self.came = self._come()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()
        if self._other.ident is None:
            self._other.start()
            self._other.join(HOLDS)

    def join(self) -> None:
        self._other.join()


def test_who_comes_where_another_is_about_to_ask_waits_for_the_same_answer(
    known: Issuer, issuer: RunningIssuer, clock: Clock
) -> None:
    issuer.keys = [make_key("second")]
    clock.now += 20
    crowded = known._lock = Crowded(known._lock, partial(known.find_key, "second"))  # type: ignore[assignment]

    found = known.find_key("second")

    crowded.join()
    assert None not in (found, crowded.came)
    assert issuer.asked.count("/keys") == 2


def test_an_address_where_nobody_listens_is_an_issuer_that_is_down(
    capsys: pytest.CaptureFixture[str],
) -> None:
    structlog.reset_defaults()
    nobody = Issuer("http://127.0.0.1:1")

    with pytest.raises(IssuerGoneError):
        nobody.find_key("first")

    assert "ConnectError" in capsys.readouterr().out
