"""A recipe beside a champion that learnt from the test window, on what neither could know."""

from dataclasses import replace
from datetime import date

import pytest

from features.cohort import build_screenings
from features.matrix import Matrix, build_matrix
from models.bundle import Bundle, read_bundle
from models.usual import Sample, Shape
from tests.training.conftest import Road
from training.rivals import fit_shipped
from training.since_champion import compare_since
from training.tracking import fetch_bundle

YEAR_AGO, NOW = date(2025, 6, 30), date(2026, 6, 30)
SOUND, WILD = Shape(6, 200, 0.5, 0.0), Shape(31, 400, 1.0, 0.0)


@pytest.fixture(scope="module")
def champion(road: Road) -> Bundle:
    """Return the recipe as it learnt a year ago, from the test window as well."""
    found = read_bundle(*fetch_bundle("champion", road.config.registry, road.uri))
    before = Sample.of(build_screenings(road.extract, as_of=YEAR_AGO))
    head = fit_shipped("kantelpunt", before, SOUND, road.config.usual, 1)
    usual = replace(head, calibration=road.trained.model.usual.calibration)
    info = {**found.info, "trained_on": YEAR_AGO.isoformat()}
    return replace(found, info=info, model=replace(found.model, usual=usual))


def list_rows(road: Road) -> Matrix:
    return build_matrix(road.extract.cases, road.extract.contract)


def test_the_same_recipe_is_as_good_as_a_champion_that_knew_the_test_window(
    road: Road, champion: Bundle
) -> None:
    same = replace(road.trained, shape=SOUND, shipped="kantelpunt")

    found = compare_since(same, road.extract, champion, list_rows(road), 2)

    assert found is not None
    assert found.low <= 0 or found.value < road.config.gates.most_since


def test_a_recipe_that_overfits_is_surely_worse_though_it_looks_better_on_what_it_learnt(
    road: Road, champion: Bundle
) -> None:
    eager = replace(road.config.usual, learning_rate=0.1, fewest_cases_in_leaf=5, penalty=0.01)
    config = replace(road.trained.config, usual=eager)
    wild = replace(road.trained, shape=WILD, config=config, shipped="kantelpunt")

    found = compare_since(wild, road.extract, champion, list_rows(road), 1)

    assert found is not None
    assert found.low > 0
    assert found.value > road.config.gates.most_since


def test_of_a_champion_of_yesterday_nothing_was_seen_since(road: Road, champion: Bundle) -> None:
    young = replace(champion, info={**champion.info, "trained_on": NOW.isoformat()})

    assert compare_since(road.trained, road.extract, young, list_rows(road), 1) is None
