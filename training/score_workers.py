"""Worker processes that check and score parts of a file, each part on one core."""

import signal
from collections.abc import Iterator
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from features.drafts import check_rows
from features.errors import KantelpuntError
from features.raw_table import RawTable
from models.bundle import Bundle, read_bundle
from models.suggestion import Limits
from models.tree_tables import tabulate
from training.score import say_disk_fault, score_part
from training.score_parts import Part, save_part

# a fork would take the threads of LightGBM and Arrow along, half of them
_CONTEXT = get_context("spawn")


class WorkerError(KantelpuntError):
    """A part that a worker could not finish."""


@dataclass(frozen=True)
class Setup:
    """What a worker needs to know: where the model is, and what holds for all parts."""

    bundle: Path
    version: str
    limits: tuple[Limits, ...]


def make_ready(bundle: Bundle) -> Bundle:
    """Return a bundle that scores many rows fast; takes half a second, once."""
    return replace(bundle, model=tabulate(bundle.model))


def make_part(
    raw: RawTable, path: Path, bundle: Bundle, limits: tuple[Limits, ...], threads: int = 1
) -> Part:
    """Check the rows of a part, score those that are good, and keep the part at `path`."""
    draft = check_rows(raw, "cases", bundle.contract)
    good = draft.get_good()
    return save_part(path, draft, score_part(good, bundle, limits, threads))


class Crew:
    """Some worker processes; each ends with the process that started it, however that ends."""

    def __init__(self, count: int, setup: Setup) -> None:
        """Start the workers; they get ready by themselves."""
        self._idle: list[Connection] = []
        self._busy: list[Connection] = []
        self.processes = []
        for _ in range(count):
            ours, theirs = _CONTEXT.Pipe()
            process = _CONTEXT.Process(target=_work, args=(theirs, setup), daemon=True)
            process.start()
            theirs.close()  # the worker alone holds its end: when it dies, ours says so
            self.processes.append(process)
            self._idle.append(ours)

    def give(self, raw: RawTable, path: Path) -> Iterator[Part]:
        """Give a part to the next free worker; yields parts that were finished meanwhile."""
        if not self._idle:
            yield from self._collect()
        worker = self._idle.pop()
        try:
            worker.send((str(path), raw.headers, str(raw.path)))
            worker.send_bytes(pack_raw(raw))
        except OSError:
            raise _say_gone() from None
        self._busy.append(worker)

    def finish(self) -> Iterator[Part]:
        """Yield the parts that were still being made."""
        while self._busy:
            yield from self._collect()

    def _collect(self) -> Iterator[Part]:
        for worker in wait(self._busy):
            assert isinstance(worker, Connection)  # noqa: S101
            yield _receive(worker)
            self._busy.remove(worker)
            self._idle.append(worker)

    def close(self) -> None:
        """Let the workers go; one that is still busy is stopped."""
        for worker in (*self._idle, *self._busy):
            worker.close()
        for process in self.processes:
            process.terminate()
            process.join()


def _receive(worker: Connection) -> Part:
    try:
        said: Any = worker.recv()
    except (EOFError, OSError):
        raise _say_gone() from None
    if isinstance(said, Part):
        return said
    kind, text = said
    if kind == "disk":
        raise OSError(*text)
    raise WorkerError(text)


def _say_gone() -> WorkerError:
    return WorkerError(
        "a worker was ended from outside, perhaps for lack of memory; nothing that was scored is "
        "lost: start again, it goes on where it was (--threads 1 needs least memory)"
    )


def _work(own: Connection, setup: Setup) -> None:
    """Make parts until there is nobody to ask for any."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started us is told, and ends us
    pa.set_cpu_count(1)
    bundle = make_ready(read_bundle(setup.bundle, setup.version))
    while True:
        try:
            path, headers, where = own.recv()
            raw = unpack_raw(own.recv_bytes(), headers, Path(where))
        except (EOFError, OSError):
            return
        own.send(try_part(raw, Path(path), bundle, setup.limits))


def try_part(
    raw: RawTable, path: Path, bundle: Bundle, limits: tuple[Limits, ...]
) -> Part | tuple[str, Any]:
    """Make a part, or return what went wrong in words that may leave the process."""
    try:
        return make_part(raw, path, bundle, limits)
    except KantelpuntError as error:
        return "said", str(error)
    except OSError as error:
        return "disk", (error.errno, say_disk_fault(error))
    except Exception as error:  # its text may hold a value of a person
        return "said", f"a worker failed ({type(error).__name__}): see more with --threads 1"


def pack_raw(raw: RawTable) -> pa.Buffer:
    """Return a part as bytes: its columns and row numbers, and the rows that have no cells."""
    names = [f"c{place}" for place in range(len(raw.columns))]
    table = pa.table([*raw.columns, pa.array(raw.rows)], names=[*names, "rows"])
    kept = {"uneven": raw.uneven.astype(np.int64).tobytes()}
    table = table.replace_schema_metadata(kept).combine_chunks()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def unpack_raw(content: bytes, headers: list[str], path: Path) -> RawTable:
    """Return the part that `pack_raw` put in bytes."""
    table = pa.ipc.open_stream(content).read_all()
    uneven = np.frombuffer(table.schema.metadata[b"uneven"], dtype=np.int64)
    *columns, rows = table.columns
    return RawTable(path, headers, columns, rows.to_numpy(), uneven)
