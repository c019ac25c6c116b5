"""Groups of people beside each other: what is estimated of them, and what makes it differ."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.contract import Contract
from features.matrix import Matrix, build_matrix
from features.tables import Extract
from models.bundle import Bundle
from models.estimate import Estimates, Sums
from training.traits import Bools, count_persons, find_hidden

AGE_BANDS = ((0, "jonger dan 30"), (30, "30 tot 39"), (40, "40 tot 49"), (50, "50 tot 54"))
OLDEST = (55, "55 of ouder")
MOST_LEVELS = 15  # a column of more is no grouping, but something like a place or a year
UNKNOWN_NL = "niet bekend"
# columns of `groups` and their values, as the synthetic world names them; others stay as written
ATTRIBUTES_NL: Mapping[str, str] = {
    "sex": "Geslacht",
    "origin": "Herkomst",
    "dutch_level": "Kennis van het Nederlands",
}
LEVELS_NL: Mapping[str, str] = {
    "female": "vrouw",
    "male": "man",
    "belgian": "Belgisch",
    "eu": "ander land van de Europese Unie",
    "outside_eu": "buiten de Europese Unie",
    "none": "geen",
    "basic": "basis",
    "good": "goed",
    "fluent": "vlot",
}


@dataclass(frozen=True)
class Cases:
    """All screenings of an extract with their estimates."""

    contract: Contract
    matrix: Matrix
    person: NDArray[np.int64]
    estimates: Estimates

    @classmethod
    def of(cls, extract: Extract, bundle: Bundle) -> "Cases":
        """Return the screenings as a version estimates them."""
        matrix = build_matrix(extract.cases, bundle.contract)
        person = pd.factorize(extract.cases["person_key"])[0].astype(np.int64)
        return cls(bundle.contract, matrix, person, bundle.estimate_many(matrix))

    def __len__(self) -> int:
        """Return the number of screenings."""
        return len(self.matrix)

    @property
    def is_known(self) -> Bools:
        """Tell of each screening whether its gain is known."""
        return self.estimates.is_known


@dataclass(frozen=True)
class Group:
    """People who share something: which rows, and their persons; large enough to be shown.

    `known` are the rows whose gain may count in a mean that is shown: none where that would be of
    too few.
    """

    label_nl: str
    rows: Bools
    known: Bools
    persons: int


@dataclass(frozen=True)
class Attribute:
    """One way to share out all people, and how many of its groups are too small to be shown."""

    label_nl: str
    groups: tuple[Group, ...]
    hidden: int


def find_attributes(extract: Extract, cases: Cases) -> list[Attribute]:
    """Return the columns of `groups`, then ages, then who answered the questionnaire."""
    shared = [*_read_groups(extract), *_band_ages(cases), *_split_answers(cases)]
    return [_build_attribute(label, levels, cases) for label, levels in shared]


def count_wide(extract: Extract) -> int:
    """Return how many columns of `groups` hold too many different values to be groups."""
    columns = extract.groups.drop(columns="case_id")
    return int((columns.nunique() > MOST_LEVELS).sum())


def take_rows(sums: Sums, rows: Bools) -> Sums:
    """Return the sums of some of the cases."""
    per_row = ("value", "low", "high", "contributions", "limit")
    return replace(sums, **{name: getattr(sums, name)[rows] for name in per_row})


Levels = list[tuple[str, Bools]]


def _read_groups(extract: Extract) -> Iterator[tuple[str, Levels]]:
    by_case = extract.groups.drop_duplicates("case_id").set_index("case_id")
    joined = by_case.reindex(extract.cases["case_id"])
    for column in joined.columns:
        values = joined[column].astype("object").where(joined[column].notna(), None).to_numpy()
        levels = sorted({value for value in values if value is not None}, key=_rank_level)
        if not 0 < len(levels) <= MOST_LEVELS:
            continue
        shared = [
            (LEVELS_NL.get(level, level), np.asarray(values == level, dtype=np.bool_))
            for level in levels
        ]
        absent = np.array([value is None for value in values], dtype=np.bool_)
        yield ATTRIBUTES_NL.get(column, column), [*shared, (UNKNOWN_NL, absent)]


def _rank_level(level: str) -> tuple[int, str]:
    known = list(LEVELS_NL)
    return (known.index(level) if level in known else len(known), level)


def _band_ages(cases: Cases) -> Iterator[tuple[str, Levels]]:
    if "age_years" not in cases.contract.names:
        return
    age = cases.matrix[:, cases.contract.names.index("age_years")]
    bands = (*AGE_BANDS, OLDEST)
    ends = [*(start for start, _ in bands[1:]), np.inf]
    found: Levels = [
        (label, np.asarray((age >= start) & (age < end)))
        for (start, label), end in zip(bands, ends, strict=True)
    ]
    yield "Leeftijd", [*found, (UNKNOWN_NL, np.isnan(age))]


def _split_answers(cases: Cases) -> Iterator[tuple[str, Levels]]:
    answers = list(cases.contract.answers)
    if answers:
        blank = np.asarray(np.isnan(cases.matrix[:, answers]).all(axis=1), dtype=np.bool_)
        yield "Vragenlijst", [("ingevuld", ~blank), ("niet ingevuld", blank)]


def _build_attribute(label_nl: str, levels: Levels, cases: Cases) -> Attribute:
    levels = [(name, rows) for name, rows in levels if rows.any()]
    all_rows = [rows for _, rows in levels]
    known = [rows & cases.is_known for rows in all_rows]
    hidden = find_hidden(all_rows, cases.person)
    hides_gain = find_hidden(known, cases.person, hidden)
    groups = tuple(
        Group(name, rows, seen & (not no_gain), count_persons(cases.person, rows))
        for (name, rows), seen, is_hidden, no_gain in zip(
            levels, known, hidden, hides_gain, strict=True
        )
        if not is_hidden
    )
    return Attribute(label_nl, groups, sum(hidden))
