"""What the database counts for planning is what one counts by hand, on SQLite and PostgreSQL."""

from datetime import date

import numpy as np
import pytest

from serving.planning_counts import (
    Calendar,
    build_roads,
    name_of,
    number_of,
    read_courses,
    read_roads,
)
from serving.store.engine import EVERY_FUND
from serving.store.planning_counts import Journey, stream_after, stream_decisions, stream_starts
from serving.store.planning_gains import list_regions, sample_estimates, stream_gains
from tests.planned_store import REGIONS, add_case, add_outcome
from tests.running_service import NOW, Service

LAST = Calendar.before(NOW.date())  # March 2026


def place(month: str) -> int:
    return LAST.names.index(month)


def test_months_are_whole_and_the_last_one_is_over() -> None:
    assert LAST.as_of == date(2026, 3, 31)
    assert Calendar.before(date(2026, 3, 31)).as_of == date(2026, 3, 31)
    assert Calendar.before(date(2026, 3, 30)).as_of == date(2026, 2, 28)
    assert LAST.names[-1] == name_of(number_of(date(2026, 3, 9))) == "2026-03"
    assert LAST.first_of(12) == date(2025, 4, 1)


def test_each_step_is_counted_in_its_month_with_its_delay(either_service: Service) -> None:
    jan = date(2026, 1, 20)
    add_case(either_service, 1, jan, referred_on=date(2026, 2, 3), started_on=date(2026, 3, 9))
    add_case(either_service, 2, jan, suggested=False, referred_on=date(2026, 1, 30))
    add_case(either_service, 3, jan)
    add_case(either_service, 4, jan, closed_on=date(2026, 2, 5))
    add_case(either_service, 5, date(2026, 4, 2))  # this month is not over

    with either_service.store.reading(EVERY_FUND) as connection:
        roads = read_roads(connection, LAST, REGIONS)

    january = place("2026-01")
    steps = roads.steps
    assert roads.screenings[0].sum() == 4
    assert roads.screened[0, january, 0] == 4
    assert (steps["suggested"].tried[0, january], steps["suggested"].passed[0, january, 0]) == (
        4,
        3,
    )
    assert (steps["referred"].tried[0, january], steps["referred"].passed[0, january, 1]) == (3, 1)
    assert steps["referred"].stopped[0, january, 1] == 1
    assert steps["referred"].list_waiting()[0].tolist()[:4] == [0, 0, 1, 0]
    assert steps["referred_other"].passed[0, january, 0] == 1
    assert steps["consented"].tried[0].sum() == 2
    assert steps["started"].passed[0, place("2026-02"), 1] == 1
    assert roads.started[0].nonzero()[0].tolist() == [place("2026-03")]
    assert roads.screenings[1].sum() == 0


def test_whoever_objects_and_whoever_is_elsewhere_is_not_counted(either_service: Service) -> None:
    for number in range(1, 7):
        add_case(either_service, number, date(2026, 2, 2), region="brussel")
    day, sent_on = date(2026, 2, 2), date(2026, 2, 9)
    add_case(either_service, 7, day, referred_on=sent_on, started_on=date(2026, 3, 2))
    with either_service.store.writing(EVERY_FUND) as connection:
        connection.exec_driver_sql("update cases set is_blocked = true where case_id = 'C-0007'")

    with either_service.store.reading(EVERY_FUND) as connection:
        roads = read_roads(connection, LAST, REGIONS)
        regions = list_regions(connection)
        after = list(stream_after(connection, LAST.as_of))

    assert roads.screenings.sum() == 0
    assert after == []
    assert regions == ["brussel"]


def test_who_is_screened_before_month_3_waits_once_with_entries_and_without() -> None:
    early = Journey("antwerpen", True, LAST.last - 2, LAST.last, None, None, None, None, None, 50)

    found = [
        build_roads([early], LAST, REGIONS, from_entries=brought).steps["referred"]
        for brought in (True, False)
    ]

    assert [one.list_waiting().sum() for one in found] == [0, 50]  # entries bring them in April


def test_open_pathways_are_censored_and_ended_ones_end_at_their_age(
    either_service: Service,
) -> None:
    day = date(2025, 6, 10)
    for number, (started, ended) in enumerate(
        [(date(2025, 8, 1), None), (date(2025, 8, 5), date(2025, 12, 9)), (date(2026, 3, 4), None)]
    ):
        add_case(
            either_service, number + 1, day, referred_on=day, started_on=started, ended_on=ended
        )

    with either_service.store.reading(EVERY_FUND) as connection:
        courses = read_courses(connection, LAST, REGIONS)

    assert courses.open[0].nonzero()[0].tolist() == [0, 7]
    assert courses.ended.nonzero()[0].tolist() == [3]  # of its fourth month on
    assert courses.at_risk[:8].tolist() == [2, 2, 2, 2, 1, 1, 1, 0]
    assert courses.kinds["training"].tolist() == [3, 0]


@pytest.mark.parametrize("until", [LAST.as_of, NOW.date()])
def test_who_is_followed_past_the_last_whole_month_counts_as_followed_to_its_end(
    either_service: Service, until: date
) -> None:
    day = date(2025, 6, 10)
    add_case(either_service, 1, day, referred_on=date(2025, 6, 20), started_on=date(2025, 8, 1))
    add_outcome(either_service, 1, date(2025, 11, 3), until)

    with either_service.store.reading(EVERY_FUND) as connection:
        [after] = stream_after(connection, LAST.as_of)

    assert after.observed == 7


def test_work_after_a_start_and_days_of_waiting_are_told_per_group(
    either_service: Service,
) -> None:
    day = date(2025, 6, 10)
    add_case(either_service, 1, day, referred_on=date(2025, 6, 20), started_on=date(2025, 8, 1))
    add_case(either_service, 2, day, closed_on=date(2025, 6, 12))
    add_case(either_service, 3, day)
    add_outcome(either_service, 1, date(2025, 11, 3), date(2026, 3, 31))

    with either_service.store.reading(EVERY_FUND) as connection:
        after = list(stream_after(connection, LAST.as_of))
        decided = set(stream_decisions(connection, date(2025, 4, 1), LAST.as_of))
        started = list(stream_starts(connection, date(2025, 4, 1), LAST.as_of))

    assert [(one.worked, one.left, one.observed, one.people) for one in after] == [(3, None, 7, 1)]
    absent = date(2025, 3, 10)
    days = (date(2025, 6, 20), date(2025, 6, 12), None)
    assert decided == {(absent, day, decided_on, 1) for decided_on in days}
    assert started == [(date(2025, 6, 20), date(2025, 8, 1), 1)]


def test_gains_are_counted_in_bands_and_sampled_by_lot(either_service: Service) -> None:
    for number in range(1, 9):
        add_case(either_service, number, date(2026, 2, 2), suggested=number < 3)
    since, until = date(2025, 4, 1), LAST.as_of

    with either_service.store.reading(EVERY_FUND) as connection:
        gained = list(stream_gains(connection, since, until))
        sample = sample_estimates(connection, since, until, 5)
        again = sample_estimates(connection, since, until, 5)
        chances = connection.exec_driver_sql("select p_usual from cases").scalars().all()

    assert {one.suggestion: one.people for one in gained} == {"refer": 2, "own_way": 6}
    assert {one.chance for one in gained} == {int(np.floor(100 * p)) for p in chances}
    assert len(sample["antwerpen"]) == 5
    assert [one.usual.value for one in sample["antwerpen"]] == [
        one.usual.value for one in again["antwerpen"]
    ]
