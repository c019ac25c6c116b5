"""The parts of a scored file: what each holds, and that all of them belong to one run."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from hashlib import file_digest, sha256
from pathlib import Path

import pandas as pd
import pyarrow as pa

from features.errors import KantelpuntError
from features.rejects import REJECTED_COLUMNS, Draft, build_report
from features.whole_file import written_whole
from models.suggestion import Limits

FORMAT = 1
MANIFEST, LOCK = "manifest.json", "lock"
ROW, PERSON = "_row", "_person_key"  # columns of a part that the result does not have
WHAT = {
    "format": "another release of Kantelpunt",
    "input": "other cases",
    "bundle": "another version of the model",
    "version": "a version of another number",
    "limits": "other limits",
}


class OutputError(KantelpuntError):
    """A result that cannot be written where it was asked for."""


class OtherRunError(OutputError):
    """Parts of an earlier run that this one may not go on with."""


@dataclass(frozen=True)
class Identity:
    """What a run scores, and with what: parts of two runs with the same identity are the same."""

    input: str
    bundle: str
    version: str
    limits: str
    format: int = FORMAT

    @classmethod
    def of(cls, cases: Path, digest: str, version: str, limits: tuple[Limits, ...]) -> "Identity":
        """Return the identity of a run; reads the whole file of cases once."""
        with cases.open("rb") as file:
            read = file_digest(file, "sha256").hexdigest()
        return cls(read, digest, version, sha256(repr(limits).encode()).hexdigest())


@dataclass(frozen=True)
class Part:
    """A part that is done: `rows` in the file of cases, of which `rejected` were set aside.

    `kept` were scored; `last` is the number of its last row in the file.
    """

    path: Path
    rows: int
    rejected: int
    kept: int
    last: int

    def read(self) -> pa.Table:
        """Return the scores of the part, with `ROW` and `PERSON`, as they lie on the disk."""
        return pa.ipc.open_file(pa.memory_map(str(self.path))).read_all()

    def read_faults(self) -> pd.DataFrame:
        """Return the faults of the part, as `build_report` gives them."""
        if not self.rejected:
            return pd.DataFrame(columns=REJECTED_COLUMNS)
        found: pd.DataFrame = pa.ipc.open_file(str(_name_faults(self.path))).read_pandas()
        return found


class Parts:
    """The folder beside a result in which its parts wait until all are done."""

    def __init__(self, out: Path, identity: Identity) -> None:
        """Name the folder; nothing is made yet."""
        self.folder = out.with_name(out.name + ".parts")
        self._identity = identity

    @contextmanager
    def open(self, *, restart: bool = False) -> Iterator[None]:
        """Hold the folder for this run alone; raises OtherRunError for parts of another run.

        With `restart` whatever is there is thrown away first.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise OtherRunError(
                    f"{self.folder} is in use by a run that is still busy: wait until it ends"
                ) from None
            if restart:
                self._empty()
            self._check_identity()
            try:
                yield
            except BaseException:
                if next(self.folder.glob("*.arrow"), None) is None:
                    self.remove()  # nothing was made that another run could go on with
                raise

    def _check_identity(self) -> None:
        path, own = self.folder / MANIFEST, asdict(self._identity)
        if not path.exists():
            write_whole(path, json.dumps(own, indent=1).encode())
            return
        try:
            found = json.loads(path.read_bytes())
            other = [text for name, text in WHAT.items() if found[name] != own[name]]
        except (ValueError, LookupError, TypeError):
            other = ["a run that nothing can be told of"]
        if other:
            raise OtherRunError(
                f"{self.folder} holds parts of an earlier run, with {' and '.join(other)}: give "
                "--restart to throw them away, or another --out"
            )

    def name(self, number: int) -> Path:
        """Return the path of a part, the first being 0."""
        return self.folder / f"{number:06}.arrow"

    def find(self, number: int) -> Part | None:
        """Return a part that is done and whole; None where it is still to be made."""
        path = self.name(number)
        try:
            with pa.memory_map(str(path)) as source:
                facts = pa.ipc.open_file(source).schema.metadata
            part = Part(path, **{key.decode(): int(value) for key, value in facts.items()})
            part.read().validate(full=True)
            is_whole = part.read_faults()["row"].nunique() == part.rejected
        except (OSError, pa.ArrowException, LookupError, TypeError, ValueError, AttributeError):
            return None
        return part if is_whole else None

    def remove(self) -> None:
        """Remove the folder with everything in it, once the result is there."""
        self._empty()
        (self.folder / LOCK).unlink(missing_ok=True)
        with suppress(OSError):  # what others put there is theirs, as a disk of a network does
            self.folder.rmdir()

    def _empty(self) -> None:
        for pattern in ("*.arrow", "*.part", MANIFEST):
            for path in self.folder.glob(pattern):
                path.unlink(missing_ok=True)


def save_part(path: Path, draft: Draft, scores: pa.Table) -> Part:
    """Keep a part, whole or not at all: its faults first, then the scores of its good rows."""
    faults, good = build_report([draft]), ~draft.bad
    person = pa.array(draft.frame.loc[good, "person_key"], pa.string())
    last = max([0, *draft.rows[-1:].tolist(), *faults["row"].tail(1).tolist()])
    facts = {
        "rows": draft.total,
        "rejected": draft.count_rejected(),
        "kept": scores.num_rows,
        "last": last,
    }
    table = scores.append_column(ROW, pa.array(draft.rows[good])).append_column(PERSON, person)
    if len(faults):
        _write_table(_name_faults(path), pa.Table.from_pandas(faults, preserve_index=False))
    _write_table(path, table.replace_schema_metadata({k: str(v) for k, v in facts.items()}))
    return Part(path, **facts)


def _name_faults(path: Path) -> Path:
    return path.with_suffix(".faults.arrow")


def _write_table(path: Path, table: pa.Table) -> None:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    write_whole(path, sink.getvalue())


def write_whole(path: Path, content: bytes | pa.Buffer) -> None:
    """Write a file so that it is there whole, or not at all, also when the power fails."""
    with written_whole(path) as beside, beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
