"""Work on a cluster of Dask: the only door to dask, distributed and lightgbm.dask.

Parts of a file are scored by workers, in the order in which they came; boosted trees on many rows
are grown by all workers together. What is done of each, and why no more, is told in ADR 0025.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import numpy as np

from features.matrix import Matrix
from models.boosting import Floats, Parameters, grow_here
from training.config import EngineConfig
from training.engine_worker import EngineError, describe_code, tell_difference

if TYPE_CHECKING:
    import lightgbm

Order = TypeVar("Order")
Part = TypeVar("Part")
Done = TypeVar("Done")
POLL = 0.5  # seconds between two looks at who is still there
MOST_IN_ONE_GRAPH = 8  # parts: Dask warns of graphs over 10 MB, and a part is about 1 MB
ASIDE = 2  # parts per thread that may wait, so that no worker does
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


@dataclass
class Cluster:
    """A cluster that was joined, whose workers run the same code as this machine."""

    client: Any
    config: EngineConfig
    grown: int = field(default=0)

    def plain(self) -> dict[str, Any]:
        """Return what a run tells of it."""
        threads = self.client.nthreads()
        return {
            "name": "dask",
            "workers": len(threads),
            "threads": sum(threads.values()),
            "grown": self.grown,
        }

    def map_parts(
        self, work: Callable[[Part, Order], Done], parts: Iterable[Part], order: Order
    ) -> Iterator[Done]:
        """Yield `work(part, order)` of each part, in the order of the parts.

        Few parts are under way at a time, whatever their number. What a lost worker held is done
        again by another. Raises EngineError where no worker or no scheduler is left.
        """
        from dask import delayed
        from dask.bag import from_sequence

        held = self.client.persist(delayed(_hand_on, pure=False, traverse=False)(order))
        waiting: deque[Any] = deque()
        coming = iter(parts)
        while wave := list(islice(coming, self._count_at_once())):
            bag = from_sequence(wave, npartitions=len(wave)).map_partitions(_run, work, order=held)
            waiting.extend(self.client.compute(bag.to_delayed()))
            while len(waiting) > ASIDE * self._count_at_once():
                yield from self._await(waiting.popleft())
        while waiting:
            yield from self._await(waiting.popleft())

    def _count_at_once(self) -> int:
        return min(MOST_IN_ONE_GRAPH, max(1, sum(self.client.nthreads().values())))

    def _await(self, future: Any) -> list[Any]:
        from concurrent.futures import CancelledError

        from distributed import KilledWorker

        alone = 0.0
        while True:
            try:
                found: list[Any] = future.result(timeout=POLL)
                return found
            except TimeoutError:
                alone = 0.0 if self._list_workers() else alone + POLL
                self._check_alone(alone)
            except CancelledError as error:
                raise _lose_scheduler() from error
            except KilledWorker as error:
                raise EngineError(
                    "one part of the cases ended several workers one after the other: give them "
                    "more memory (--memory-limit), then give the command again"
                ) from error

    def _check_alone(self, seconds: float) -> None:
        if self.client.status != "running":
            raise _lose_scheduler()
        if seconds >= self.config.seconds_without_workers:
            raise EngineError(
                f"the cluster had no worker for {seconds:.0f} seconds: start workers, then give "
                "the command again"
            )

    def _list_workers(self) -> list[str]:
        return sorted(self.client.nthreads())

    def grow(
        self, parameters: Parameters, rows: Matrix, target: Floats, weight: Floats, rounds: int
    ) -> "lightgbm.Booster":
        """Return boosted trees, grown by all workers together where there are rows enough.

        A worker that goes away breaks off what all of them did; then it begins anew with those that
        are left. Raises EngineError where that fails as often as [engine] tries says.
        """
        if len(rows) < self.config.fewest_cases:
            return grow_here(parameters, rows, target, weight, rounds)
        for _ in range(self.config.tries):
            with suppress(_WorkerLostError):
                text = self._grow_once(parameters, rows, target, weight, rounds)
                self.grown += 1
                return _read_trees(text)
            self._begin_anew()
        raise EngineError(
            f"workers went away in {self.config.tries} tries to grow trees on the cluster; nothing "
            "was kept: look at the logs of the workers, then give the command again"
        )

    def _grow_once(
        self, parameters: Parameters, rows: Matrix, target: Floats, weight: Floats, rounds: int
    ) -> str:
        """Return the text of the trees; raises _WorkerLostError when a worker goes away."""
        workers = self._wait_for_workers()
        ended: list[str | BaseException] = []

        def work() -> None:
            try:
                with self.client.as_current():  # lightgbm.dask asks which client there is
                    placed = [self._place(one, workers) for one in (rows, target, weight)]
                    ended.append(_fit(self.client, parameters, placed, rounds, self.config))
            except BaseException as error:  # noqa: BLE001  # told to who waits for this thread
                ended.append(error)

        thread = threading.Thread(target=work, daemon=True, name="kantelpunt-grow")
        thread.start()
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
        if self.client.status != "running":
            raise _lose_scheduler()
        return not set(workers) <= set(self._list_workers())

    def _cancel(self) -> None:
        from distributed import Future

        running = [Future(key, client=self.client) for key in list(self.client.futures)]
        self.client.cancel(running, force=True)

    def _begin_anew(self) -> None:
        """Start the processes anew that are left: in those, LightGBM goes on to wait for the lost.

        Raises EngineError for workers without a nanny, which nobody starts anew.
        """
        self._cancel()
        left = self._wait_for_workers()
        try:
            self.client.restart_workers(left, timeout=self.config.seconds_without_workers)
        except (ValueError, OSError, TimeoutError) as error:
            raise EngineError(
                "a worker went away while trees were grown, and the others can't be started anew "
                "from here; nothing was kept: start all workers anew, then give the command again"
            ) from error

    def _wait_for_workers(self) -> list[str]:
        began = time.monotonic()
        while not (found := self._list_workers()):
            self._check_alone(time.monotonic() - began)
            time.sleep(POLL)
        return found

    def _place(self, array: Floats, workers: list[str]) -> Any:
        """Return a Dask array: every n-th row on the same worker, so that all see all times."""
        import dask.array as da
        from dask import delayed

        blocks = []
        for place, worker in enumerate(workers):
            part = np.ascontiguousarray(array[place :: len(workers)])
            held = self.client.scatter(part, workers=[worker], hash=False)
            blocks.append(da.from_delayed(delayed(held), part.shape, part.dtype))
        return da.concatenate(blocks)


def _hand_on(order: Order) -> Order:
    return order


def _run(
    parts: Iterable[Part], work: Callable[[Part, Order], Done], *, order: Order
) -> list[Done]:
    return [work(part, order) for part in parts]


def _lose_scheduler() -> EngineError:
    return EngineError(
        "the connection with the scheduler was lost, and nothing was kept: see whether it still "
        "runs, then give the command again"
    )


def _fit(
    client: Any, parameters: Parameters, placed: list[Any], rounds: int, config: EngineConfig
) -> str:
    from lightgbm.dask import DaskLGBMRegressor

    named = {_NAMES.get(name, name): value for name, value in parameters.items()}
    named.pop("num_threads")  # as many as each worker has
    model = DaskLGBMRegressor(
        client=client, n_estimators=rounds, time_out=config.minutes_between_workers, **named
    )
    rows, target, weight = placed
    model.fit(rows, target, sample_weight=weight)
    text: str = model.booster_.model_to_string()
    return text


def _read_trees(text: str) -> "lightgbm.Booster":
    """Return the trees without the addresses of the machines that grew them."""
    import lightgbm

    lines = text.split("\n")
    for place, line in enumerate(lines):
        name = line[1:].partition(":")[0] if line.startswith("[") else ""
        if name in _OF_THE_NETWORK:
            lines[place] = f"[{name}: {_OF_THE_NETWORK[name]}]"
    return lightgbm.Booster(model_str="\n".join(lines))


@contextmanager
def join_cluster(address: str, config: EngineConfig) -> Iterator[Cluster]:
    """Give the cluster behind a scheduler, and leave it at the end of the block.

    Raises EngineError where Dask is not installed, the scheduler is not reached in time or not
    safely, no worker is there, or one runs other code than this machine.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise EngineError(
            "Dask is not installed: pip install 'kantelpunt[cluster]', here and on every worker"
        ) from error
    _quiet()
    check_encrypted(address)
    try:
        client = Client(address, timeout=config.seconds_to_connect, set_as_default=False)
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise EngineError(
            f"no scheduler of Dask was reached at {address} in {config.seconds_to_connect} seconds "
            "(as in tls://host:8786): see whether it runs, and whether both sides use TLS"
        ) from error
    with client:
        cluster = Cluster(client, config)
        cluster._wait_for_workers()
        check_workers(client)
        yield cluster


def _quiet() -> None:
    """Let the libraries speak by our errors only."""
    import lightgbm

    for name, level in (("distributed", logging.CRITICAL), ("lightgbm", logging.ERROR)):
        logging.getLogger(name).setLevel(level)
    lightgbm.register_logger(logging.getLogger("lightgbm"))


def check_encrypted(address: str) -> None:
    """Raise EngineError for cases that would go over a network in plain sight.

    Not where Dask's own configuration says `require-encryption: false`: somebody chose so.
    """
    import dask

    split = urlsplit(address)
    is_here = split.hostname in ("localhost", "127.0.0.1", "::1") or split.scheme == "inproc"
    is_chosen = dask.config.get("distributed.comm.require-encryption", None) is False
    if not (split.scheme in ("tls", "wss") or is_here or is_chosen):
        raise EngineError(
            f"{address} is not encrypted: whoever reaches that port reads the cases and runs code; "
            "use tls:// (see docs/schaal.md), or on a network that is closed off set "
            "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION=false"
        )


def check_workers(client: Any) -> None:
    """Raise EngineError for a worker with another Python, other libraries or other code."""
    told = client.run(describe_code, on_error="return")
    for worker, found in told.items():
        if isinstance(found, BaseException):
            raise EngineError(
                f"worker {worker} cannot run Kantelpunt ({type(found).__name__}: {found}): install "
                "the same version there"
            )
        if differing := tell_difference(found, describe_code()):
            raise EngineError(
                f"worker {worker} differs from this machine: {differing}; install the same "
                "requirements.lock and the same version of Kantelpunt on both"
            )
