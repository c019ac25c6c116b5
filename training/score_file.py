"""Scoring a file of any size: part by part, on all cores, going on where an earlier run stopped."""

from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import chain, islice
from pathlib import Path

from features.drafts import match_columns, stream_table
from features.raw_table import RawTable, count_parquet
from features.table_errors import UnreadableTableError
from features.tables import TABLES
from training.score import check_output, say_disk_fault
from training.score_join import Job, Scored, join_parts
from training.score_parts import Identity, OutputError, Part, Parts
from training.score_workers import Crew, Setup, make_part, make_ready

# below this, workers would take longer to start than they save
ROWS_WORTH_WORKERS = 150_000
BYTES_OF_A_ROW = 250  # of a CSV file, about

Report = Callable[[int], None]
Missing = Iterator[tuple[RawTable, Path]]  # rows of a part, and where the part has to be kept
WorkOff = Callable[[Job, Missing], Iterator[Part]]


def score_file(
    job: Job,
    processes: int = 1,
    *,
    restart: bool = False,
    report: Report = lambda _: None,
    work_off: WorkOff | None = None,
) -> Scored:
    """Score all good cases of a file, in its order, and write them to `job.out`.

    `report` is told how many rows were done. A run that was broken off left its parts in a folder
    beside the result: they are not made again. With `work_off` that makes the parts, in any order,
    and not this machine. Raises a TableError or TooManyRejectedError for
    cases that cannot be used, OtherRunError for parts of another run, and OutputError.
    """
    check_output(job.out)
    _check_apart(job)
    seen, identity = _identify(job)
    parts = Parts(job.out, identity)
    try:
        with parts.open(restart=restart):
            made = _make_parts(job, parts, report, work_off or _work_here(processes))
            if _look_at(job.cases) != seen:
                fault = "it was changed while it was read"
                raise UnreadableTableError(job.cases, fault, "start again with --restart")
            scored = join_parts(job, made)
            parts.remove()
    except OSError as error:
        raise OutputError(
            f"{job.out} cannot be written ({say_disk_fault(error)}): mend that and start again; "
            f"what was scored waits in {parts.folder}"
        ) from error
    return scored


def count_cases(cases: Path) -> int | None:
    """Return how many rows a file has, where that can be told without reading it all."""
    return count_parquet(cases) if cases.suffix.lower() == ".parquet" else None


def _identify(job: Job) -> tuple[tuple[int, int], Identity]:
    try:
        seen = _look_at(job.cases)
        return seen, Identity.of(job.cases, job.bundle.digest, job.bundle.version, job.limits)
    except OSError as error:
        raise UnreadableTableError(
            job.cases, type(error).__name__, "check that the file may be read"
        ) from error


def _check_apart(job: Job) -> None:
    """Raise OutputError for a result in the place of what is read; raw data is never changed."""
    beside = job.out.resolve().parent == job.cases.resolve().parent
    if job.out.exists() and job.out.samefile(job.cases):
        raise OutputError(f"{job.out} is the file of cases itself: give another --out")
    if beside and job.out.stem.lower() in TABLES:
        raise OutputError(f"{job.out} has the name of a table of this extract: give another --out")


def _look_at(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _make_parts(job: Job, parts: Parts, report: Report, work_off: WorkOff) -> list[Part]:
    """Make every part that is not there yet, and return all of them in order."""
    made: dict[Path, Part] = {}

    def note(part: Part) -> None:
        made[part.path] = part
        report(part.rows)

    def list_missing() -> Missing:
        for number, raw in enumerate(stream_table(job.cases)):
            part = parts.find(number)
            if part and (part.rows, part.last) == _measure(raw):
                note(part)
            else:
                yield raw, parts.name(number)

    for part in work_off(job, list_missing()):
        note(part)
    return [made[path] for path in sorted(made)]


def _measure(raw: RawTable) -> tuple[int, int]:
    last = max([0, *raw.rows[-1:].tolist(), *raw.uneven[-1:].tolist()])
    return len(raw.rows) + len(raw.uneven), last


def _work_here(processes: int) -> WorkOff:
    return lambda job, missing: _work_off(job, missing, processes)


def _work_off(job: Job, missing: Missing, processes: int) -> Iterator[Part]:
    """Yield each missing part once it is made, in any order."""
    rows = count_cases(job.cases) or job.cases.stat().st_size // BYTES_OF_A_ROW
    if processes == 1 or rows < ROWS_WORTH_WORKERS:
        bundle = make_ready(job.bundle)
        for raw, path in missing:
            yield make_part(raw, path, bundle, job.limits, processes)
        return
    first = list(islice(missing, 1))  # columns that are wrong are told before anything is started
    if not first:
        return
    for raw, _ in first:
        match_columns(raw, "cases", job.bundle.contract)
    with closing(Crew(processes, Setup(job.folder, job.bundle.version, job.limits))) as crew:
        for raw, path in chain(first, missing):
            yield from crew.give(raw, path)
        yield from crew.finish()
