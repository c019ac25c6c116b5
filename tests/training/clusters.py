"""Clusters of Dask on this machine, for tests."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from tests.waiting import AGES, wait_until
from training.config import EngineConfig

FAST_ENGINE = EngineConfig(
    fewest_cases=1000,
    tries=2,
    seconds_to_connect=AGES,
    seconds_without_workers=AGES,
    minutes_between_workers=1,
)


@contextmanager
def start_cluster(workers: int, *, processes: bool, **settings: Any) -> Iterator[Any]:
    import dask
    from distributed import LocalCluster

    # else it gives up, for good, a worker that takes longer than 15 seconds to come back
    patience = {"distributed.deploy.lost-worker-timeout": f"{AGES} s"}
    with (
        dask.config.set(patience),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=processes,
            dashboard_address=":0",
            **settings,
        ) as cluster,
    ):
        yield cluster


def kill_one(cluster: Any) -> None:
    """End the process of a worker as the kernel does when memory runs out."""
    nanny = next(iter(cluster.workers.values()))
    os.kill(nanny.pid, signal.SIGKILL)


def kill_one_when_busy(cluster: Any, task: str) -> Thread:
    """Kill a worker as soon as all of them do this task."""

    def is_busy() -> bool:
        doing = [
            state
            for state in list(cluster.scheduler.tasks.values())
            if str(state.key).startswith(task) and state.state == "processing"
        ]
        return len(doing) == len(cluster.scheduler.workers)

    def watch() -> None:
        wait_until(is_busy)
        kill_one(cluster)

    thread = Thread(target=watch, daemon=True)
    thread.start()
    return thread
