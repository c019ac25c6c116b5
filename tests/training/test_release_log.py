"""The log of releases: a chain that shows what was changed, and who was first."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from training.release_log import START, Entry, State, read_log


def make_entry(version: str, previous: str = START, **more: Any) -> Entry:
    entry = Entry("release", version, "d" * 64, "", "Alex", "", "2026-01-05T09:00:00Z", previous)
    return replace(entry, **more)


def chain(*entries: Entry) -> dict[int, str]:
    """Return entries as they are kept, each after the one before it."""
    texts, head = {}, START
    for number, entry in enumerate(entries, 1):
        placed = replace(entry, previous=head)
        texts[number], head = placed.text(), placed.hash
    return texts


THREE = chain(
    make_entry("1", moment="2026-01-05T09:00:00Z"),
    make_entry("2", moment="2026-02-10T09:00:00Z", before="1"),
    make_entry("3", moment="2026-02-10T15:00:00Z", before="2"),
)


def test_a_whole_log_has_no_faults_and_tells_what_is_live() -> None:
    log = read_log(THREE)

    assert log.faults == ()
    assert log.live == "3"
    assert [one.state for one in log.kept] == [State.COUNTS] * 3


@pytest.mark.parametrize(
    ("number", "field", "value"),
    [(1, "by", "Robin"), (2, "moment", "2025-12-24T09:00:00Z"), (3, "waivers", {"fairness": "x"})],
)
def test_an_entry_that_was_changed_is_named(number: int, field: str, value: object) -> None:
    changed = json.loads(THREE[number]) | {field: value}

    log = read_log(THREE | {number: json.dumps(changed)})

    assert log.faults == (f"entry {number} was changed after it was written",)


def test_an_entry_that_was_changed_with_its_own_hash_breaks_the_next_one() -> None:
    changed = replace(make_entry("9"), previous=START)

    log = read_log(THREE | {1: changed.text()})

    assert log.faults == ("entry 2 does not follow the entry before it",)


def test_an_entry_that_was_taken_out_is_missed() -> None:
    log = read_log({1: THREE[1], 3: THREE[3]})

    assert log.faults[0] == "entry 2 is gone"


def test_an_entry_of_nonsense_is_named_and_the_others_are_still_told() -> None:
    log = read_log(THREE | {2: "[1, 2]"})

    assert log.faults[0] == "entry 2 is not readable"
    assert log.live == "3"


@pytest.mark.parametrize(
    "field",
    [{"version": None}, {"gates": 5}, {"gates": [{"a": "b"}]}, {"waivers": [1]}, {"by": {}}],
)
def test_an_entry_with_a_part_of_another_kind_is_named(field: dict[str, object]) -> None:
    changed = json.loads(THREE[3]) | field

    log = read_log(THREE | {3: json.dumps(changed)})

    assert log.faults == ("entry 3 is not readable",)
    assert log.live == "2"


def test_an_entry_cannot_be_made_to_look_too_late_unseen() -> None:
    changed = json.loads(THREE[3]) | {"previous": START}

    log = read_log(THREE | {3: json.dumps(changed)})

    assert log.faults == ("entry 3 was changed after it was written",)


def test_of_two_that_follow_the_same_entry_only_the_first_counts() -> None:
    first = make_entry("1")
    winner, loser = (make_entry(number, first.hash) for number in ("2", "3"))
    after = make_entry("4", winner.hash)

    log = read_log({1: first.text(), 2: winner.text(), 3: loser.text(), 4: after.text()})

    assert [one.state for one in log.kept][2] is State.LATE
    assert [entry.version for entry in log.counting] == ["1", "2", "4"]
    assert log.faults == ()


@pytest.mark.parametrize(
    ("day", "live"),
    [
        (date(2026, 1, 4), []),
        (date(2026, 1, 5), ["1"]),
        (date(2026, 2, 9), ["1"]),
        (date(2026, 2, 10), ["1", "2", "3"]),
        (date(2026, 3, 1), ["3"]),
    ],
)
def test_a_day_tells_every_version_that_was_live_on_it(day: date, live: list[str]) -> None:
    found = read_log(THREE).live_on(day)

    assert [entry.version for entry in found] == live


def test_going_back_twice_goes_back_two_champions() -> None:
    back = make_entry("2", event="rollback", before="3")
    texts = chain(make_entry("1"), make_entry("2"), make_entry("3"), back)

    assert read_log(texts).stack() == ["1", "2"]


def test_a_champion_from_before_there_was_a_log_can_be_returned_to() -> None:
    assert read_log(chain(make_entry("8", before="7"))).stack() == ["7", "8"]
