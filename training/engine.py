"""Work on a cluster of Dask: joining it, and parts that workers do in the order they came.

The modules named `engine*` are the only door to dask, distributed and lightgbm.dask. What is done
on a cluster, and why no more, is told in ADR 0025.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import urlsplit

from training.config import EngineConfig
from training.engine_worker import EngineError, describe_code, tell_difference

Order = TypeVar("Order")
Part = TypeVar("Part")
Done = TypeVar("Done")
POLL = 0.5  # seconds between two looks at who is still there
MOST_IN_ONE_GRAPH = 8  # parts: Dask warns of graphs over 10 MB, and a part is about 1 MB
ASIDE = 2  # parts per thread that may wait, so that no worker does


@dataclass
class Cluster:
    """A cluster that was joined, whose workers run the same code as this machine.

    `grown` counts the fits that were done on it.
    """

    client: Any
    config: EngineConfig
    grown: int = field(default=0)

    def plain(self) -> dict[str, Any]:
        """Return what a run tells of it."""
        threads = self._count_threads()
        count = {"workers": len(threads), "threads": sum(threads.values())}
        return {"name": "dask", **count, "grown": self.grown}

    def list_workers(self) -> list[str]:
        """Return the addresses of the workers that are there; EngineError without a scheduler."""
        return sorted(self._count_threads())

    def _count_threads(self) -> dict[str, int]:
        """Return the threads of each worker; raises EngineError without a scheduler."""
        if self.client.status != "running":
            raise lose_scheduler()
        try:
            return dict(self.client.nthreads())
        except (OSError, RuntimeError) as error:
            raise lose_scheduler() from error

    def wait_for_workers(self) -> list[str]:
        """Return the addresses of the workers, once there is one; raises EngineError without."""
        began = time.monotonic()
        while not (found := self.list_workers()):
            self._check_alone(time.monotonic() - began)
            time.sleep(POLL)
        return found

    @contextmanager
    def apart(self) -> Iterator[Any]:
        """Give one more client; at the end of the block the cluster lets go of all it asked for.

        To cancel keys instead can end the connection: of what others lean on, the scheduler
        expects that somebody still wants it. Raises EngineError without a scheduler.
        """
        from distributed import Client

        seconds = self.config.seconds_to_connect
        try:
            client = Client(self.client.scheduler.address, timeout=seconds, set_as_default=False)
        except (OSError, RuntimeError) as error:
            raise lose_scheduler() from error
        with client:
            yield client

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
        return min(MOST_IN_ONE_GRAPH, max(1, sum(self._count_threads().values())))

    def _await(self, future: Any) -> list[Any]:
        from concurrent.futures import CancelledError

        from distributed import KilledWorker

        seen = time.monotonic()  # when a worker was seen last
        while True:
            try:
                return list(future.result(timeout=POLL))
            except TimeoutError:
                seen = time.monotonic() if self.list_workers() else seen
                self._check_alone(time.monotonic() - seen)
            except CancelledError as error:
                raise lose_scheduler() from error
            except OSError as error:
                raise EngineError(f"a worker could not do its work ({error})") from error
            except KilledWorker as error:
                raise EngineError(
                    "one part of the cases ended several workers one after the other: give them "
                    "more memory (--memory-limit), then give the command again"
                ) from error

    def _check_alone(self, seconds: float) -> None:
        if seconds >= self.config.seconds_without_workers:
            raise EngineError(
                f"the cluster had no worker for {seconds:.0f} seconds: start workers, then give "
                "the command again"
            )


def _hand_on(order: Order) -> Order:
    return order


def _run(parts: Iterable[Part], work: Callable[[Part, Order], Done], *, order: Order) -> list[Done]:
    return [work(part, order) for part in parts]


def lose_scheduler() -> EngineError:
    """Return what to say when the scheduler went away."""
    return EngineError(
        "the connection with the scheduler was lost: see whether it still runs, then give the "
        "command again (scoring goes on where it was, training begins anew)"
    )


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
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # our errors say it
    try:
        check_encrypted(address)
        check_certificate(address)
        client = Client(address, timeout=config.seconds_to_connect, set_as_default=False)
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise EngineError(
            f"no scheduler of Dask was reached at {address} in {config.seconds_to_connect} seconds "
            "(as in tls://host:8786): see whether it runs, and whether both sides use TLS"
        ) from error
    with client:
        cluster = Cluster(client, config)
        cluster.wait_for_workers()
        check_workers(client)
        yield cluster


def check_encrypted(address: str) -> None:
    """Raise EngineError for cases that would go over a network in plain sight.

    Not where Dask's own configuration says `require-encryption: false`: somebody chose so.
    """
    import dask

    split = urlsplit(address)
    is_here = split.hostname in ("localhost", "127.0.0.1", "::1")
    is_chosen = dask.config.get("distributed.comm.require-encryption", None) is False
    if not (split.scheme in ("tls", "wss") or is_here or is_chosen):
        raise EngineError(
            f"{address} is not encrypted: whoever reaches that port reads the cases and runs code; "
            "use tls:// (see docs/schaal.md), or on a network that is closed off set "
            "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION=false"
        )


def check_certificate(address: str) -> None:
    """Raise EngineError for TLS without a certificate in Dask's own configuration."""
    from distributed.security import Security

    is_tls = urlsplit(address).scheme in ("tls", "wss")
    if is_tls and Security().get_connection_args("client")["ssl_context"] is None:
        raise EngineError(
            f"{address} asks for TLS, and this machine has no certificate for it: set "
            "distributed.comm.tls in Dask's configuration (see docs/schaal.md)"
        )


def check_workers(client: Any) -> None:
    """Raise EngineError for a worker with another Python, other libraries or other code.

    One that went away meanwhile is passed over: where it comes back, it checks each order itself.
    """
    from distributed.comm import CommClosedError

    told = client.run(describe_code, on_error="return")
    for worker, found in sorted(told.items()):
        if isinstance(found, CommClosedError):
            continue
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
