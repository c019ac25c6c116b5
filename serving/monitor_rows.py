"""The estimates of a store as columns: what watching counts, with nothing that names anybody."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic_core import from_json

from features.contract import Contract, Field
from features.matrix import Matrix
from models.reference import LIMITS, Reference, find_answered, list_keys
from models.suggestion import Suggestion
from serving.store.watched import ToldRow

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Labels = NDArray[np.object_]
SUGGESTIONS = tuple(one.value for one in Suggestion)
UNKNOWN = ""
AGE_BANDS = (35, 50, 60)  # as in the audit of a release
GROUPED = ("labour_status", "has_contract", "diagnosis_group")  # beside region, age and answered
REGION, AGE, ANSWERED = "region", "age", "questionnaire"


@dataclass(frozen=True)
class Told:
    """One row per estimate. `case` numbers the cases; `codes` are bins of the reference.

    `usual` and `support` hold the chances by each day of `days`, NaN where they were not kept.
    `limits` are those under which it was suggested; `groups` labels by attribute.
    """

    case: Ints
    screened_on: NDArray[np.datetime64]
    began_on: NDArray[np.datetime64]
    made_at: Floats
    version: Labels
    p_usual: Floats
    gain: Floats
    differs: Bools
    suggestion: Ints
    answered: Floats
    limits: Floats
    codes: NDArray[np.uint8]
    usual: Floats
    support: Floats
    groups: Mapping[str, Labels]

    def __len__(self) -> int:
        """Return the number of estimates."""
        return len(self.case)

    def take(self, rows: Bools | Ints) -> "Told":
        """Return some of the rows."""
        parts = {k: v[rows] for k, v in vars(self).items() if k != "groups"}
        return replace(self, **parts, groups={k: v[rows] for k, v in self.groups.items()})

    def pick(self, *, last: bool) -> "Told":
        """Return of each case the first estimate, or the last: nobody then counts twice."""
        order = np.lexsort((self.made_at, self.screened_on, self.case))
        other = np.diff(self.case[order]) != 0
        ends = np.append(other, True) if last else np.append(True, other)
        return self.take(np.sort(order[ends[: len(order)]]))


@dataclass
class Reader:
    """Reads estimates into columns, a part at a time; `cases` numbers the cases it met."""

    contract: Contract
    reference: Reference | None
    days: tuple[int, ...]
    blocked: set[tuple[str, str]]
    cases: dict[tuple[str, str], int] = field(default_factory=dict)

    def read(self, parts: Iterator[list[ToldRow]]) -> Told:
        """Return all estimates but those of people who object."""
        read = [self._read_part(rows) for part in parts if (rows := self._keep(part))]
        if not read:
            return self._read_part([])
        columns = {
            name: np.concatenate([getattr(one, name) for one in read])
            for name in vars(read[0])
            if name != "groups"
        }
        groups = {
            name: np.concatenate([one.groups[name] for one in read]) for name in read[0].groups
        }
        return Told(**columns, groups=groups)

    def _keep(self, part: list[ToldRow]) -> list[ToldRow]:
        if not self.blocked:
            return part
        return [row for row in part if (row.sickness_fund, row.case_id) not in self.blocked]

    def _read_part(self, rows: list[ToldRow]) -> Told:
        inputs = [from_json(row.inputs, cache_strings="all") for row in rows]
        screened = np.array([row.screened_on for row in rows], dtype="datetime64[D]")
        began = _to_days([one["absence_started_on"] for one in inputs])
        matrix = self._build_matrix(inputs, (screened - began).astype(float))
        usual, support = self._read_curves(rows)
        cases = self.cases
        return Told(
            case=_ints(cases.setdefault(row[:2], len(cases)) for row in rows),
            screened_on=screened,
            began_on=began,
            made_at=_floats(row.made_at.timestamp() for row in rows),
            version=_labels(row.model_version for row in rows),
            p_usual=_floats(row.p_usual for row in rows),
            gain=_floats(np.nan if row.gain is None else row.gain for row in rows),
            differs=np.array([row.gain_status == "estimated" for row in rows], dtype=np.bool_),
            suggestion=_ints(SUGGESTIONS.index(row.suggestion) for row in rows),
            answered=find_answered(matrix, self.contract),
            limits=_read_limits([row.limits for row in rows]),
            codes=self._code(matrix),
            usual=usual,
            support=support,
            groups=self._group(inputs, matrix),
        )

    def _build_matrix(self, inputs: list[dict[str, Any]], absent: Floats) -> Matrix:
        """Return the matrix of cases as they are kept: column by column, which is fastest."""
        columns = [_read_column(f, inputs, absent) for f in self.contract.fields]
        return np.column_stack(columns).reshape(len(inputs), len(columns))

    def _code(self, matrix: Matrix) -> NDArray[np.uint8]:
        if self.reference is None:
            return np.zeros((len(matrix), 0), dtype=np.uint8)
        spreads = self.reference.inputs
        columns = [
            spreads[f.name].code(matrix[:, place], list_keys(f))
            for place, f in enumerate(self.contract.fields)
        ]
        return np.column_stack(columns)

    def _read_curves(self, rows: list[ToldRow]) -> tuple[Floats, Floats]:
        """Return the chances by each day; where there is no such curve those at the horizon."""
        shape = (len(rows), len(self.days))
        usual, support = np.full(shape, np.nan), np.full(shape, np.nan)
        for place, row in enumerate(rows):
            points = from_json(row.curve) if row.curve else None
            if points and tuple(one["days"] for one in points) == self.days:
                usual[place] = [one["usual"] for one in points]
                support[place] = [
                    np.nan if one["support"] is None else one["support"] for one in points
                ]
        return usual, support

    def _group(self, inputs: list[dict[str, Any]], matrix: Matrix) -> dict[str, Labels]:
        names = self.contract.names
        found = {REGION: _labels(one["region"] for one in inputs)}
        if "age_years" in names:
            found[AGE] = band_ages(matrix[:, names.index("age_years")])
        for name in GROUPED:
            if name in names and (keys := list_keys(self.contract.get_field(name))):
                values = matrix[:, names.index(name)]
                known = np.nan_to_num(values, nan=len(keys)).astype(np.int64)
                found[name] = np.array([*keys, UNKNOWN], dtype=object)[known]
        if self.contract.answers:
            said = find_answered(matrix, self.contract).astype(np.int64)
            found[ANSWERED] = np.array(["no", "yes"], dtype=object)[said]
        return found


def band_ages(age: Floats) -> Labels:
    """Return ages as bands: 0_to_34, 35_to_49 and so on."""
    edges = (0, *AGE_BANDS)
    names = [f"{low}_to_{high - 1}" for low, high in zip(edges, AGE_BANDS, strict=False)]
    known = np.searchsorted(AGE_BANDS, np.nan_to_num(age), side="right")
    bands = np.array([*names, f"{AGE_BANDS[-1]}_and_over"], dtype=object)[known]
    labels: Labels = np.where(np.isnan(age), UNKNOWN, bands)
    return labels


def _read_column(f: Field, inputs: list[dict[str, Any]], absent: Floats) -> Floats:
    if f.derived == "absent_days":
        return absent
    name, nothing = f.name, np.nan
    values = list(map(itemgetter(name), inputs))  # `check_case` keeps every column
    if f.levels:
        codes: dict[Any, float] = {**f.codes, None: nothing}
        return np.array([codes[value] for value in values], dtype=float)
    return np.array([nothing if value is None else value for value in values], dtype=float)


def _to_days(texts: Sequence[str]) -> NDArray[np.datetime64]:
    return np.array(texts, dtype="datetime64[D]")


def _read_limits(texts: list[str]) -> Floats:
    known = {text: _read_some(text) for text in set(texts)}
    return np.array([known[text] for text in texts]).reshape(len(texts), len(LIMITS))


def _read_some(text: str) -> list[float]:
    raw = from_json(text)
    # there was no limit on the gain before the gain was estimated
    found = [raw.get(name) for name in LIMITS]
    return [np.nan if one is None else float(one) for one in found]


def _floats(values: Any) -> Floats:
    return np.fromiter(values, dtype=float)


def _ints(values: Any) -> Ints:
    return np.fromiter(values, dtype=np.int64)


def _labels(values: Any) -> Labels:
    return np.array(list(values), dtype=object)
