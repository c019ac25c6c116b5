"""The strongest reasons of many cases as columns of codes: each sentence is made once.

The same choice, order and sentences as `reasons_of_many` gives case by case.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.contract import Contract
from features.matrix import Matrix
from models.reasons import (
    QUESTIONNAIRE,
    Say,
    build_describer,
    collect_points,
    find_strongest,
    list_shown,
    phrase_nl,
)

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
NONE = -1


@dataclass(frozen=True)
class ReasonColumns:
    """Reasons of cases, strongest first: rows x reasons, and what the codes stand for.

    Where a case has fewer reasons its codes are -1 and its points are NaN.
    """

    field: Places  # places in `fields`
    points: Floats  # percentage points
    text: Places  # places in `texts`
    fields: tuple[str, ...]
    texts: tuple[str, ...]


def build_columns(
    contributions: Floats, matrix: Matrix, contract: Contract, most: int, say: Say = phrase_nl
) -> ReasonColumns:
    """Return the reasons of each row; a contribution of 0, or not known, is no reason."""
    points, is_blank = collect_points(np.nan_to_num(contributions, nan=0.0) * 100, matrix, contract)
    width = len(contract.fields)
    places = find_strongest(points, min(most, points.shape[1]))
    found = np.take_along_axis(points, places, axis=1)
    shown = np.array([list_shown(contract, is_blank=blank) for blank in (False, True)])
    counts = shown[is_blank.astype(np.intp)[:, None], places] & (found != 0)
    if not counts.all():  # those that count move to the front
        order = np.argsort(~counts, axis=1, kind="stable")
        places, found, counts = (
            np.take_along_axis(one, order, axis=1) for one in (places, found, counts)
        )
    values = np.take_along_axis(matrix, np.minimum(places, width - 1), axis=1)
    values[places == width] = np.nan  # of the questionnaire as a whole
    text, texts = _say_once(places, values, found, counts, contract, say)
    return ReasonColumns(
        field=_fill_up(np.where(counts, places, NONE), most, NONE),
        points=_fill_up(np.where(counts, found, np.nan), most, np.nan),
        text=_fill_up(text, most, NONE),
        fields=(*contract.names, QUESTIONNAIRE),
        texts=texts,
    )


def _say_once(
    places: Places,
    values: Floats,
    points: Floats,
    counts: NDArray[np.bool_],
    contract: Contract,
    say: Say,
) -> tuple[Places, tuple[str, ...]]:
    """Return which sentence each reason has, and the sentences: one per field, value and sign."""
    value_codes, known = pd.factorize(values[counts])  # what is missing has code -1
    ways = 2 * (len(contract.fields) + 1)
    keys = (value_codes + 1) * ways + 2 * places[counts] + (points[counts] >= 0)
    codes, each = pd.factorize(keys)
    describe = build_describer(contract, say)
    spoken = np.append(np.nan, known)
    texts = tuple(
        describe(key % ways // 2, value, 1.0 if key % 2 else -1.0).text_nl
        for key, value in zip(each.tolist(), spoken[each // ways].tolist(), strict=True)
    )
    text = np.full(places.shape, NONE)
    text[counts] = codes
    return text, texts


def _fill_up(found: NDArray[Any], most: int, nothing: float) -> NDArray[Any]:
    """Return as many columns as were asked for, where a contract has fewer fields."""
    return np.pad(found, ((0, 0), (0, most - found.shape[1])), constant_values=nothing)
