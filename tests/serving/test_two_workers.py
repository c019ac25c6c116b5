"""Two real processes on one store follow one real MLflow, each by itself."""

import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from models.bundle import read_bundle
from tests.running_processes import build_environment, call, running_server
from tests.running_service import make_own_case
from tests.serving.released import estimate, make_version
from tests.tracking import make_tracking
from tests.waiting import wait_until
from training.config import RegistryConfig
from training.tracking import log_run, set_champion

NAMES = RegistryConfig("kantelpunt", "kantelpunt")
SHARES = {"1": 0.5, "2": 0.25}
CASES = 10


@dataclass(frozen=True)
class Workers:
    """Two processes that serve version 1 of an MLflow with two versions."""

    uri: str
    ports: tuple[int, ...]


@pytest.fixture
def workers(tmp_path: Path, sqlite_url: str) -> Iterator[Workers]:
    uri = make_tracking(tmp_path)
    for version, share in SHARES.items():
        files = tmp_path / version
        shutil.copytree(make_version(share), files / "bundle")
        assert log_run(files, {}, {}, NAMES, uri).version == version
    set_champion("1", NAMES, uri)
    environment = build_environment(sqlite_url, tmp_path) | {
        "MLFLOW_TRACKING_URI": uri,
        "KANTELPUNT_CACHE": str(tmp_path / "cache"),
        "KANTELPUNT_FOLLOW_SECONDS": "1",
        "KANTELPUNT_SHADOW": "false",
        "OMP_NUM_THREADS": "1",
    }
    del environment["KANTELPUNT_BUNDLE"]
    with ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        started = [running_server(environment) for _ in range(2)]
        running = pool.map(lambda one: stack.enter_context(one), started)
        yield Workers(uri, tuple(port for _, port in running))


def test_two_workers_follow_the_alias_there_and_back_and_answer_with_the_version_they_name(
    workers: Workers,
) -> None:
    bundles = {version: read_bundle(make_version(share)) for version, share in SHARES.items()}
    expected = {v: [estimate(one, n) for n in range(CASES)] for v, one in bundles.items()}
    answers: list[list[tuple[int, int, dict[str, Any]]]] = [[] for _ in workers.ports]
    done = Event()

    def work(worker: int) -> None:
        # each worker has cases of its own: what is asked is how it answers, not who was first
        while not done.is_set():
            number = len(answers[worker]) % CASES
            case = make_own_case(number, case_id=f"W{worker}-{number}")
            port, body = workers.ports[worker], json.dumps(case, default=str).encode()
            answers[worker].append((number, *call(port, "POST", "/assessments", body)))

    def has_answered(version: str) -> bool:
        last = [of[-1][2].get("model_version") if of else None for of in answers]
        return set(last) == {version} or done.is_set()

    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(work, worker) for worker in range(len(workers.ports))]
        try:
            wait_until(lambda: has_answered("1"))
            set_champion("2", NAMES, workers.uri)
            wait_until(lambda: has_answered("2"))
            set_champion("1", NAMES, workers.uri)
            wait_until(lambda: has_answered("1"))
        finally:
            done.set()
    for job in jobs:
        job.result()

    assert {status for of in answers for _, status, _ in of} == {201}
    for of in answers:
        named = [told["model_version"] for _, _, told in of]
        assert [version for version, _ in groupby(named)] == ["1", "2", "1"]
        assert [told["p_usual"] for _, _, told in of] == [
            expected[told["model_version"]][number] for number, _, told in of
        ]
