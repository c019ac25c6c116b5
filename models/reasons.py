"""From contributions to sentences that a physician reads."""

import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from features.contract import Contract, Field
from features.matrix import Matrix

Floats = NDArray[np.float64]
QUESTIONNAIRE = "questionnaire"
QUESTIONNAIRE_NL = "Vragenlijst niet ingevuld"
Say = Callable[[Field, float, float], str]
MOST_SAID = 20_000  # sentences remembered per contract


class Reason(NamedTuple):
    """Why an estimate is higher or lower than average: `points` are percentage points."""

    field: str
    points: float
    text_nl: str
    changeable: bool


def reasons_nl(
    contributions: Floats, row: Floats, contract: Contract, most: int | None = 5
) -> list[Reason]:
    """Return the reasons of one case, strongest first; all of them when `most` is None."""
    return next(reasons_of_many(contributions[None, :], row[None, :], contract, most))


def reasons_of_many(
    contributions: Floats,
    matrix: Matrix,
    contract: Contract,
    most: int | None = 5,
    say: Say | None = None,
) -> Iterator[list[Reason]]:
    """Yield the reasons of each row, strongest first.

    When no answer came back at all, the answers make one reason together, so that all reasons
    still add up to the estimate less the base. `say` makes the sentence of a field, `phrase_nl`
    unless told.
    """
    points, is_blank = collect_points(contributions * 100, matrix, contract)
    count = points.shape[1] if most is None else min(most, points.shape[1])
    order = find_strongest(points, count)
    describe = build_describer(contract, say or phrase_nl)
    shown = {blank: list_shown(contract, is_blank=blank) for blank in (False, True)}
    rows = zip(order.tolist(), points.tolist(), matrix.tolist(), is_blank.tolist(), strict=True)
    for places, found, values, blank in rows:
        counts = shown[blank]
        values.append(math.nan)  # of the questionnaire as a whole
        yield [describe(p, values[p], found[p]) for p in places if counts[p]]


def collect_points(
    points: Floats, matrix: Matrix, contract: Contract
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the points with a last column for a questionnaire that did not come back, and where.

    There the answers of their own are 0. A contract without answers has no such column.
    """
    answers = np.array(contract.answers, dtype=np.intp)
    if not len(answers):
        return points, np.zeros(len(points), dtype=np.bool_)
    is_blank = np.asarray(np.isnan(matrix[:, answers]).all(axis=1))
    together = np.where(is_blank, points[:, answers].sum(axis=1), 0.0)
    points = np.column_stack([points, together])
    points[np.ix_(np.flatnonzero(is_blank), answers)] = 0.0
    return points, is_blank


def find_strongest(points: Floats, count: int) -> NDArray[np.intp]:
    """Return the places of the `count` strongest contributions of each row, strongest first."""
    strength = -np.abs(points)
    if count == points.shape[1]:
        return np.argsort(strength, axis=1, kind="stable")
    kept = np.argpartition(strength, count - 1, axis=1)[:, :count]
    order = np.argsort(np.take_along_axis(strength, kept, axis=1), axis=1, kind="stable")
    return np.take_along_axis(kept, order, axis=1)


def list_shown(contract: Contract, *, is_blank: bool) -> list[bool]:
    """Tell of each field, and of the questionnaire as a whole, whether it is a reason."""
    return [*(not (is_blank and f.kind == "answer") for f in contract.fields), is_blank]


@lru_cache(maxsize=64)
def _get_said(fingerprint: str, say: Say) -> dict[tuple[int, float | None, bool], str]:  # noqa: ARG001
    return {}


def build_describer(contract: Contract, say: Say) -> Callable[[int, float, float], Reason]:
    """Return a function from place, value and points to a reason; it says a sentence once."""
    said, fields = _get_said(contract.fingerprint, say), contract.fields
    if len(said) > MOST_SAID:
        said.clear()

    def describe(place: int, value: float, points: float) -> Reason:
        if place == len(fields):
            return Reason(QUESTIONNAIRE, points, QUESTIONNAIRE_NL, changeable=True)
        field = fields[place]
        key = (place, None if math.isnan(value) else value, points >= 0)
        text = said.get(key)
        if text is None:
            text = said[key] = say(field, value, points)
        return Reason(field.name, points, text, field.changeable)

    return describe


def phrase_nl(field: Field, value: float, points: float) -> str:
    """Return the sentence of one contribution, from the value in the matrix."""
    if math.isnan(value):
        return f"{field.label_nl}: {value_nl(field, value)}"
    phrase = field.up_nl if points >= 0 else field.down_nl
    return phrase.format(label=field.label_nl, value=value_nl(field, value))


def name_nl(field: Field, value: float, points: float) -> str:  # noqa: ARG001
    """Return field and value without a verb, for a gain: phrases of the contract are on return."""
    return f"{field.label_nl}: {value_nl(field, value)}"


def value_nl(field: Field, value: float) -> str:
    """Return a value of the matrix as a person writes it: "57 jaar", "bediende", "ja"."""
    if math.isnan(value):
        return "niet beantwoord" if field.kind == "answer" else "niet bekend"
    if field.levels:
        return list(field.levels.values())[int(value)]
    if field.kind == "flag":
        return "ja" if value else "nee"
    number = f"{value:.0f}" if value == int(value) else f"{value:.1f}".replace(".", ",")
    return f"{number} {field.unit_nl}".strip()
