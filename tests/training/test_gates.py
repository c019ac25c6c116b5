"""The gates of a release: each fails for its own fault, and chance alone seldom fails one."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from features.contract import default_contract
from models.usual import Sample
from training.config import read_config
from training.gate_evidence import CalibrationGap, measure_gaps
from training.gates import Gate, GateVerdict, judge_training

CONFIG = read_config()
GAP = {"attribute": "", "group": "", "persons": 500, "error": 0.02, "chance": 0.04}
AUDIT = {"verdict": "pass", "most_ratio": 1.25, "groups": [], "pairs": []}
NOTHING = [0.0, -0.01, 0.01]
FIGURES = {
    "real_spread": [0.03, 0.03, 0.03],
    "permuted_support": NOTHING,
    "permuted_support_spread": [0.0, 0.0, 0.0],
    "null_outcome": NOTHING,
    "null_outcome_spread": [0.0, 0.0, 0.0],
}


def build_info(**changed: Any) -> dict[str, Any]:
    """Return what a bundle tells that passes every gate, but for what is changed."""
    info = {
        "shipped": "kantelpunt",
        "figures": {"kantelpunt": {"calibration_slope": [1.02, 0.95, 1.09]}},
        "fairness": AUDIT,
        "refutation": {"figures": FIGURES},
        "gates": {
            "baselines": {"lines": [0.002, -0.001, 0.004], "tree": [0.01, 0.008, 0.012]},
            "calibration": GAP,
            "group_calibration": [{**GAP, "attribute": "sex", "group": "female"}],
        },
    }
    return info | changed


def judge(info: Mapping[str, Any]) -> dict[str, Gate]:
    return {gate.name: gate for gate in judge_training(info, CONFIG)}


def list_verdicts(info: Mapping[str, Any], verdict: GateVerdict) -> list[str]:
    return [name for name, gate in judge(info).items() if gate.verdict is verdict]


def evidence(**changed: Any) -> dict[str, Any]:
    return {"gates": build_info()["gates"] | changed}


def slope(value: float, low: float, high: float) -> dict[str, Any]:
    return {"figures": {"kantelpunt": {"calibration_slope": [value, low, high]}}}


def refuted(**figures: list[float]) -> dict[str, Any]:
    return {"refutation": {"figures": FIGURES | figures}}


FAILING = {
    "more error than a plain model": (
        "baselines",
        evidence(baselines={"lines": [-0.002, -0.003, -0.001]}),
    ),
    "miscalibrated": ("calibration_error", evidence(calibration=GAP | {"error": 0.08})),
    "a group miscalibrated": (
        "group_calibration",
        evidence(group_calibration=[GAP, GAP | {"error": 0.12, "chance": 0.06}]),
    ),
    "too bold": ("slope", slope(0.8, 0.7, 0.9)),
    "too timid": ("slope", slope(1.3, 1.2, 1.4)),
    "unfair": ("fairness", {"fairness": AUDIT | {"verdict": "fail"}}),
    "a gain where there is none": ("placebo", refuted(permuted_support=[0.05, 0.03, 0.07])),
    "differences where there are none": (
        "placebo",
        refuted(null_outcome_spread=[0.05, 0.05, 0.05]),
    ),
}


@pytest.mark.parametrize(("name", "fault"), FAILING.values(), ids=FAILING)
def test_a_fault_is_caught_by_its_own_gate_and_no_other(name: str, fault: dict[str, Any]) -> None:
    assert list_verdicts(build_info(**fault), GateVerdict.FAIL) == [name]


UNSURE = {
    "a slope that chance may have made": ("slope", slope(1.15, 0.95, 1.35)),
    "an error that chance may have made": (
        "calibration_error",
        evidence(calibration=GAP | {"error": 0.05}),
    ),
    "a group's error that chance may have made": (
        "group_calibration",
        evidence(group_calibration=[GAP | {"error": 0.12, "chance": 0.1}]),
    ),
    "groups too small to judge": (
        "fairness",
        {"fairness": AUDIT | {"verdict": "insufficient_evidence"}},
    ),
}


@pytest.mark.parametrize(("name", "doubt"), UNSURE.values(), ids=UNSURE)
def test_what_chance_may_have_done_is_told_and_blocks_nothing(
    name: str, doubt: dict[str, Any]
) -> None:
    info = build_info(**doubt)

    assert list_verdicts(info, GateVerdict.INSUFFICIENT) == [name]
    assert list_verdicts(info, GateVerdict.FAIL) == []


def test_the_model_that_comes_nearest_is_told_by_a_name_that_a_reader_understands() -> None:
    ours = {"kantelpunt": [-0.002, -0.003, -0.001], "tree": [0.01, 0.008, 0.012]}

    found = judge(build_info(**evidence(baselines=ours)))["baselines"]

    assert found.value == "trees and lines together: -2.0 (-3.0 to -1.0)"
    assert found.why == "less error than what ships: trees and lines together"


def test_a_sound_version_passes_every_gate_of_its_training() -> None:
    found = judge(build_info())

    assert {gate.verdict for gate in found.values()} == {GateVerdict.PASS}


def test_a_version_of_before_the_gates_fails_those_that_were_never_measured() -> None:
    info = {key: value for key, value in build_info().items() if key != "gates"}

    failing = list_verdicts(info, GateVerdict.FAIL)

    assert failing == ["baselines", "calibration_error", "group_calibration"]


def test_without_a_known_gain_there_is_no_placebo() -> None:
    assert judge(build_info(refutation=None))["placebo"].verdict is GateVerdict.NOT_APPLICABLE


def draw_sample(rng: np.random.Generator, rows: int, off: float) -> tuple[np.ndarray, Sample]:
    """Return estimates and what happened: two screenings of each person, with the same outcome."""
    persons = rows // 2
    p = np.repeat(np.clip(rng.normal(0.5, 0.2, persons), 0.03, 0.97), 2)
    y = (np.repeat(rng.random(persons), 2) < np.clip(p + off, 0, 1)).astype(float)
    place = np.repeat(np.arange(persons), 2)
    return p, Sample(default_contract(), np.zeros((rows, 1)), y, np.ones(rows), place)


def measure_many(off: float, times: int = 60, rows: int = 1600) -> list[list[CalibrationGap]]:
    rng = np.random.default_rng(4)
    found = []
    for seed in range(times):
        p, sample = draw_sample(rng, rows, off)
        labels = {"region": rng.choice(list("abcdefgh"), len(p)).astype(object)}
        labels["sex"] = rng.choice(["f", "m"], len(p)).astype(object)
        found.append(measure_gaps(p, sample, labels, CONFIG, seed))
    return found


def count_failing(found: list[list[CalibrationGap]], name: str) -> int:
    infos = (
        build_info(
            **evidence(
                calibration=gaps[0].plain(), group_calibration=[one.plain() for one in gaps[1:]]
            )
        )
        for gaps in found
    )
    return sum(judge(info)[name].blocks for info in infos)


def test_chance_alone_keeps_to_what_it_is_said_to_add() -> None:
    found = measure_many(0.0)

    overall = np.mean([gaps[0].error > gaps[0].chance for gaps in found])
    anywhere = np.mean([any(one.error > one.chance for one in gaps[1:]) for gaps in found])

    # 5 in 100 are meant; 60 trials give up to 12 in 100 by luck
    assert overall <= 0.12
    assert anywhere <= 0.12
    assert np.mean([gaps[0].chance for gaps in found]) < 0.08


def test_perfect_calibration_fails_no_gate_and_a_shift_of_fifteen_points_does() -> None:
    perfect, shifted = measure_many(0.0), measure_many(0.15, 10)

    for name in ("calibration_error", "group_calibration"):
        assert count_failing(perfect, name) == 0
        assert count_failing(shifted, name) >= 8


def test_bins_that_all_err_the_same_way_are_found_together() -> None:
    shifted = measure_many(0.06, 10, rows=8000)
    chances = [gaps[0].chance for gaps in shifted]

    assert count_failing(shifted, "calibration_error") >= 9
    # the noise of each bin by itself adds up to twice as much
    assert np.mean(chances) < 0.018
    # the true error is at least what is told of it
    assert all(gaps[0].error - gaps[0].chance <= 0.06 for gaps in shifted)


def test_a_group_of_a_few_is_not_measured() -> None:
    p, sample = draw_sample(np.random.default_rng(1), 400, 0.0)
    labels = {"origin": np.array(["few"] * 20 + ["many"] * 380, dtype=object)}

    found = measure_gaps(p, sample, labels, CONFIG, 1)

    assert [(one.attribute, one.group) for one in found] == [("", ""), ("origin", "many")]
