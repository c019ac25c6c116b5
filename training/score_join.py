"""From the parts of a scored file to the result: keys compared, faults listed, rows in order."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from features.drafts import find_repeats
from features.rejects import (
    REJECTED_COLUMNS,
    TooManyRejectedError,
    count_reasons,
    describe_faults,
    save_reports,
)
from features.table_errors import EmptyTableError
from models.bundle import Bundle
from models.suggestion import Limits
from training.score import to_plain, write_tables
from training.score_parts import PERSON, ROW, Part

KEYS_AT_ONCE = 1_000_000  # rows whose keys are compared in one go: about 200 MB
Places = NDArray[np.int64]
Repeats = list[tuple[Places, str, str]]  # rows of a part, the field, the reason


@dataclass(frozen=True)
class Job:
    """What to score, where to, and with what; `folder` holds the bundle."""

    cases: Path
    out: Path
    bundle: Bundle
    folder: Path
    limits: tuple[Limits, ...]
    max_rejected: float = 0.05
    rejected_to: Path | None = None


@dataclass(frozen=True)
class Scored:
    """How many rows were written, and how many faults were set aside."""

    rows: int
    faults: int


def join_parts(job: Job, parts: Sequence[Part]) -> Scored:
    """Write the result and rejected.csv from all parts of a file.

    Raises EmptyTableError where no good row is left, and TooManyRejectedError.
    """
    total = sum(part.rows for part in parts)
    if not total:
        raise EmptyTableError(f"{job.cases} has no rows below its header: add them")
    repeats = find_all_repeats(parts)
    reasons: Counter[str] = Counter()

    def list_faults() -> Iterator[pd.DataFrame]:
        for part, repeated in zip(parts, repeats, strict=True):
            faults = _list_faults(part, repeated)
            reasons.update(count_reasons(faults))
            yield faults

    where = save_reports(list_faults(), job.rejected_to or job.out.parent)
    again = sum(len(places) for repeated in repeats for places, *_ in repeated)
    bad = sum(part.rejected for part in parts) + again
    if bad / total > job.max_rejected:
        counts = {"cases": describe_faults(bad, total, reasons)}
        raise TooManyRejectedError(counts, job.max_rejected, where)
    if bad == total:
        raise EmptyTableError(f"{job.cases}: every row was set aside, so no case is left")
    tables = (_read_good(part, repeated) for part, repeated in zip(parts, repeats, strict=True))
    if job.out.suffix == ".csv":
        tables = (to_plain(table) for table in tables)
    return Scored(write_tables(tables, job.out), sum(reasons.values()))


def find_all_repeats(parts: Sequence[Part], at_once: int = KEYS_AT_ONCE) -> list[Repeats]:
    """Return of each part the good rows that contradict an earlier row of any part.

    So many rows that they would not fit in memory are compared in turns: a case is always in the
    same turn.
    """
    turns = -(-sum(part.kept for part in parts) // at_once)
    found: list[Repeats] = [[] for _ in parts]
    for turn in range(turns):
        tables, places = [], []
        for number, part in enumerate(parts):
            keys = part.read().select(["case_id", "screened_on", PERSON])
            chosen = np.arange(part.kept) if turns == 1 else _choose(keys, turn, turns)
            tables.append(keys.take(pa.array(chosen)) if turns > 1 else keys)
            places.append(np.column_stack([np.full(len(chosen), number), chosen]))
        joined, where = pa.concat_tables(tables), np.concatenate(places)
        for mask, field, reason in find_repeats(
            joined["case_id"], joined["screened_on"].to_numpy(), joined[PERSON]
        ):
            for number in np.unique(where[mask, 0]).tolist():
                own = where[mask & (where[:, 0] == number), 1]
                found[number].append((own, field, reason))
    return found


def _choose(keys: pa.Table, turn: int, turns: int) -> Places:
    ids = keys["case_id"].to_numpy()
    hashed = pd.util.hash_array(ids, categorize=False)
    return np.flatnonzero(hashed % np.uint64(turns) == turn)


def _list_faults(part: Part, repeated: Repeats) -> pd.DataFrame:
    """Return the faults of a part in the order of its rows."""
    faults = part.read_faults()
    if not repeated:
        return faults
    rows = part.read()[ROW].to_numpy()
    noted = [
        pd.DataFrame({"table": "cases", "row": rows[places], "field": field, "reason": reason})
        for places, field, reason in repeated
    ]
    joined = pd.concat([one for one in (faults, *noted) if len(one)])
    return joined.sort_values("row", kind="stable", ignore_index=True)[REJECTED_COLUMNS]


def _read_good(part: Part, repeated: Repeats) -> pa.Table:
    """Return the rows of a part that go into the result, without what only the parts need."""
    table = part.read().drop_columns([ROW, PERSON]).replace_schema_metadata()
    if not repeated:
        return table
    kept = np.ones(table.num_rows, dtype=np.bool_)
    for places, *_ in repeated:
        kept[places] = False
    return table.filter(pa.array(kept))
