"""The legal clocks of an absence, as a table that a jurist can read."""

from dataclasses import replace
from datetime import date

import pytest

from features import deadlines
from features.deadlines import (
    ANSWER,
    DEADLINES,
    DeadlineError,
    absent_day,
    add_months,
    clocks,
    find_next_clock,
)

# an absence that starts on 5 January 2026
CLOCKS = """
    clock                  | due
    occupational_physician | 2026-02-02
    questionnaire          | 2026-03-16
    answers                | 2026-03-30
    two_questions          | 2026-04-05
    category               | 2026-05-05
    pathway                | 2026-06-05
    look_again_7           | 2026-08-05
    look_again_11          | 2026-12-05
    invalidity             | 2027-01-05
"""

NEXT = """
    today      | next clock             | days left
    2026-01-05 | occupational_physician | 28
    2026-02-02 | occupational_physician | 0
    2026-02-03 | questionnaire          | 41
    2026-04-01 | two_questions          | 4
    2026-04-06 | category               | 29
    2027-01-05 | invalidity             | 0
"""

MONTHS = """
    from       | months | until
    2026-01-31 | 1      | 2026-02-28
    2028-01-31 | 1      | 2028-02-29
    2025-11-30 | 3      | 2026-02-28
    2026-01-15 | 12     | 2027-01-15
    2026-12-01 | 1      | 2027-01-01
"""


# what a person asks, by the day on which it reached the fund
ANSWERS = """
    received   | answer by
    2026-01-15 | 2026-02-15
    2026-01-31 | 2026-02-28
    2026-12-01 | 2027-01-01
"""


def read_rows(table: str) -> list[tuple[str, ...]]:
    lines = table.strip().splitlines()[1:]
    return [tuple(cell.strip() for cell in line.split("|")) for line in lines]


@pytest.mark.parametrize(("key", "due"), read_rows(CLOCKS))
def test_each_clock_is_counted_from_the_first_day_of_absence(key: str, due: str) -> None:
    found = {c.key: c.due_on for c in clocks(date(2026, 1, 5), as_of=date(2026, 4, 1))}

    assert found[key] == date.fromisoformat(due)


def test_the_table_above_holds_every_clock_and_no_other() -> None:
    assert [key for key, _ in read_rows(CLOCKS)] == [
        c.key for c in clocks(date(2026, 1, 5), as_of=date(2026, 4, 1))
    ]


@pytest.mark.parametrize(("today", "key", "days_left"), read_rows(NEXT))
def test_the_next_clock_is_the_first_that_has_not_passed(
    today: str, key: str, days_left: str
) -> None:
    found = find_next_clock(date(2026, 1, 5), as_of=date.fromisoformat(today))

    assert found is not None
    assert (found.key, found.days_left) == (key, int(days_left))


def test_after_the_first_year_no_clock_is_left() -> None:
    assert find_next_clock(date(2026, 1, 5), as_of=date(2027, 1, 6)) is None


@pytest.mark.parametrize(("start", "months", "until"), read_rows(MONTHS))
def test_a_month_ends_on_the_same_day_or_on_its_last(start: str, months: str, until: str) -> None:
    assert add_months(date.fromisoformat(start), int(months)) == date.fromisoformat(until)


@pytest.mark.parametrize(("received", "answer_by"), read_rows(ANSWERS))
def test_a_person_has_an_answer_within_a_month(received: str, answer_by: str) -> None:
    clock = ANSWER.to_clock(date.fromisoformat(received), as_of=date.fromisoformat(answer_by))

    assert (clock.due_on.isoformat(), clock.days_left) == (answer_by, 0)
    assert "art. 12, lid 3" in clock.source


def test_the_first_day_of_absence_is_day_one() -> None:
    assert absent_day(date(2026, 1, 5), date(2026, 1, 5)) == 1
    assert absent_day(date(2026, 1, 5), date(2026, 4, 5)) == 91


def test_no_day_of_absence_lies_before_the_absence() -> None:
    with pytest.raises(DeadlineError, match="on or after absence_started_on"):
        absent_day(date(2026, 1, 5), date(2026, 1, 4))


def test_a_changed_period_holds_from_its_first_day_only(monkeypatch: pytest.MonkeyPatch) -> None:
    old = next(d for d in DEADLINES if d.key == "questionnaire")
    new = replace(old, weeks=8, valid_from=date(2026, 7, 1))
    monkeypatch.setattr(deadlines, "DEADLINES", (new, *DEADLINES))

    before = {c.key: c.due_on for c in clocks(date(2026, 6, 30), as_of=date(2026, 6, 30))}
    after = {c.key: c.due_on for c in clocks(date(2026, 7, 1), as_of=date(2026, 7, 1))}

    assert before["questionnaire"] == date(2026, 9, 8)
    assert after["questionnaire"] == date(2026, 8, 26)


def test_an_absence_older_than_a_rule_still_shows_its_clock() -> None:
    found = {c.key for c in clocks(date(2020, 1, 6), as_of=date(2020, 2, 1))}

    assert "questionnaire" in found


def test_every_deadline_names_its_source_and_its_period() -> None:
    assert all(d.source and (d.weeks or d.months) for d in DEADLINES)
