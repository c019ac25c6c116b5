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

from features.tables import read_cases
from kantelpunt import app
from models.boosting import Floats, growing_with
from models.bundle import Bundle, BundleDamagedError, read_bundle
from models.suggestion import read_limits
from models.usual import Shape, fit_boosted, fit_usual
from tests.models.conftest import FAST
from tests.models.worlds import make_matrix, make_sample, true_chance
from tests.tracking import make_tracking
from tests.training.clusters import FAST_ENGINE, kill_one, kill_one_when_busy, start_cluster
from tests.training.conftest import FAST as FAST_CONFIG
from tests.training.conftest import Road
from training import engine_score, engine_worker, keep
from training.engine import Cluster, join_cluster
from training.engine_grow import Grower
from training.engine_score import score_on_cluster
from training.engine_worker import open_shipped, ship_bundle
from training.evaluate import measure
from training.pipeline import Trained
from training.rivals import OURS, compare_errors, hold_contest
from training.samples import take_samples
from training.score import score_cases
from training.tracking import fetch_bundle
from training.tracking_runs import fetch_run


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with start_cluster(2, processes=True) as started:
        yield started


@pytest.fixture
def joined(cluster: Any) -> Iterator[Cluster]:
    cluster.wait_for_workers(2, timeout=60)
    with join_cluster(cluster.scheduler_address, FAST_ENGINE) as found:
        yield found


@pytest.fixture(scope="module")
def folder(road: Road) -> Path:
    return fetch_bundle(road.made.version, road.config.registry, road.uri)[0]


@pytest.fixture(scope="module")
def bundle(folder: Path) -> Bundle:
    return read_bundle(folder)


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_score, "ROWS_AT_A_TIME", 400)


def hold_to(found: pa.Table, expected: pa.Table) -> None:
    assert found.schema == expected.schema
    for name in expected.column_names:
        if pa.types.is_floating(expected.schema.field(name).type):
            both = [table[name].to_numpy(zero_copy_only=False) for table in (found, expected)]
            np.testing.assert_allclose(both[0], both[1], rtol=0, atol=1e-9, err_msg=name)
        else:
            assert found[name].equals(expected[name]), name


@pytest.mark.usefixtures("small_parts")
def test_the_command_scores_on_a_cluster_as_it_does_here(
    road: Road, cluster: Any, tmp_path: Path
) -> None:
    words = ["score", "--data", str(road.folder), "--tracking-uri", road.uri, "--out"]
    there = ["--engine", "dask", "--scheduler", cluster.scheduler_address]

    here = CliRunner().invoke(app, [*words, str(tmp_path / "here.parquet")])
    far = CliRunner().invoke(app, [*words, str(tmp_path / "there.parquet"), *there])

    assert here.exit_code == far.exit_code == 0, here.output + far.output
    expected = parquet.read_table(tmp_path / "here.parquet")
    assert len(expected) > 10 * 400
    hold_to(parquet.read_table(tmp_path / "there.parquet"), expected)


@pytest.mark.usefixtures("small_parts")
def test_a_worker_killed_while_it_scores_loses_nothing(
    road: Road, cluster: Any, joined: Cluster, bundle: Bundle, folder: Path
) -> None:
    cases = read_cases(road.folder, bundle.contract).cases
    tables = score_on_cluster(cases, bundle, folder, read_limits(), joined)

    found = [next(tables)]
    kill_one(cluster)
    found += list(tables)

    expected = pa.concat_tables(score_cases(cases, bundle, read_limits(), threads=1))
    hold_to(pa.concat_tables(found), expected)


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

    killing = kill_one_when_busy(cluster, "_train_part")
    with growing_with(Grower(joined).grow):
        _, booster = fit_boosted(sample, 8, 1500, FAST, 1)

    killing.join()
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
    figures = {name: measure(p, test, config.evaluate, 1) for name, p in estimated.items()}
    assert joined.grown >= 1
    assert more["cluster"].low < 0.0005
    assert abs(more["cluster"].value) < 0.001
    assert abs(figures["cluster"]["auc"].value - figures[OURS]["auc"].value) < 0.005


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


def test_a_bundle_is_opened_once_per_digest_and_refused_when_it_changed(
    folder: Path,
) -> None:
    bundle = read_bundle(folder, "7")
    shipped = ship_bundle(folder, bundle)

    opened = open_shipped(shipped)

    assert opened.version == "7"
    assert opened.digest == bundle.digest
    assert open_shipped(shipped) is opened
    with pytest.raises(BundleDamagedError, match="not the one that was sent"):
        open_shipped(replace(shipped, digest="0" * 64))
    changed = shipped.files | {"model.json": b"{}"}
    with pytest.raises(BundleDamagedError, match="changed after the release"):
        engine_worker._read_shipped(replace(shipped, files=changed))
