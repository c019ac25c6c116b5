"""An uploaded file, looked at and read by a process of its own (`serving/intake_reader.py`)."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import partial
from itertools import islice
from pathlib import Path
from signal import SIGABRT, SIGKILL, SIGTERM, SIGXCPU
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any

import structlog

from features.contract import Contract
from features.errors import KantelpuntError
from features.fields import CASE_COLUMNS
from serving.intake_check import FAULTS, FileRefusedError, check_file, is_parquet
from serving.intake_file import Arrival
from serving.intake_reader import LISTED, NO_ROOM, REJECTED, ROWS
from serving.intake_rows import DAYS, NumberedCase, fingerprint_files
from serving.own_process import run_beside
from serving.store.imports import MOST_REJECTS, Reject

TOO_LONG, ENDED = "reading-too-long", "reading-ended"
# 200 MB took 1.3 GiB, of which libraries 0.15: room for twice that
_LIBRARY_BYTES, _BYTES_PER_BYTE = 1 << 30, 14
CHECK_SECONDS = 15  # whoever sent it waits for an answer, for 20 s at most
READ_SECONDS = 600  # 200 MB took 24 s of a core
_KEYS = {
    -SIGKILL: NO_ROOM,
    -SIGABRT: NO_ROOM,
    -SIGXCPU: TOO_LONG,
    # whoever stops a service may tell all its processes at once, this one before we know
    -SIGTERM: ENDED,
    None: TOO_LONG,
}
# without threads of its own, and from the pool whose limit the kernel keeps
_SPARING = {"OMP_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
_MODULE = "serving.intake_reader"
log = structlog.get_logger("kantelpunt")


class UnreadError(KantelpuntError):
    """A file that could not be read; `problem` says why to the user, `kind` to the log.

    `rejects` are its rejected rows, where all of them were found.
    """

    def __init__(self, problem: Mapping[str, Any], kind: str) -> None:
        """Keep both."""
        self.problem, self.kind = problem, kind
        self.rejects: Sequence[Reject] | None = None
        super().__init__(f"an uploaded file could not be read ({problem['key']})")


class EndedError(UnreadError):
    """The reading was ended from outside, which says nothing of the file: begin anew."""


class SlowError(UnreadError):
    """The reading was not done in its time, which may be the machine's doing."""


def check_uploaded(path: Path, most_bytes: int, stopped: Event) -> str:
    """Return what `check_file` does of a file of any name; raises what it does, and UnreadError.

    Ends early when `stopped` is set. Where a busy machine does not come to it in time, what is
    wrong is found when the file is read.
    """
    if not is_parquet(path):
        return check_file(path, most_bytes, by_name=False)
    asked = {"path": str(path), "most_file_bytes": most_bytes}
    try:
        return str(_ask(asked, most_bytes, CHECK_SECONDS, stopped)["suffix"])
    except SlowError:
        return ".parquet"
    except UnreadError as error:
        if error.problem["key"] in FAULTS:
            raise FileRefusedError(error.problem["key"], path) from None
        raise


@contextmanager
def read_uploaded(
    path: Path, contract: Contract, *, max_rejected: float, most_bytes: int, stopped: Event
) -> Iterator[Arrival]:
    """Give what a file holds, its cases kept beside it meanwhile; raises UnreadError.

    They stand in a folder of this reading alone: of workers that share a folder for uploads, one
    that starts reads what another is importing. Ends early when `stopped` is set.
    """
    with TemporaryDirectory(prefix="read-", dir=path.parent, ignore_cleanup_errors=True) as into:
        asked = {"path": str(path), "into": into, "max_rejected": max_rejected}
        cases, rejected = Path(into, ROWS), Path(into, REJECTED)
        try:
            told = _ask(asked | {"contract": contract.text}, most_bytes, READ_SECONDS, stopped)
        except UnreadError as error:
            if error.problem["key"] in LISTED:
                error.rejects = _read_rejects(rejected)
            raise
        known_by, rejects = fingerprint_files([path], contract), _read_rejects(rejected)
        read = partial(_read_rows, cases)
        yield Arrival(told["total"], known_by, read, rejects, told["rejected"])


def _ask(asked: Mapping[str, Any], most_bytes: int, seconds: int, stopped: Event) -> dict[str, Any]:
    room = _LIBRARY_BYTES + _BYTES_PER_BYTE * most_bytes
    line = json.dumps({**asked, "most_bytes": room, "most_seconds": seconds})
    said, code = run_beside(_MODULE, seconds=seconds, asked=line, more=_SPARING, stopped=stopped)
    try:
        answer: dict[str, Any] = json.loads(said.strip().splitlines()[-1])
    except (IndexError, ValueError):
        log.warning("a process that reads a file ended without an answer", code=code)
        key = ENDED if stopped.is_set() else _KEYS.get(code, "fault")
        kind = EndedError if key == ENDED else SlowError if code is None else UnreadError
        raise kind({"key": key}, f"exit code {code}") from None
    if "problem" in answer:
        raise UnreadError(answer["problem"], answer["kind"])
    return answer


def _read_rows(path: Path, start: int, contract: Contract) -> Iterator[NumberedCase]:
    names = (*CASE_COLUMNS, *(one.name for one in contract.columns))
    with path.open(encoding="utf-8") as opened:
        for line in islice(opened, start, None):
            row, *values = json.loads(line)
            case = dict(zip(names, values, strict=True))
            yield row, case | {name: date.fromisoformat(case[name]) for name in DAYS}


def _read_rejects(path: Path) -> list[Reject]:
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as opened:
        rows = islice(csv.DictReader(opened), MOST_REJECTS)
        return [Reject(r["table"], int(r["row"]), r["field"], r["reason"]) for r in rows]
