"""Whether a group surely fares worse than the others, with all groups of a release in mind."""

import numpy as np
from numpy.typing import NDArray

from models.fairness_sums import Totals
from models.group_draws import Cells, Places, deal_anew

Floats = NDArray[np.float64]


def find_chances(
    totals: Totals,
    cells: Cells,
    can_judge: NDArray[np.bool_],
    person: Places,
    deals: int,
    seed: int,
) -> Floats:
    """Return per cell and compared rate how often its excess would be seen were all groups alike.

    The excess is what a group has too much of (`Totals.compared`) less that of all others of its
    partition, in standard errors. People are dealt over the groups anew, with all their attributes
    together, and the largest excess of any group in the family is noted (Westfall and Young 1993):
    the chance is that of one false alarm in the family. Exact where groups have nothing to do with
    estimates and outcomes; in standard errors, it is right for many cases where only the rates are
    alike (Chung and Romano 2013).
    """
    values, wholes = _list_values(totals)
    found = _find_excess(cells.add_up(values), wholes)
    most = np.full((deals, 3), -np.inf)
    families = [family for family in (1, 2) if can_judge[cells.family == family].any()]
    for number, order in enumerate(deal_anew(person, deals if families else 0, seed)):
        excess = _find_excess(cells.add_up(values[order]), wholes)
        for family in families:
            rows = cells.family == family
            most[number, family] = excess[rows][can_judge[rows]].max()
    chances = np.ones(found.shape)
    for family in families:
        rows = cells.family == family
        above = (most[:, family, None, None] >= found[rows] - 1e-9).sum(axis=0)
        chances[rows] = (1 + above) / (1 + deals)
    return np.where(can_judge, chances, 1.0)


def _list_values(totals: Totals) -> tuple[Floats, Floats]:
    """Return per row, for each compared rate, what it has too many, its square, and its weight."""
    above, below = totals.compared, totals.under
    overall = above.sum(axis=0) / np.maximum(below.sum(axis=0), 1e-300)
    left = above - overall * below
    values = np.concatenate([left, left**2, below], axis=1)
    return values, values.sum(axis=0)


def _find_excess(sums: Floats, wholes: Floats) -> Floats:
    """Return the excess of each cell over the rest of its partition, in standard errors.

    A side without errors seems to have no spread: none has less than its share of that of all.
    """
    rates = []
    (_, all_square, all_mass) = np.split(wholes, 3)
    for side in (sums, wholes - sums):
        many, square, mass = np.split(side, 3, axis=1)
        mass = np.maximum(mass, 1e-9)
        square = np.maximum(square, all_square * mass / np.maximum(all_mass, 1e-9))
        rates.append((many / mass, square / mass**2))
    (rate, variance), (other, other_variance) = rates
    error = np.sqrt(variance + other_variance)
    excess: Floats = np.where(error > 0, (rate - other) / np.maximum(error, 1e-300), 0.0)
    return excess
