from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from features.cohort import build_screenings
from features.contract import Contract, default_contract
from models.heads import AdditiveHead
from models.people import CELLS, FEWEST_PEOPLE, WIDEST, PeopleTable
from models.usual import Sample
from tests.factories import make_contract, make_line
from tests.training.conftest import Road
from training.people import (
    count_earlier_people,
    count_effective,
    count_people,
    take_newest,
)

FROM, UNTIL = date(2024, 1, 1), date(2024, 7, 1)


def make_sample(count: int, *, contract: Contract | None = None, answered: float = 0.7) -> Sample:
    contract = contract or default_contract()
    rng = np.random.default_rng(4)
    matrix = np.zeros((count, len(contract.fields)))
    blank = rng.random(count) >= answered
    for column in contract.answers:
        matrix[blank, column] = np.nan
    return Sample(contract, matrix, np.zeros(count), np.ones(count), np.arange(count))


def count(estimated: np.ndarray, sample: Sample) -> PeopleTable:
    return count_people(estimated, sample, FROM, UNTIL)


def test_of_many_people_the_share_that_returned_is_about_their_estimate() -> None:
    rng = np.random.default_rng(1)
    sample = make_sample(20_000)
    estimated = rng.random(len(sample))
    sample = replace(sample, target=(rng.random(len(sample)) < estimated).astype(float))

    table = count(estimated, sample)

    inside = [g.returned_low <= (g.low + g.high) / 2 <= g.returned_high for g in table.groups]
    assert len(table.groups) == 2 * CELLS
    assert np.mean(inside) > 0.8
    assert sum(group.people for group in table.groups) > 0.98 * len(sample)
    assert (table.screened_from, table.screened_until) == (FROM, UNTIL)


def test_neighbours_are_taken_together_until_a_hundred_people_stand_behind_a_number() -> None:
    sample = make_sample(600, answered=1.0)
    estimated = np.repeat([0.12, 0.32, 0.37, 0.52, 0.57], [140, 60, 200, 150, 50])

    groups = count(estimated, sample).groups

    assert [(g.low, g.high, g.people) for g in groups] == [
        (0.1, 0.15, 140),
        (0.3, 0.4, 260),
        (0.5, 0.6, 200),
    ]


def test_where_too_few_people_are_alike_there_is_no_number() -> None:
    sample = make_sample(180, answered=1.0)
    estimated = np.repeat([0.12, 0.62], 90)

    table = count(estimated, sample)

    assert table.groups == ()
    assert table.find(0.12, answered=True) is None


def test_people_further_apart_than_twenty_points_never_share_a_group() -> None:
    rng = np.random.default_rng(2)
    sample = make_sample(900)

    groups = count(rng.beta(2, 3, len(sample)), sample).groups

    assert groups
    assert max(group.high - group.low for group in groups) <= WIDEST / CELLS + 1e-9
    assert min(group.people for group in groups) >= FEWEST_PEOPLE


def test_who_was_screened_twice_counts_as_one() -> None:
    sample = make_sample(180, answered=1.0)
    twice = replace(sample, person=np.arange(180) // 2)

    assert count(np.full(180, 0.42), sample).groups[0].people == 180
    assert count(np.full(180, 0.42), twice).groups == ()
    assert count_effective(twice) == 90


def test_outcomes_are_weighted_to_stand_for_those_that_nobody_saw() -> None:
    sample = make_sample(400, answered=1.0)
    target = np.repeat([1.0, 0.0], 200)
    weighted = replace(sample, target=target, weight=np.repeat([1.0, 3.0], 200))

    plain = count(np.full(400, 0.42), replace(sample, target=target)).groups[0]
    found = count(np.full(400, 0.42), weighted).groups[0]

    assert (plain.returned, found.returned) == (0.5, 0.25)
    # heavier people tell less: the interval is that of fewer
    assert count_effective(weighted) == pytest.approx(320)


def test_one_person_more_mostly_changes_nothing_that_is_kept() -> None:
    sample = make_sample(309, answered=1.0)
    target = (np.arange(309) % 10 < 3).astype(float)
    whole = count(np.full(309, 0.42), replace(sample, target=target))

    less = count(np.full(308, 0.42), replace(sample, target=target).take(np.arange(308)))

    assert whole == less


def test_who_answered_and_who_did_not_are_apart_and_other_contracts_work_too() -> None:
    both = count(np.full(600, 0.42), make_sample(600, answered=0.5)).groups
    contract = make_contract(2)
    without = count(np.full(300, 0.42), make_sample(300, contract=contract)).groups

    assert [group.answered for group in both] == [True, False]
    assert [group.answered for group in without] == [False]


def test_nobody_is_estimated_by_what_was_learnt_from_the_same_person(road: Road) -> None:
    windows, seen = road.trained.windows, list[set[int]]()

    def fit(part: Sample) -> AdditiveHead:
        seen.append(set(part.person.tolist()))
        return make_line(part.contract, 0.5)

    table = count_earlier_people(road.extract, windows, fit, 3, seed=1)

    persons = set.union(*seen)
    assert len(seen) == 3
    assert all(len(persons - one) >= len(persons) // 3 for one in seen)
    assert set.union(*(persons - one for one in seen)) == persons
    assert {(group.low, group.high) for group in table.groups} == {(0.5, 0.55)}


def test_of_very_many_screenings_the_newest_whole_days_count(road: Road) -> None:
    screenings = build_screenings(road.extract)

    newest = take_newest(screenings, 500)

    assert 500 <= len(newest) < 600
    assert newest.screened_on.min() > np.sort(screenings.screened_on)[-600]
    assert take_newest(newest, 10_000) is newest
