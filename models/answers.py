"""Which answers people give: what a question that is still open may bring."""

from dataclasses import dataclass

import numpy as np

from features.contract import Contract
from features.matrix import Matrix

# three points that stand for a whole distribution: Swanson's rule, 30 % - 40 % - 30 %
QUANTILES = (0.1, 0.5, 0.9)
QUANTILE_SHARES = (0.3, 0.4, 0.3)


@dataclass(frozen=True)
class AnswerTable:
    """For each question that somebody answered: its place in the matrix, values and their shares.

    A scale has its 10, 50 and 90 % quantiles, an answer in steps every step that was given.
    """

    columns: tuple[int, ...]
    values: tuple[tuple[float, ...], ...]
    shares: tuple[tuple[float, ...], ...]


def collect_answers(contract: Contract, matrix: Matrix) -> AnswerTable:
    """Return the answers of all rows of a matrix."""
    columns, values, shares = [], [], []
    for column in contract.answers:
        given = matrix[:, column]
        given = given[~np.isnan(given)]
        if not len(given):
            continue
        if contract.fields[column].levels:
            found, count = np.unique(given, return_counts=True)
            share = tuple(float(c) for c in count / len(given))
        else:
            found, share = np.quantile(given, QUANTILES), QUANTILE_SHARES
        columns.append(column)
        values.append(tuple(float(v) for v in found))
        shares.append(share)
    return AnswerTable(tuple(columns), tuple(values), tuple(shares))
