"""A cluster that cannot be used: each fault is told in one line, soon, and nothing is kept."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import dask
import numpy as np
import pytest
from distributed.comm import CommClosedError
from distributed.security import Security
from typer.testing import CliRunner

from kantelpunt import app
from models.boosting import grow_here
from tests.training.clusters import FAST_ENGINE, start_cluster
from training import engine, engine_grow
from training.engine import check_encrypted, check_workers, join_cluster
from training.engine_grow import Grower
from training.engine_worker import (
    EngineError,
    check_alike,
    describe_code,
)

SOON = replace(FAST_ENGINE, seconds_to_connect=1)
ALONE = replace(FAST_ENGINE, seconds_without_workers=0)
TLS = "distributed.comm.tls"
ARRAYS = (np.zeros((1000, 2)), np.zeros(1000), np.ones(1000))


class Answers:
    """Gives the last answer here, and the first one where it was sent."""

    def __init__(self, answers: list[dict[str, str]]) -> None:
        self.answers = answers

    def __call__(self) -> dict[str, str]:
        return self.answers[-1]

    def __reduce__(self) -> tuple[Any, ...]:
        return Answers, (self.answers[:1],)


def double(part: int, order: int) -> int:
    return part * order


def test_a_scheduler_that_is_not_there_is_told_at_once() -> None:
    with (
        pytest.raises(EngineError, match=r"no scheduler of Dask was reached at tcp://127.0.0.1:9"),
        join_cluster("tcp://127.0.0.1:9", SOON),
    ):
        pass


def test_an_address_that_is_none_is_told() -> None:
    with (
        pytest.raises(EngineError, match="no scheduler of Dask was reached at tls://"),
        join_cluster("tls://[", SOON),
    ):
        pass


def test_a_cluster_without_workers_is_told() -> None:
    with (
        start_cluster(0, processes=False, protocol="tcp://") as cluster,
        pytest.raises(EngineError, match="no worker for 0 seconds: start workers"),
        join_cluster(cluster.scheduler_address, ALONE),
    ):
        pass


def test_without_dask_the_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)

    done = CliRunner().invoke(
        app, ["train", "--data", str(tmp_path), "--engine", "dask", "--scheduler", "tls://host:1"]
    )

    assert isinstance(done.exception, EngineError)
    assert "pip install 'kantelpunt[cluster]'" in str(done.exception)


@pytest.mark.parametrize("half", [["--engine", "dask"], ["--scheduler", "tls://host:8786"]])
def test_engine_and_scheduler_go_together(half: list[str], tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["train", "--data", str(tmp_path), *half])

    assert done.exit_code == 2
    assert "--engine dask" in done.output


def test_cases_go_over_no_network_in_plain_sight() -> None:
    with pytest.raises(EngineError, match="is not encrypted"):
        check_encrypted("tcp://10.0.0.1:8786")
    check_encrypted("tls://10.0.0.1:8786")
    check_encrypted("tcp://127.0.0.1:8786")
    with dask.config.set({"distributed.comm.require-encryption": False}):
        check_encrypted("tcp://10.0.0.1:8786")


def test_without_a_certificate_it_is_told_where_one_is_set() -> None:
    with (
        pytest.raises(EngineError, match=r"no certificate for it: set distributed\.comm\.tls"),
        join_cluster("tls://127.0.0.1:9", SOON),
    ):
        pass


def test_tls_is_set_by_the_configuration_of_dask_itself(tmp_path: Path) -> None:
    security = Security.temporary()
    key, certificate = (tmp_path / name for name in ("key.pem", "certificate.pem"))
    key.write_text(security.tls_client_key)
    certificate.write_text(security.tls_client_cert)
    settings = {f"{TLS}.ca-file": str(certificate)}
    settings |= {f"{TLS}.client.key": str(key), f"{TLS}.client.cert": str(certificate)}

    with (
        start_cluster(1, processes=False, security=security, protocol="tls://") as cluster,
        dask.config.set(settings),
        join_cluster(cluster.scheduler_address, FAST_ENGINE) as joined,
    ):
        found = list(joined.map_parts(double, range(20), 2))

    assert cluster.scheduler_address.startswith("tls://")
    assert found == list(range(0, 40, 2))


def test_a_worker_with_another_version_is_named_before_any_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = describe_code()
    monkeypatch.setattr(engine, "describe_code", Answers([here | {"lightgbm": "4.0.0"}, here]))

    with (
        start_cluster(1, processes=False, protocol="tcp://") as cluster,
        pytest.raises(EngineError, match=r"differs .*: lightgbm 4\.0\.0 instead of"),
        join_cluster(cluster.scheduler_address, FAST_ENGINE),
    ):
        pass


def test_a_worker_without_kantelpunt_is_named_before_any_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "describe_code", Answers([]))

    with (
        start_cluster(1, processes=False, protocol="tcp://") as cluster,
        pytest.raises(EngineError, match=r"worker tcp.* cannot run Kantelpunt"),
        join_cluster(cluster.scheduler_address, FAST_ENGINE),
    ):
        pass


def test_a_worker_that_goes_away_while_it_is_asked_for_its_version_is_passed_over() -> None:
    class Client:
        def run(self, *_: Any, **__: Any) -> dict[str, Any]:
            return {"tcp://a:1": CommClosedError("Stream is closed"), "tcp://b:1": describe_code()}

    check_workers(Client())


def test_a_worker_that_came_later_checks_each_order_itself() -> None:
    check_alike(describe_code())
    with pytest.raises(EngineError, match=r"kantelpunt .* instead of another"):
        check_alike(describe_code() | {"kantelpunt": "another"})


def test_a_scheduler_that_goes_away_is_told() -> None:
    with (
        start_cluster(1, processes=False, protocol="tcp://") as cluster,
        join_cluster(cluster.scheduler_address, FAST_ENGINE) as joined,
    ):
        parts = joined.map_parts(double, range(50), 2)
        assert next(parts) == 0

        cluster.close()

        with pytest.raises(EngineError, match="connection with the scheduler was lost"):
            list(parts)


def test_workers_that_go_away_in_every_try_end_the_training_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun = []

    def lose(*_: Any) -> str:
        raise engine_grow._WorkerLostError

    with (
        start_cluster(1, processes=False, protocol="tcp://") as cluster,
        join_cluster(cluster.scheduler_address, FAST_ENGINE) as joined,
    ):
        monkeypatch.setattr(Grower, "_grow_once", lose)
        monkeypatch.setattr(Grower, "_begin_anew", lambda _: begun.append(1))
        with pytest.raises(EngineError, match=r"went away in 2 tries .* nothing was kept"):
            Grower(joined).grow({}, *ARRAYS, 5)

    assert len(begun) == 2


def test_workers_that_cannot_be_started_anew_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(*_: Any) -> str:
        raise engine_grow._WorkerLostError

    with (
        start_cluster(1, processes=False, protocol="tcp://") as cluster,
        join_cluster(cluster.scheduler_address, FAST_ENGINE) as joined,
    ):
        monkeypatch.setattr(Grower, "_grow_once", lose)
        with pytest.raises(EngineError, match="start all workers anew"):
            Grower(joined).grow({}, *ARRAYS, 5)


def test_one_worker_grows_the_trees_that_this_machine_does() -> None:
    rng = np.random.default_rng(1)
    rows, weight = rng.normal(size=(1000, 3)), np.ones(1000)
    target = (rows[:, 0] > rng.normal(size=1000)).astype(float)
    settings = {"objective": "regression", "bagging_fraction": 0.8, "bagging_freq": 1, "seed": 1}
    settings |= {"feature_fraction": 0.7, "num_threads": 1, "verbosity": -1}

    here = grow_here(settings, rows, target, weight, 20)
    with (
        start_cluster(1, processes=False, protocol="tcp://") as cluster,
        join_cluster(cluster.scheduler_address, FAST_ENGINE) as joined,
    ):
        there = Grower(joined).grow(settings, rows, target, weight, 20)

    assert joined.grown == 1
    np.testing.assert_array_equal(there.predict(rows), here.predict(rows))


def test_what_lightgbm_refuses_on_the_cluster_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_grow, "NOTICE", 0.0)
    wrong = {"objective": "no_such_objective", "num_threads": 1, "verbosity": -1}

    with (
        start_cluster(1, processes=False, protocol="tcp://") as cluster,
        join_cluster(cluster.scheduler_address, FAST_ENGINE) as joined,
        pytest.raises(EngineError, match=r"failed .*no_such_objective"),
    ):
        Grower(joined).grow(wrong, *ARRAYS, 5)
