"""How often someone may try, counted for all processes on one store."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from serving.rate_limit import TooManyError
from serving.shared_limit import Limiters, StoreLimiter
from serving.store.allowances import Asked, allowances
from serving.store.engine import Store
from serving.store.upgrade import upgrade_store
from tests.moved_clock import Clock
from tests.serving.worker_pair import ask, run_pair

SECRET = "k7Jq2vX9bR4mW1zT8cN5hL0pD3fG6sAy"  # noqa: S105


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with closing(Store(store_url)) as opened:
        upgrade_store(opened)
        yield opened


@pytest.fixture
def clock() -> Clock:
    return Clock()


def count(*takes: Callable[[], None], most: int = 1000) -> int:
    """Return how often it may be taken, by turns."""
    for taken in range(most):
        try:
            takes[taken % len(takes)]()
        except TooManyError:
            return taken
    return most


@pytest.mark.parametrize("per_minute", [1, 10, 59, 60])
def test_two_processes_together_let_through_what_one_may(
    store: Store, clock: Clock, per_minute: int
) -> None:
    one, other = (StoreLimiter(store, SECRET, "name", per_minute, clock=clock) for _ in range(2))

    assert count(lambda: one.take("a"), lambda: other.take("a")) == per_minute
    clock.now += 60 / per_minute
    assert count(lambda: other.take("a")) == 1
    clock.now += 60
    assert count(lambda: one.take("a")) == per_minute
    assert count(lambda: other.take("b")) == per_minute


def test_of_a_large_allowance_turns_are_taken_ahead_and_never_too_many(
    store: Store, clock: Clock
) -> None:
    one, other = (StoreLimiter(store, SECRET, "request", 600, clock=clock) for _ in range(2))
    one.take("a")

    held = count(lambda: None if one.take_now("a") else other.take("a"), most=700)

    assert one.take_now("a") is False
    assert held == 599


def test_threads_that_ask_at_the_same_moment_lose_each_other_no_turn(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    limiter = StoreLimiter(store, SECRET, "requests", 600, clock=clock)  # ten turns at once
    asked = []

    def ask(_: Store, what: Asked) -> float:
        asked.append(what.turns)
        if len(asked) == 1:
            limiter.take("a")  # as another thread would, while this one waits for the store
        return 0

    monkeypatch.setattr("serving.shared_limit.find_wait", ask)

    for _ in range(19):
        limiter.take("a")

    assert asked == [10, 10]


def test_turns_that_were_taken_ahead_are_worth_nothing_a_minute_later(
    store: Store, clock: Clock
) -> None:
    one, other = (StoreLimiter(store, SECRET, "request", 600, clock=clock) for _ in range(2))
    one.take("a")
    assert one.take_now("a")

    clock.now += 61
    count(lambda: other.take("a"))

    assert one.take_now("a") is False


def test_the_wait_that_is_told_is_long_enough(store: Store, clock: Clock) -> None:
    limiter = StoreLimiter(store, SECRET, "name", 10, clock=clock)
    count(lambda: limiter.take("a"))

    with pytest.raises(TooManyError) as caught:
        limiter.take("a")

    assert caught.value.seconds == 6
    clock.now += 6
    limiter.take("a")


def test_an_attempt_that_was_right_does_not_count(store: Store, clock: Clock) -> None:
    limiter = StoreLimiter(store, SECRET, "name", 2, clock=clock)

    for _ in range(10):
        limiter.take("a")
        limiter.give_back("a")

    assert count(lambda: limiter.take("a")) == 2


def test_a_clock_that_is_set_back_keeps_nobody_out(store: Store, clock: Clock) -> None:
    limiter = StoreLimiter(store, SECRET, "name", 5, clock=clock)
    count(lambda: limiter.take("a"))

    clock.now -= 3600

    assert count(lambda: limiter.take("a")) == 5


def test_no_name_and_no_address_can_be_read_in_the_store_and_old_ones_go(
    store: Store, clock: Clock
) -> None:
    limiter = StoreLimiter(store, SECRET, "name", 5, clock=clock)
    for name in ("name arts", "name 192.0.2.7"):
        limiter.take(name)

    with store.reading() as connection:
        kept = list(connection.execute(select(allowances.c.allowance_key)).scalars())
    clock.now += 120
    limiter.take("another")
    with store.reading() as connection:
        left = list(connection.execute(select(allowances.c.allowance_key)).scalars())

    assert len(kept) == 2
    assert all(len(key) == 64 and set(key) <= set("0123456789abcdef") for key in kept)
    assert len(left) == 1
    assert not set(left) & set(kept)


def test_at_the_same_moment_no_more_get_through(store: Store, clock: Clock) -> None:
    limiters = [StoreLimiter(store, SECRET, "name", 20, clock=clock) for _ in range(4)]

    with ThreadPoolExecutor(4) as pool:
        taken = sum(pool.map(lambda one: count(lambda: one.take("a")), limiters))

    assert taken == 20


def test_only_a_store_that_others_may_work_on_counts_for_all(store: Store) -> None:
    made = Limiters(store, SECRET).build("name", 5)

    assert isinstance(made, StoreLimiter) == store.engine.dialect.name.startswith("postgresql")


def test_two_workers_share_attempts(postgres_url: str, tmp_path: Path) -> None:
    # a turn comes back after a minute: not while the test runs
    with run_pair(postgres_url, tmp_path, log_on_per_minute="1") as pair:
        tried = [
            ask(f"{place}/api/v1/cases", "arts", password="helemaal-fout").status_code  # noqa: S106
            for place in pair.both * 3
        ]

    assert tried == [401, 429, 429, 429, 429, 429]
