"""The target trial: whoever starts support, beside people who on that day could have started too.

Support starts weeks after the screening, and who returned before cannot start it: comparing the
supported with everybody else would give the support the credit of having waited (immortal time).
So each start on day d after a screening is compared with people who on their own day d were also
still off work and not yet supported. The outcome counts from d; support that starts later is part
of the usual course and is ignored.
"""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.contract import Contract
from features.matrix import Matrix
from features.outcomes import find_outcomes
from features.tables import Extract
from features.timeline import Days

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Trial:
    """One row per screening and day on which support began, or could have begun.

    `day` counts from the screening. `supported` is 1 where support began on that day. `returned`
    and `known_days` are the outcome from that day on, as in features.outcomes. The matrix is what
    was known on the screening day.
    """

    contract: Contract
    matrix: Matrix
    day: Days
    supported: Days
    returned: Days
    known_days: Days
    person: NDArray[np.int64]
    screened_on: NDArray[np.datetime64]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.day)

    def select(self, keep: Bools) -> "Trial":
        """Return the rows for which `keep` is true."""
        return replace(self, **{name: getattr(self, name)[keep] for name in _PER_ROW})


_PER_ROW = (
    "matrix",
    "day",
    "supported",
    "returned",
    "known_days",
    "person",
    "screened_on",
)


@dataclass(frozen=True)
class Starts:
    """The rows of a trial: of which screening, how many days after it, and who was supported."""

    place: NDArray[np.intp]
    day: Days
    supported: Days

    def follow(self, extract: Extract) -> Extract:
        """Return the extract as if each had been screened on its day; later support is ignored."""
        cases = extract.cases.iloc[self.place].reset_index(drop=True)
        moved = cases.assign(screened_on=cases["screened_on"] + pd.to_timedelta(self.day, unit="D"))
        return replace(extract, cases=moved, pathways=extract.pathways.iloc[:0])


def build_trial(extract: Extract, *, seed: int, as_of: date | None = None) -> Trial:
    """Return every start of support, and every other screening on a day drawn from the starts.

    A screening is a comparison on a day on which it is still off work, followed, not supported and
    not yet supported; one that starts support later can be a comparison before. A screening after
    support began in its case is neither. Without any start there are no rows.
    """
    rows = draw_starts(extract, seed=seed, as_of=as_of)
    outcomes = find_outcomes(rows.follow(extract), extract.contract.outcome, as_of=as_of)
    return Trial(
        contract=extract.contract,
        matrix=extract.matrix[rows.place],
        day=rows.day,
        supported=rows.supported,
        returned=outcomes.returned,
        known_days=outcomes.known_days,
        person=pd.factorize(extract.cases["person_key"])[0].astype(np.int64)[rows.place],
        screened_on=extract.timeline.screened_on[rows.place],
    )


def draw_starts(extract: Extract, *, seed: int, as_of: date | None = None) -> Starts:
    """Return which rows `build_trial` makes; the horizon does not matter to them."""
    line = extract.timeline
    starts, until = line.starts, line.count_until(as_of, unknown=-1.0)
    ends, is_new = np.minimum(line.ends, line.exits), ~line.was_supported
    is_start = is_new & (starts < ends) & (starts <= until)
    if not is_start.any():
        return Starts(np.empty(0, dtype=np.intp), np.empty(0), np.empty(0))
    drawn = np.random.default_rng(seed).choice(starts[is_start], len(starts))
    compares = is_new & (drawn < ends) & (drawn < starts) & (drawn <= until)
    return Starts(
        np.concatenate([np.flatnonzero(is_start), np.flatnonzero(compares)]),
        np.concatenate([starts[is_start], drawn[compares]]),
        np.repeat([1.0, 0.0], [is_start.sum(), compares.sum()]),
    )
