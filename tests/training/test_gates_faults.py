"""Faults planted in a model that was really trained: each is caught by its own gate."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from features.matrix import Matrix
from models.bundle import Bundle, read_bundle
from models.estimate import Estimate
from tests.training.conftest import Road
from tests.training.released import REGISTRY, Desk
from training.comparison import Comparison, compare_at_release, compare_at_training
from training.gate_evidence import gather_evidence
from training.gates import GateVerdict, judge_training
from training.gates_version import judge_comparison, measure_ms
from training.rivals import OURS
from training.tracking import fetch_bundle


@pytest.fixture
def desk(tmp_path: Path, road: Road) -> Desk:
    return Desk.at(tmp_path, road)


def find_verdict(road: Road, desk: Desk, shift: float, name: str) -> GateVerdict:
    p = np.clip(road.trained.evidence.p_usual + shift, 0, 1)
    estimated = {OURS: p, "lines": p}
    found = gather_evidence(estimated, OURS, road.trained.test, {}, road.config, 1)
    gates = judge_training(desk.info | {"gates": found.plain()}, road.config)
    return {gate.name: gate.verdict for gate in gates}[name]


def test_estimates_that_are_moved_by_fifteen_points_fail_on_calibration(
    road: Road, desk: Desk
) -> None:
    honest, moved = (find_verdict(road, desk, by, "calibration_error") for by in (0.0, 0.15))

    assert honest is not GateVerdict.FAIL
    assert moved is GateVerdict.FAIL


@dataclass(frozen=True)
class SlowBundle(Bundle):
    """A bundle that does everything many times over."""

    def estimate(self, row: Matrix) -> Estimate:
        """Return what the bundle does, late."""
        for _ in range(60):
            found = super().estimate(row)
        return found


def test_a_slow_model_takes_longer_than_the_limit_and_ours_does_not(desk: Desk) -> None:
    bundle = read_bundle(fetch_bundle(desk.register(), REGISTRY, desk.uri)[0])
    slow = SlowBundle(bundle.model, bundle.version, bundle.digest, bundle.info, bundle.card)

    assert measure_ms(slow) > 20 * measure_ms(bundle)


def test_a_version_that_is_off_by_fifteen_points_is_worse_than_the_champion(
    road: Road, desk: Desk
) -> None:
    desk.say("release", desk.register())
    champion = read_bundle(*fetch_bundle("champion", REGISTRY, desk.uri))
    usual = champion.model.usual
    moved = replace(usual.calibration, intercept=usual.calibration.intercept + 0.15)
    worse = replace(champion.model, usual=replace(usual, calibration=moved))

    faulty = compare_at_release(
        replace(champion, model=worse), champion, road.extract, road.config, 1
    )
    same = compare_at_release(champion, champion, road.extract, road.config, 1)

    verdicts = [
        judge_comparison(found, "2", "1", road.config.gates)[0].verdict for found in (faulty, same)
    ]
    assert verdicts == [GateVerdict.FAIL, GateVerdict.PASS]


def test_training_compares_with_the_champion_and_knows_that_it_is_flattered(
    road: Road, desk: Desk
) -> None:
    desk.say("release", desk.register())

    found = compare_at_training(road.trained, road.extract, REGISTRY, desk.uri, 1)

    assert (found.version, found.champion_may_know, found.noted) == ("1", True, "")
    assert found.reasons_changed is not None
    assert found.released is not None
    assert found.tested is not None
    assert found.reasons_changed.value == found.released.value == 0  # the champion is the same one
    assert found.tested.value > 0


def test_training_goes_on_where_the_champion_cannot_be_had(road: Road, desk: Desk) -> None:
    nowhere = compare_at_training(
        road.trained, road.extract, REGISTRY, f"sqlite:///{desk.folder}/no.db", 1
    )
    nobody = compare_at_training(road.trained, road.extract, REGISTRY, desk.uri, 1)

    for found in (nowhere, nobody):
        assert found == Comparison(noted=found.noted)
        assert found.noted.startswith("not compared at training: ")
