"""Boosted trees that all workers of a cluster grow together, with `lightgbm.dask`."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np

from features.matrix import Matrix
from models.boosting import Floats, Parameters, grow_here
from training.engine import POLL, Cluster
from training.engine_worker import EngineError

NOTICE = 5.0  # seconds in which a scheduler learns that a process is gone
# LightGBM's names -> those of its scikit-learn face, which lightgbm.dask takes
_NAMES = {
    "min_data_in_leaf": "min_child_samples",
    "lambda_l2": "reg_lambda",
    "feature_fraction": "colsample_bytree",
    "bagging_fraction": "subsample",
    "bagging_freq": "subsample_freq",
    "seed": "random_state",
}
_OF_THE_NETWORK = {"machines": "", "num_machines": "1", "local_listen_port": "12400"}


class _WorkerLostError(Exception):
    """A worker went away while trees were grown."""


@dataclass(frozen=True)
class Grower:
    """Grows trees on a cluster; `grow` is one for `models.boosting.growing_with`."""

    cluster: Cluster

    def grow(
        self, parameters: Parameters, rows: Matrix, target: Floats, weight: Floats, rounds: int
    ) -> lightgbm.Booster:
        """Return boosted trees, grown by all workers together where there are rows enough.

        A worker that goes away breaks off what all of them did; then it begins anew with those that
        are left. Raises EngineError where that fails as often as [engine] tries says.
        """
        config = self.cluster.config
        if len(rows) < config.fewest_cases:
            return grow_here(parameters, rows, target, weight, rounds)
        for _ in range(config.tries):
            with suppress(_WorkerLostError):
                text = self._grow_once(parameters, (rows, target, weight), rounds)
                self.cluster.grown += 1
                return _read_trees(text)
            self._begin_anew()
        raise EngineError(
            f"workers went away in {config.tries} tries to grow trees on the cluster; nothing was "
            "kept: look at the logs of the workers, then give the command again"
        )

    def _grow_once(self, parameters: Parameters, arrays: tuple[Floats, ...], rounds: int) -> str:
        """Return the text of the trees; raises _WorkerLostError when a worker goes away."""
        workers = self.cluster.wait_for_workers()
        minutes = self.cluster.config.minutes_between_workers

        def work() -> str:
            with client.as_current():  # lightgbm.dask asks which client there is
                placed = [_place(client, one, workers) for one in arrays]
                return _fit(client, parameters, placed, rounds, minutes)

        with self.cluster.apart() as client:
            thread, ended = _begin(work)
            while thread.is_alive():
                thread.join(POLL)
                if thread.is_alive() and self._has_lost(workers):
                    raise _WorkerLostError
            return self._tell(ended[0], workers)

    def _tell(self, end: str | BaseException, workers: list[str]) -> str:
        if isinstance(end, str):
            return end
        until = time.monotonic() + NOTICE
        while time.monotonic() < until:  # a peer may know it sooner than the scheduler
            if self._has_lost(workers):
                raise _WorkerLostError from end
            time.sleep(POLL)
        said = str(end).strip().splitlines() or [type(end).__name__]
        raise EngineError(
            f"growing trees on the cluster failed ({said[0]}); nothing was kept: look at the logs "
            "of the workers"
        ) from end

    def _has_lost(self, workers: list[str]) -> bool:
        return not set(workers) <= set(self.cluster.list_workers())

    def _begin_anew(self) -> None:
        """Start the processes anew that are left: in those, LightGBM waits for what is gone.

        Raises EngineError for workers without a nanny, which nobody starts anew.
        """
        seconds = self.cluster.config.seconds_without_workers
        try:
            self.cluster.client.restart_workers(self.cluster.wait_for_workers(), timeout=seconds)
        except (ValueError, OSError, TimeoutError) as error:
            raise EngineError(
                "a worker went away while trees were grown, and the others can't be started anew "
                "from here; nothing was kept: start all workers anew, then give the command again"
            ) from error


def _begin(work: Callable[[], str]) -> tuple[threading.Thread, list[str | BaseException]]:
    """Start a thread, and return it with the list that gets its result or its error."""
    ended: list[str | BaseException] = []

    def run() -> None:
        try:
            ended.append(work())
        except BaseException as error:  # told by who waits for this thread
            ended.append(error)

    thread = threading.Thread(target=run, daemon=True, name="kantelpunt-grow")
    thread.start()
    return thread, ended


def _place(client: Any, array: Floats, workers: list[str]) -> Any:
    """Return a Dask array: every n-th row on the same worker, so that all see all times."""
    import dask.array as da
    from dask import delayed

    blocks = []
    for place, worker in enumerate(workers):
        part = np.ascontiguousarray(array[place :: len(workers)])
        held = client.scatter(part, workers=[worker], hash=False)
        blocks.append(da.from_delayed(delayed(held), part.shape, part.dtype))
    return da.concatenate(blocks)


def _fit(client: Any, parameters: Parameters, placed: list[Any], rounds: int, minutes: int) -> str:
    from lightgbm.dask import DaskLGBMRegressor

    logging.getLogger("lightgbm").setLevel(logging.ERROR)
    lightgbm.register_logger(logging.getLogger("lightgbm"))
    named = {_NAMES.get(name, name): value for name, value in parameters.items()}
    named.pop("num_threads")  # as many as each worker has
    model = DaskLGBMRegressor(client=client, n_estimators=rounds, time_out=minutes, **named)
    rows, target, weight = placed
    model.fit(rows, target, sample_weight=weight)
    text: str = model.booster_.model_to_string()
    return text


def _read_trees(text: str) -> lightgbm.Booster:
    """Return the trees without the addresses of the machines that grew them."""
    lines = text.split("\n")
    for place, line in enumerate(lines):
        name = line[1:].partition(":")[0] if line.startswith("[") else ""
        if name in _OF_THE_NETWORK:
            lines[place] = f"[{name}: {_OF_THE_NETWORK[name]}]"
    return lightgbm.Booster(model_str="\n".join(lines))
