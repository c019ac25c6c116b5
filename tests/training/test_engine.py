"""Scoring and training on a cluster of two workers, beside the same on this machine."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from typer.testing import CliRunner

from features import raw_table
from features.drafts import stream_table
from kantelpunt import app
from models.boosting import Floats, growing_with
from models.bundle import read_bundle
from models.suggestion import read_limits
from models.usual import Shape, fit_boosted, fit_usual
from tests.models.conftest import FAST
from tests.models.worlds import make_matrix, make_sample, true_chance
from tests.tracking import make_tracking
from tests.training.clusters import FAST_ENGINE, kill_one, kill_one_when_busy, start_cluster
from tests.training.conftest import FAST as FAST_CONFIG
from tests.training.conftest import Road
from tests.waiting import AGES
from training import engine_worker, keep
from training.engine import Cluster, join_cluster
from training.engine_grow import Grower
from training.engine_score import score_with
from training.engine_worker import (
    EngineError,
    ScoreOrder,
    describe_code,
    make_sent,
    pack_rows,
    ship_bundle,
)
from training.pipeline import Trained
from training.rivals import OURS, compare_errors, hold_contest
from training.samples import take_samples
from training.score_file import Missing, score_file
from training.score_join import Job
from training.score_parts import Part
from training.tracking import fetch_bundle
from training.tracking_runs import fetch_run


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with start_cluster(2, processes=True) as started:
        yield started


@pytest.fixture
def joined(cluster: Any) -> Iterator[Cluster]:
    cluster.wait_for_workers(2, timeout=AGES)
    with join_cluster(cluster.scheduler_address, FAST_ENGINE) as found:
        yield found


@pytest.fixture(scope="module")
def folder(road: Road) -> Path:
    return fetch_bundle("champion", road.config.registry, road.uri)[0]


@pytest.fixture(scope="module", autouse=True)
def in_small_parts() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(raw_table, "ROWS_AT_A_TIME", 300)
        yield


@pytest.fixture(scope="module")
def cases(road: Road, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of 2,000 cases, seven parts, of which three cannot be scored."""
    table = road.extract.cases.head(2000).copy()
    table.loc[[5, 700, 1999], "screened_on"] = None
    path = tmp_path_factory.mktemp("cases") / "cases.parquet"
    table.to_parquet(path, index=False)
    return path


@pytest.fixture(scope="module")
def scored_here(cases: Path, folder: Path) -> Path:
    """Return a folder with scores.parquet and rejected.csv, made without a cluster."""
    out = cases.parent / "scores.parquet"
    score_file(Job(cases, out, read_bundle(folder, "1"), folder, read_limits()))
    return cases.parent


@pytest.fixture
def job(cases: Path, folder: Path, tmp_path: Path) -> Job:
    return Job(cases, tmp_path / "there.parquet", read_bundle(folder, "1"), folder, read_limits())


def hold_to(found: pa.Table, expected: pa.Table) -> None:
    assert found.schema == expected.schema
    for name in expected.column_names:
        if pa.types.is_floating(expected.schema.field(name).type):
            both = [table[name].to_numpy(zero_copy_only=False) for table in (found, expected)]
            np.testing.assert_allclose(both[0], both[1], rtol=0, atol=1e-9, err_msg=name)
        else:
            assert found[name].equals(expected[name]), name


def test_the_command_scores_on_a_cluster_as_this_machine_does(
    road: Road, cases: Path, scored_here: Path, cluster: Any, tmp_path: Path
) -> None:
    done = CliRunner().invoke(
        app,
        [
            *("score", "--data", str(cases), "--tracking-uri", road.uri),
            *("--out", str(tmp_path / "there" / "scores.parquet")),
            *("--engine", "dask", "--scheduler", cluster.scheduler_address),
        ],
    )

    assert done.exit_code == 0, done.output
    assert "wrote 1,997 estimates" in done.output
    here, there = (
        (parquet.read_table(one / "scores.parquet"), (one / "rejected.csv").read_text())
        for one in (scored_here, tmp_path / "there")
    )
    assert there[1] == here[1]
    hold_to(there[0], here[0])


def test_a_worker_killed_while_it_scores_loses_nothing(
    job: Job, scored_here: Path, cluster: Any, joined: Cluster
) -> None:
    def work_off(job: Job, missing: Missing) -> Iterator[Part]:
        made = score_with(joined)(job, missing)
        yield next(made)
        kill_one(cluster)
        yield from made

    scored = score_file(job, work_off=work_off)

    assert scored.rows == 1997
    hold_to(parquet.read_table(job.out), parquet.read_table(scored_here / "scores.parquet"))


def test_what_a_cluster_began_is_ended_without_it(
    job: Job, scored_here: Path, joined: Cluster
) -> None:
    def stop(_: Job, missing: Missing) -> Iterator[Part]:
        yield next(score_with(joined)(job, missing))
        raise EngineError("the scheduler went away")

    with pytest.raises(EngineError):
        score_file(job, work_off=stop)
    done: list[int] = []
    scored = score_file(job, report=done.append)

    assert scored.rows == 1997
    assert sum(done) == 2000
    hold_to(parquet.read_table(job.out), parquet.read_table(scored_here / "scores.parquet"))


def test_a_worker_without_room_on_its_disk_is_told(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = ("disk", (28, "No space left on device"))
    monkeypatch.setattr(engine_worker, "try_part", lambda *_: full)
    order = ScoreOrder(ship_bundle(job.folder, job.bundle), job.limits, describe_code())

    with pytest.raises(EngineError, match="a worker could not write: No space left"):
        make_sent(pack_rows(next(stream_table(job.cases))), order)


def test_trees_grown_by_two_workers_estimate_as_well_as_those_grown_here(joined: Cluster) -> None:
    sample, later = make_sample(20_000, seed=3), make_matrix(5000, seed=4)
    shape = Shape(leaves=4, rounds=100, share=1.0, squared_error=0.0)

    here = [fit_usual(sample, shape, FAST, seed).predict(later) for seed in (1, 2)]
    with growing_with(Grower(joined).grow):
        there = fit_usual(sample, shape, FAST, 1).predict(later)

    errors = [float(np.mean((p - true_chance(later)) ** 2)) for p in (*here, there)]
    assert joined.grown == 1
    assert 0 < np.abs(there - here[0]).mean() < 0.02
    assert errors[2] < 1.3 * max(errors[:2])


def test_trees_from_a_cluster_name_none_of_its_machines(joined: Cluster) -> None:
    with growing_with(Grower(joined).grow):
        head, booster = fit_boosted(make_sample(2000, seed=3), 4, 5, FAST, 1)

    assert booster.num_trees() == 5
    assert "127.0.0.1" not in head.trees.text


def test_few_cases_are_learnt_here(joined: Cluster) -> None:
    sample = make_sample(900, seed=3)

    here, _ = fit_boosted(sample, 4, 5, FAST, 1)
    with growing_with(Grower(joined).grow):
        there, _ = fit_boosted(sample, 4, 5, FAST, 1)

    assert joined.grown == 0
    assert there.trees.text == here.trees.text


def test_a_worker_killed_while_trees_grow_makes_them_grow_anew(
    cluster: Any, joined: Cluster
) -> None:
    sample = make_sample(20_000, seed=3)
    held = joined.client.submit(int, 7)  # gone with the connection

    killing = kill_one_when_busy(cluster, "_train_part")
    with growing_with(Grower(joined).grow):
        _, booster = fit_boosted(sample, 8, 1500, FAST, 1)

    killing.join()
    assert held.result(timeout=AGES) == 7
    assert booster.num_trees() == 1500
    assert joined.grown == 1


def test_a_cluster_learns_what_this_machine_does_within_noise(road: Road, joined: Cluster) -> None:
    config = road.config
    samples = take_samples(road.extract, road.trained.windows, config.windows)
    learn, test = samples["learn"], samples["test"]

    def estimate(seed: int) -> Floats:
        found = hold_contest(learn, samples["calibrate"], road.trained.shape, config.usual, seed)
        return np.clip(found.corrected[OURS](test.matrix), 0, 1)

    estimated = {OURS: estimate(1), "another seed": estimate(2)}
    with growing_with(Grower(joined).grow):
        estimated["cluster"] = estimate(1)

    more = compare_errors(estimated, test, 200, 1)
    apart = {name: float(np.abs(p - estimated[OURS]).mean()) for name, p in estimated.items()}
    assert joined.grown >= 1
    # errors alone do not tell: trees that see half of the rows err as little, 2.6 seeds further
    assert abs(more["cluster"].value) < 0.001
    assert 0 < apart["cluster"] < 1.5 * apart["another seed"]


def test_rows_that_count_more_count_more_on_a_cluster(joined: Cluster) -> None:
    sample = make_sample(2000, seed=3)
    sample = replace(sample, weight=1 + 3 * sample.target)

    here, _ = fit_boosted(sample, 4, 40, FAST, 1)
    with growing_with(Grower(joined).grow):
        there, _ = fit_boosted(sample, 4, 40, FAST, 1)

    means = [float(head.predict(sample.matrix).mean()) for head in (here, there)]
    assert joined.grown == 1
    assert means[0] > sample.target.mean() + 0.1
    assert means[1] == pytest.approx(means[0], abs=0.02)


def test_the_command_trains_on_a_cluster_and_the_run_tells_so(
    road: Road, cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, uri = tmp_path / "config.toml", make_tracking(tmp_path)
    config.write_text(FAST_CONFIG + "[engine]\nfewest_cases = 1000\n")
    (tmp_path / "run").mkdir()

    def train(*_: Any, **__: Any) -> Trained:
        fit_boosted(make_sample(2000), 4, 5, FAST, 1)
        return road.trained

    monkeypatch.setattr(keep, "train", train)

    done = CliRunner().invoke(
        app,
        [
            *("train", "--data", str(road.folder), "--config", str(config)),
            *("--tracking-uri", uri, "--runs-to-sync", str(tmp_path / "runs")),
            *("--engine", "dask", "--scheduler", cluster.scheduler_address),
        ],
    )

    assert done.exit_code == 0, done.output
    fetch_run("latest", tmp_path / "run", road.config.registry, uri)
    record = json.loads((tmp_path / "run" / "record.json").read_text())
    assert record["engine"] == {"name": "dask", "workers": 2, "threads": 2, "grown": 1}
