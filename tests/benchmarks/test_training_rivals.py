"""The parts of the comparison with other ways to learn that need no environment of their own."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import features.contract
from benchmarks import training_rivals, training_rivals_worker
from benchmarks.report import Board
from benchmarks.training_rivals import (
    FLAML,
    Learnt,
    expect_error,
    learn_all,
    report_quality,
    write_rows,
)
from benchmarks.training_rivals_worker import METHODS
from models.levels import find_categories
from models.realised import measure_auc
from models.usual import Sample
from tests.models.worlds import make_contract, make_sample
from training.evaluate import calibration_error
from training.rivals import OURS

HERE = [name for name in METHODS if name != FLAML]


@pytest.fixture
def samples(tmp_path: Path) -> dict[str, Sample]:
    """Return samples of two fields' worth of signal, written as a worker reads them."""
    found = {name: make_sample(1500, seed) for seed, name in enumerate(("learn", "all"))}
    found |= {name: make_sample(800, 10 + seed) for seed, name in enumerate(("calibrate", "test"))}
    write_rows(tmp_path, found)
    return found


def run_here(name: str, source: Path, task: dict[str, object]) -> Learnt:
    """Run the worker in this process instead of in one of its own."""
    target = source.parent / name
    target.mkdir()
    (target / "task.json").write_text(json.dumps(task))
    training_rivals_worker.learn_for(name, source, target)
    said = json.loads((target / "said.json").read_text())
    estimated = {one: np.load(target / f"judge-{one}.npy") for one in ("calibrate", "test")}
    return Learnt(estimated, said.pop("seconds"), 0.1, said)


def test_every_method_learns_from_gaps_and_categories(
    samples: dict[str, Sample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_rivals, "learn", run_here)
    monkeypatch.setattr(training_rivals, "METHODS", HERE)
    monkeypatch.setattr(features.contract, "default_contract", make_contract)
    categories = list(find_categories(make_contract()))
    task = {"categories": categories, "seed": 1, "budget": 0.0, "shape": None}

    found = dict(learn_all(tmp_path / "learn", task))

    test = samples["test"]
    assert np.isnan(test.matrix).any()
    for learnt in found.values():
        assert measure_auc(learnt.estimated["test"], test.target, test.weight) > 0.6
    assert found[OURS].notes["leaves"] in (4, 8)


def test_a_rival_that_is_surely_better_is_a_miss(samples: dict[str, Sample]) -> None:
    truth = {name: 0.2 + 0.6 * samples[name].target for name in ("calibrate", "test")}
    rng = np.random.default_rng(1)
    blurred = {name: p + rng.normal(0, 0.3, len(p)) for name, p in truth.items()}
    board = Board("training_rivals")

    report_quality(
        board,
        "few",
        {OURS: Learnt(blurred, 1, 1, {}), "seer": Learnt(truth, 1, 1, {})},
        samples,
    )

    judged = {str(row["what"]): row["held"] for row in board.rows if row["limit"]}
    assert judged["few: AUC of seer less that of ours"] is False
    assert judged["few: Brier of seer less that of ours"] is False


def test_a_rival_that_says_the_same_is_none(samples: dict[str, Sample]) -> None:
    same = {name: 0.2 + 0.6 * samples[name].target for name in ("calibrate", "test")}
    board, learnt = Board("training_rivals"), Learnt(same, 1, 1, {})

    report_quality(board, "few", {OURS: learnt, "twin": replace(learnt)}, samples)

    differences = [row for row in board.rows if row["limit"]]
    assert len(differences) == 2
    assert all(row["held"] and row["value"] == 0 for row in differences)


def test_estimates_that_are_right_have_the_calibration_error_of_chance(
    samples: dict[str, Sample],
) -> None:
    test, rng = samples["test"], np.random.default_rng(2)
    chances = rng.beta(2, 3, len(test))
    right = replace(test, target=(rng.random(len(test)) < chances).astype(np.float64))

    by_chance = expect_error(chances, test, 10, 100)

    found = calibration_error(chances, right.target, test.weight, 10)
    bent = calibration_error(np.clip(chances + 0.15, 0, 1), right.target, test.weight, 10)
    assert 0.5 < found / by_chance < 2 < bent / by_chance


def test_the_pins_of_the_rival_carry_hashes_and_no_address() -> None:
    lines = training_rivals.PINS.read_text().splitlines()
    text = "\n".join(line for line in lines if line[:1] != "#")

    entries = [one for one in re.split(r"^(?=[a-z])", text, flags=re.MULTILINE) if one.strip()]

    assert "flaml" in {entry.split("==")[0] for entry in entries}
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
