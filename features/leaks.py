"""The alarm for inputs that know the future: one that alone says more than a whole model should.

What is declared as known only later never gets this far: `known = "later"` refuses the contract.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from features.contract import Contract
from features.matrix import Matrix

# Whole models of return to work reach an AUC of 0.73 to 0.80 with a questionnaire and 0.64 to 0.70
# without one (Belgian and Norwegian studies); a single input that reaches this is known too late.
AUC_LIMIT = 0.75
# Half of those who return, the early ones: no single input of real injury leave tells them apart
# with more than 0.61, its total medical cost, which is known only afterwards, with 0.69 to 0.71.
EARLY_LIMIT = 0.67
ERRORS_FROM_LIMIT = 2.0  # standard errors; keeps small extracts from crying wolf
FEWEST_PER_SIDE = 20
BINS = 20


@dataclass(frozen=True)
class Suspect:
    """An input that tells the outcome too well, and what to do about it."""

    field: str
    auc: float
    what: str

    def __str__(self) -> str:
        """The warning that training shows."""
        return (
            f"{self.field} alone tells {self.what} with an AUC of {self.auc:.2f}, which nothing "
            "known on the screening day does: check when it is known, and leave it out of the "
            "contract if that is later"
        )


def find_suspects(
    matrix: Matrix,
    returned: NDArray[np.float64],
    contract: Contract,
    return_days: NDArray[np.float64] | None = None,
) -> list[Suspect]:
    """Return the inputs that are suspect, worst first.

    `returned` is 1, 0 or NaN where not known; `return_days` are NaN or infinite without a return.
    """
    found = list(_compare(matrix, returned, contract, "the outcome", AUC_LIMIT))
    if return_days is not None and np.isfinite(return_days).any():
        back = np.isfinite(return_days)
        early = np.full(len(back), np.nan)
        early[back] = return_days[back] <= np.median(return_days[back])
        known = {suspect.field for suspect in found}
        later = _compare(matrix, early, contract, "how soon people return", EARLY_LIMIT)
        found += [suspect for suspect in later if suspect.field not in known]
    return sorted(found, key=lambda suspect: -suspect.auc)


def _compare(
    matrix: Matrix, outcome: NDArray[np.float64], contract: Contract, what: str, limit: float
) -> Iterator[Suspect]:
    known = ~np.isnan(outcome)
    yes = outcome[known] == 1
    if min(yes.sum(), (~yes).sum()) < FEWEST_PER_SIDE:
        return
    for place, f in enumerate(contract.fields):
        auc = _measure(matrix[known, place], yes, ordered=not f.levels)
        if auc - ERRORS_FROM_LIMIT * find_auc_error(auc, yes) > limit:
            yield Suspect(f.name, auc, what)


def _measure(values: NDArray[np.float64], yes: NDArray[np.bool_], *, ordered: bool) -> float:
    """Return the AUC of the values as they stand, or of the rate of their bin if that is higher."""
    binned = _find_auc(_rate_by_bin(_find_bins(values, ordered=ordered), yes), yes)
    there = ~np.isnan(values)
    sides = yes[there]
    if not ordered or min(sides.sum(), (~sides).sum()) < FEWEST_PER_SIDE:
        return binned
    auc = _find_auc(values[there], sides)
    return max(binned, auc, 1 - auc)


def _find_bins(values: NDArray[np.float64], *, ordered: bool) -> NDArray[np.int64]:
    """Number the levels, or twentieths of the values; a gap is a bin, as it may tell as much."""
    gap = np.isnan(values)
    codes = np.zeros(len(values), dtype=np.int64)
    if ordered and not gap.all():
        edges = np.unique(np.quantile(values[~gap], np.linspace(0, 1, BINS + 1)[1:-1]))
        codes[~gap] = 1 + np.searchsorted(edges, values[~gap], side="left")
    else:
        codes[~gap] = 1 + values[~gap].astype(np.int64)
    return codes


def _rate_by_bin(bins: NDArray[np.int64], yes: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return for each row the rate of its bin among the other half of the rows."""
    half = np.arange(len(yes)) % 2 == 0
    rates = np.empty(len(yes))
    for one in (half, ~half):
        times = np.bincount(bins[one], minlength=bins.max() + 1)
        hits = np.bincount(bins[one], weights=yes[one], minlength=bins.max() + 1)
        rates[~one] = ((hits + yes.mean()) / (times + 1))[bins[~one]]
    return rates


def _find_auc(scores: NDArray[np.float64], yes: NDArray[np.bool_]) -> float:
    ranks = rankdata(scores)
    hits, misses = int(yes.sum()), int((~yes).sum())
    return float((ranks[yes].sum() - hits * (hits + 1) / 2) / (hits * misses))


def find_auc_error(auc: float, yes: NDArray[np.bool_]) -> float:
    """Return the standard error of an AUC (Hanley and McNeil, 1982)."""
    hits, misses = int(yes.sum()), int((~yes).sum())
    both_hit, both_miss = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = (
        auc * (1 - auc) + (hits - 1) * (both_hit - auc**2) + (misses - 1) * (both_miss - auc**2)
    )
    return float(np.sqrt(spread / (hits * misses)))
