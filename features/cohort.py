"""Screenings with their model input and their outcome: what a model learns from."""

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


@dataclass(frozen=True)
class Screenings:
    """One row per screening: who and when, the matrix, and the outcome (features.outcomes)."""

    contract: Contract
    case_id: NDArray[np.object_]
    person: NDArray[np.int64]
    screened_on: NDArray[np.datetime64]
    matrix: Matrix
    returned: Days
    known_days: Days
    open_days: Days
    by_support: NDArray[np.bool_]

    def __len__(self) -> int:
        """Return the number of screenings."""
        return len(self.case_id)

    def select(self, keep: NDArray[np.bool_]) -> "Screenings":
        """Return the screenings for which `keep` is true."""
        rows = {name: getattr(self, name)[keep] for name in _PER_ROW}
        return replace(self, **rows)


_PER_ROW = (
    "case_id",
    "person",
    "screened_on",
    "matrix",
    "returned",
    "known_days",
    "open_days",
    "by_support",
)


def build_screenings(extract: Extract, *, as_of: date | None = None) -> Screenings:
    """Return every screening made by `as_of`, with its outcome as far as known on that day."""
    cases = extract.cases
    outcomes = find_outcomes(extract, extract.contract.outcome, as_of=as_of)
    screenings = Screenings(
        contract=extract.contract,
        case_id=cases["case_id"].to_numpy(dtype=object),
        person=pd.factorize(cases["person_key"])[0].astype(np.int64),
        screened_on=cases["screened_on"].to_numpy(dtype="datetime64[D]"),
        matrix=extract.matrix,
        returned=outcomes.returned,
        known_days=outcomes.known_days,
        open_days=outcomes.open_days,
        by_support=outcomes.by_support,
    )
    if as_of is None:
        return screenings
    return screenings.select(screenings.screened_on <= np.datetime64(as_of))
