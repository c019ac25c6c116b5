import pytest

from serving.permissions import Role, User
from serving.seen_users import MOST_SEEN, SECONDS, SeenUsers
from tests.moved_clock import Clock

ARTS = User("arts", "Dr. Arts", Role.ADVISING_PHYSICIAN, "fonds-a")


@pytest.fixture
def clock() -> Clock:
    return Clock(100.0)


@pytest.fixture
def seen(clock: Clock) -> SeenUsers:
    return SeenUsers(clock=clock)


def test_a_user_is_recalled_for_one_second_and_no_longer(seen: SeenUsers, clock: Clock) -> None:
    seen.note("Basic abc", ARTS)

    clock.now += SECONDS * 0.99
    within = seen.recall("Basic abc")
    clock.now += SECONDS * 0.01
    after = seen.recall("Basic abc")

    assert within == ARTS
    assert after is None


def test_another_header_recalls_nobody(seen: SeenUsers) -> None:
    seen.note("Basic abc", ARTS)

    found = seen.recall("Basic abd")

    assert found is None


def test_no_header_is_kept_as_it_was_sent(seen: SeenUsers) -> None:
    seen.note("Basic c2VjcmV0", ARTS)

    kept = repr(vars(seen))

    assert "c2VjcmV0" not in kept


def test_the_oldest_are_forgotten(seen: SeenUsers) -> None:
    for n in range(MOST_SEEN + 1):
        seen.note(f"Basic {n}", ARTS)

    first, last = seen.recall("Basic 0"), seen.recall(f"Basic {MOST_SEEN}")

    assert first is None
    assert last == ARTS


def test_a_header_that_is_no_text_recalls_nobody(seen: SeenUsers) -> None:
    found = seen.recall("Basic \udcff")

    assert found is None
