"""The parts of the comparison with EconML and causalml that need neither of them."""

import re
import sys
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks import peers, peers_worker
from benchmarks.peers import Score, ask_peers, judge, report_capture, spread_out
from benchmarks.peers_worker import Task
from benchmarks.report import Board
from benchmarks.rival_environment import RivalMissingError, run_rival
from features.trial import Trial
from tests.models.worlds import make_contract, make_matrix

Floats = NDArray[np.float64]


def make_trial(rows: int) -> Trial:
    """Return a trial in which every fourth person was supported and every tenth is not settled."""
    number = np.arange(rows)
    returned = (number % 3 == 0).astype(float)
    returned[::10] = np.nan
    return Trial(
        contract=make_contract(),
        matrix=make_matrix(rows),
        day=np.full(rows, 40.0),
        supported=(number % 4 == 0).astype(float),
        returned=returned,
        known_days=np.full(rows, 365.0),
        person=number,
        screened_on=np.full(rows, np.datetime64("2024-01-01")),
    )


def run_here(script: list[str]) -> None:
    """Run the worker in this process, on the files that the command names."""
    original = sys.argv
    sys.argv = ["worker", *script[-2:]]
    try:
        peers_worker.main()
    finally:
        sys.argv = original


def score(*captured: float) -> list[Score]:
    return [Score((part, part), correlation=0.5, spread=0.1) for part in captured]


def test_the_peers_get_rows_without_gaps_and_are_told_where_the_gaps_were() -> None:
    contract, matrix = make_contract(), make_matrix(500)

    spread = spread_out(contract, matrix, matrix)

    numbers, gaps, sector = np.split(spread, [4, 6], axis=1)
    assert not np.isnan(spread).any()
    np.testing.assert_allclose(numbers.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_array_equal(gaps, np.isnan(matrix[:, 3:]))
    np.testing.assert_array_equal(sector.sum(axis=1), 1)
    np.testing.assert_array_equal(sector[:, 3], np.isnan(matrix[:, 1]))
    assert sector.shape[1] == 4


def test_other_persons_are_measured_by_the_scale_of_those_who_were_learnt_from() -> None:
    contract, matrix = make_contract(), make_matrix(500)

    apart = spread_out(contract, matrix[:1], matrix)

    np.testing.assert_array_equal(apart, spread_out(contract, matrix, matrix)[:1])


def test_who_ranks_by_the_truth_captures_all_and_who_cannot_rank_what_a_lot_would() -> None:
    gain = np.sort(np.random.default_rng(1).normal(0.1, 0.05, 20_000))

    truth, constant = judge(gain, gain), judge(np.full(len(gain), 0.1), gain)

    by_lot = gain.mean() / gain[-1600:].mean()
    assert truth.captured == pytest.approx((1, 1))
    assert truth.correlation == pytest.approx(1)
    assert constant.captured[0] == pytest.approx(by_lot, abs=0.02)
    assert constant.correlation == 0
    assert constant.spread == pytest.approx(0)


def test_rounding_errors_are_not_taken_for_a_ranking() -> None:
    gain = np.linspace(0, 0.2, 1000)

    found = judge(0.1 + 1e-15 * gain, gain)

    assert found.correlation == 0
    assert found.captured[0] < 0.8


def test_where_nothing_can_be_gained_only_the_false_signal_is_measured() -> None:
    found = judge(np.linspace(-0.1, 0.1, 100), np.zeros(100))

    assert np.isnan([*found.captured, found.correlation]).all()
    assert found.spread > 0.05


@pytest.mark.parametrize(("ours", "held"), [(0.60, True), (0.585, True), (0.57, False)])
def test_ours_may_be_two_points_behind_the_best_peer(ours: float, held: bool) -> None:
    board = Board("peers")
    scores = {name: score(0.3, 0.3) for name in (*peers.PEERS, peers.LOT, peers.LOWEST)}
    scores |= {peers.OURS: score(ours, ours), peers.PEERS[1]: score(0.5, 0.7)}

    report_capture("default", scores, board)

    limited = [row for row in board.rows if row["limit"]]
    assert [row["held"] for row in limited] == [held, held]
    assert all(peers.PEERS[1] in str(row["limit"]) for row in limited)


def test_the_peers_learn_from_settled_rows_with_their_weights(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trial, tasks = make_trial(200), []

    def learn(task: Task) -> Callable[[Floats], Floats]:
        tasks.append(task)
        return lambda x: x[:, 0]

    monkeypatch.setattr(peers, "run_rival", run_here)
    monkeypatch.setattr(peers_worker, "METHODS", dict.fromkeys(peers.PEERS, learn))

    found = ask_peers(trial, trial.matrix[:7], by_lot=True, seed=3)

    assert list(found) == list(peers.PEERS)
    assert all(len(each.gain) == 7 and each.one_row >= 0 for each in found.values())
    assert len(tasks[0].x) == len(tasks[0].person) == 180
    assert tasks[0].weight.min() >= 1
    assert (tasks[0].lot, tasks[0].seed) == (0.25, 3)


def test_the_weights_reach_a_model_that_knows_of_none() -> None:
    class Mean:
        def fit(self, x: Floats, y: Floats, sample_weight: Floats) -> None:
            self.width, self.mean = x.shape[1], np.average(y, weights=sample_weight)

        def predict(self, x: Floats) -> Floats:
            return np.full(len(x), self.mean)

    rows = np.array([[0.0, 3.0], [1.0, 1.0]])

    fitted = peers_worker._Weighted(Mean()).fit(rows, np.array([1.0, 0.0]))

    assert fitted.model.width == 1
    np.testing.assert_array_equal(fitted.predict(rows), [0.75, 0.75])


def test_an_environment_that_cannot_be_made_says_why() -> None:
    with pytest.raises(RivalMissingError, match="no room on the disk"):
        run_rival([sys.executable, "-c", "raise SystemExit('no room on the disk')"])


def test_the_pins_of_the_peers_carry_hashes_and_no_address() -> None:
    text = "\n".join(line for line in peers.PINS.read_text().splitlines() if line[:1] != "#")

    entries = re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)

    assert {"econml==", "causalml=="} <= {entry.split("==")[0] + "==" for entry in entries}
    assert all("--hash=sha256:" in entry for entry in entries if entry.strip())
    assert "://" not in text
