"""A search that was broken off goes on where it stopped, and finds what it would have found."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from mlflow import MlflowClient
from numpy.typing import NDArray

from models.usual import Sample, UsualConfig, try_shapes
from tests.tracking import make_tracking
from tests.training.searches import FAST, make_shares, search
from training import tune_search
from training.config import read_config
from training.tracking import About, log_run
from training.tune_trials import (
    TRIALS,
    Trial,
    TrialsFileError,
    TrialState,
    find_folder,
    read_trials,
    write_trials,
)

SAMPLE = make_shares(300)


def break_off_after(monkeypatch: pytest.MonkeyPatch, calls: int) -> None:
    seen = list[int]()

    def press_ctrl_c(
        learn: Sample, judge: Sample, config: UsualConfig, seed: int
    ) -> NDArray[np.float64]:
        seen.append(1)
        if len(seen) > calls:
            raise KeyboardInterrupt
        return try_shapes(learn, judge, config, seed)

    monkeypatch.setattr(tune_search, "try_shapes", press_ctrl_c)


def test_broken_off_or_not_the_search_finds_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = search(SAMPLE, trials=8)
    with monkeypatch.context() as patched:
        break_off_after(patched, 7)
        with pytest.raises(KeyboardInterrupt):
            search(SAMPLE, trials=8, folder=tmp_path)
    (path,) = tmp_path.iterdir()
    kept = read_trials(path)

    resumed = search(SAMPLE, trials=8, folder=tmp_path)

    assert len(kept) == 3
    assert resumed == whole
    assert resumed.origin.startswith("going on with trial 3 ")
    assert resumed.trials[:3] == tuple(kept)


def test_what_is_kept_is_not_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = search(SAMPLE, trials=3, folder=tmp_path)
    break_off_after(monkeypatch, 0)

    again, shorter = (search(SAMPLE, trials=count, folder=tmp_path) for count in (3, 2))

    assert again == first
    assert shorter.trials == first.trials[:3]


def test_seconds_spent_before_count(tmp_path: Path) -> None:
    search(SAMPLE, trials=2, folder=tmp_path)
    (path,) = tmp_path.iterdir()
    spent = sum(one.seconds for one in read_trials(path)[1:])

    found = search(SAMPLE, seconds=spent, folder=tmp_path)

    assert len(found.trials) == 3


def test_a_line_that_a_crash_cut_off_is_tried_again(tmp_path: Path) -> None:
    whole = search(SAMPLE, trials=4, folder=tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_text(path.read_text()[:-200])

    resumed = search(SAMPLE, trials=4, folder=tmp_path)

    assert resumed.origin.startswith("going on with trial 4 ")
    assert resumed == whole
    assert len(read_trials(path)) == 5


@pytest.mark.parametrize("changed", ["the extract", "the configuration", "the seed"])
def test_what_follows_from_something_else_is_searched_anew_and_says_why(
    tmp_path: Path, changed: str
) -> None:
    search(SAMPLE, trials=1, folder=tmp_path)
    target = SAMPLE.target.copy()
    target[0] = 1 - target[0]

    found = search(
        replace(SAMPLE, target=target) if changed == "the extract" else SAMPLE,
        config=replace(FAST, penalty=6.0) if changed == "the configuration" else FAST,
        seed=2 if changed == "the seed" else 1,
        trials=1,
        folder=tmp_path,
    )

    assert found.origin.startswith(f"a new search, {changed} differ")
    assert len(list(tmp_path.iterdir())) == 2


def test_a_file_that_holds_something_else_is_named(tmp_path: Path) -> None:
    search(SAMPLE, trials=1, folder=tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_text('{"data": 1}\n{"number": 0}\n')

    with pytest.raises(TrialsFileError, match=r"holds no trials: remove it"):
        search(SAMPLE, trials=1, folder=tmp_path)


def test_a_folder_that_cannot_be_written_is_named_before_any_trial(tmp_path: Path) -> None:
    (tmp_path / "tuning").write_text("a file")

    with pytest.raises(TrialsFileError, match=r"cannot be kept there .*writable"):
        search(SAMPLE, trials=1, folder=tmp_path / "tuning")


def test_searches_are_kept_beside_the_runs(tmp_path: Path) -> None:
    beside = find_folder(f"sqlite:///{tmp_path}/mlflow.db")

    assert beside == tmp_path / "tuning"
    assert find_folder("http://localhost:5000") == Path("tuning")


def test_each_trial_is_a_child_run_once(tmp_path: Path) -> None:
    found = search(SAMPLE, trials=7)
    failed = Trial(8, TrialState.FAILED, {"leaves": 3}, (), None, None, None, "ValueError", 1e9, 2)
    trials = [*found.trials, failed]
    files = tmp_path / "files"
    (files / "bundle").mkdir(parents=True)
    (files / "bundle" / "manifest.json").write_text("{}")
    write_trials(files / TRIALS, trials)
    uri, registry = make_tracking(tmp_path), read_config().registry
    about = About(run="one", by="test", began=0, ended=9)

    made = log_run(files, {}, {}, registry, uri, about)
    log_run(files, {}, {}, registry, uri, about)

    client = MlflowClient(uri)
    experiment = client.get_run(made.run_id).info.experiment_id
    wanted = f"tags.`mlflow.parentRunId` = '{made.run_id}'"
    children = client.search_runs([experiment], wanted, order_by=["attributes.run_name"])
    ends = {"complete": "FINISHED", "pruned": "KILLED", "failed": "FAILED"}
    assert [run.info.run_name for run in children] == [
        *(f"trial {number:03d}" for number in range(1, 9)),
        "untuned",
    ]
    for trial, run in zip([*trials[1:], trials[0]], children, strict=True):
        assert run.info.status == ends[trial.state]
        assert run.data.metrics.get("squared_error") == trial.error
        assert run.data.metrics["seconds"] == trial.seconds
        assert run.info.end_time - run.info.start_time == pytest.approx(1000 * trial.seconds, abs=1)
    assert children[7].data.tags["fault"] == "ValueError"
    assert children[0].data.params["penalty"] == str(trials[1].parameters["penalty"])


def test_trials_are_read_as_they_were_written(tmp_path: Path) -> None:
    found = search(SAMPLE, trials=2).trials

    write_trials(tmp_path / TRIALS, found)

    assert [asdict(one) for one in read_trials(tmp_path / TRIALS)] == [asdict(one) for one in found]
    assert all(json.loads(line) for line in (tmp_path / TRIALS).read_text().splitlines())
