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
from features.matrix import Matrix, build_matrix
from features.outcomes import (
    Days,
    find_exits,
    find_outcomes,
    find_spell_ends,
    find_support,
    find_supported_before,
)
from features.tables import Extract

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


def build_trial(extract: Extract, *, seed: int, as_of: date | None = None) -> Trial:
    """Return every start of support, and every other screening on a day drawn from the starts.

    A screening is a comparison on a day on which it is still off work, followed, not supported and
    not yet supported; one that starts support later can be a comparison before. A screening after
    support began in its case is neither. Without any start there are no rows.
    """
    ends = find_spell_ends(extract)
    starts = find_support(extract, ends)
    until = _count_followed(extract, as_of)
    ends = np.minimum(ends, find_exits(extract))
    is_new = ~find_supported_before(extract)
    is_start = is_new & (starts < ends) & (starts <= until)
    if not is_start.any():
        return _assemble(extract, np.empty(0, dtype=np.intp), np.empty(0), np.empty(0), as_of)
    drawn = np.random.default_rng(seed).choice(starts[is_start], len(starts))
    compares = is_new & (drawn < ends) & (drawn < starts) & (drawn <= until)
    rows = np.concatenate([np.flatnonzero(is_start), np.flatnonzero(compares)])
    day = np.concatenate([starts[is_start], drawn[compares]])
    supported = np.repeat([1.0, 0.0], [is_start.sum(), compares.sum()])
    return _assemble(extract, rows, day, supported, as_of)


def _count_followed(extract: Extract, as_of: date | None) -> Days:
    """Return the last day, from each screening, of which we know anything."""
    by_case = extract.follow_up.drop_duplicates("case_id").set_index("case_id")["observed_until"]
    last = by_case.reindex(extract.cases["case_id"]).reset_index(drop=True)
    if as_of is not None:
        last = last.clip(upper=pd.Timestamp(as_of))
    days = (last - extract.cases["screened_on"].reset_index(drop=True)).dt.days
    return np.asarray(days.to_numpy(dtype=float, na_value=-1.0))


def _assemble(
    extract: Extract, rows: NDArray[np.intp], day: Days, supported: Days, as_of: date | None
) -> Trial:
    cases = extract.cases.iloc[rows].reset_index(drop=True)
    moved = cases.assign(screened_on=cases["screened_on"] + pd.to_timedelta(day, unit="D"))
    later = replace(extract, cases=moved, pathways=extract.pathways.iloc[:0])
    outcomes = find_outcomes(later, extract.contract.outcome, as_of=as_of)
    person = pd.factorize(extract.cases["person_key"])[0].astype(np.int64)[rows]
    return Trial(
        contract=extract.contract,
        matrix=build_matrix(cases, extract.contract),
        day=day,
        supported=supported,
        returned=outcomes.returned,
        known_days=outcomes.known_days,
        person=person,
        screened_on=cases["screened_on"].to_numpy(dtype="datetime64[D]"),
    )
