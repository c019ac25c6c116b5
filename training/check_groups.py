"""What the audit for fairness could tell of each group, before anything is trained.

The error rates that an audit compares are unknown until there is a model. `[check] error_rate`
stands in for them; what is known is how many people each group brings.
"""

from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from scipy.stats import norm

from features.cohort import Screenings
from features.tables import Extract
from models.fairness import FairnessConfig
from training.config import CheckConfig
from training.groups import list_groups
from training.traits import Bools, count_persons, find_hidden

FAMILIES = 2  # groups of one attribute, and of pairs: the chance of a false alarm is shared
RATIOS = np.arange(1.0, 8.0, 0.05)
INTERVAL = 0.975


@dataclass(frozen=True)
class GroupOutlook:
    """One group of the test window: its size, and what could be found of it.

    `persons` is None where there are too few to show. `lost` are those known not to have returned,
    in whom an error can show. `smallest_gap` is the ratio of its error rate to that of all others
    that would be found with the power set, None where the group is too small to be judged or where
    no such gap is possible; `can_pass` tells whether equal treatment could be told as such.
    """

    attribute: str
    group: str
    persons: int | None
    lost: int | None
    is_refused: bool
    smallest_gap: float | None
    can_pass: bool


def look_at_groups(
    extract: Extract, tested: Screenings, config: FairnessConfig, likely: CheckConfig
) -> list[GroupOutlook]:
    """Return every group of the test window (`training.fairness.take_tested`), as an audit does."""
    groups = list_groups(extract, tested, config)
    cells = [(name, label) for name, labels in groups.items() for label in sorted(set(labels))]
    alarm = config.false_alarms / FAMILIES / max(len(cells), 1)
    found = []
    for name, labels in groups.items():
        names = sorted(set(labels))
        parts = [np.asarray(labels == label) for label in names]
        hidden = find_hidden(parts, tested.person)
        for label, rows, is_hidden in zip(names, parts, hidden, strict=True):
            shown = (name, label or "unknown", is_hidden)
            found.append(_look(shown, rows, tested, config, likely, alarm))
    return found


def count_fewest_lost(config: FairnessConfig, likely: CheckConfig) -> int:
    """Return about how many of a group must be known not to have returned, for it to be judged."""
    return max(config.smallest_group, ceil(config.fewest_events / likely.error_rate))


def _look(
    shown: tuple[str, str, bool],
    rows: Bools,
    tested: Screenings,
    config: FairnessConfig,
    likely: CheckConfig,
    alarm: float,
) -> GroupOutlook:
    name, label, is_hidden = shown
    lost = tested.returned == 0
    count, others = int((lost & rows).sum()), int((lost & ~rows).sum())
    persons = count_persons(tested.person, rows)
    # as in models.fairness: errors enough to be expected among all rows of the group
    expected = rows.sum() * likely.error_rate * lost.mean()
    is_refused = persons < config.smallest_group
    can_judge = not is_refused and min(expected, others * likely.error_rate) >= config.fewest_events
    can_judge = can_judge and count >= config.smallest_group
    return GroupOutlook(
        name,
        label,
        None if is_hidden else persons,
        None if is_hidden or count_persons(tested.person, rows & lost) < 5 else count,
        is_refused,
        find_smallest_gap(count, others, alarm, likely) if can_judge else None,
        can_judge and can_pass(count, others, config.most_ratio, likely.error_rate),
    )


def find_smallest_gap(count: int, others: int, alarm: float, likely: CheckConfig) -> float:
    """Return the smallest ratio of error rates that is found with the power set; inf for none.

    The power of a test of two proportions on one side (Fleiss, Levin and Paik 2003, section 4.2),
    at the chance `alarm` of a false alarm.
    """
    rate = likely.error_rate
    higher = np.minimum(RATIOS * rate, 1.0)
    both = (count * higher + others * rate) / (count + others)
    alike = np.sqrt(both * (1 - both) * (1 / count + 1 / others))
    apart = np.sqrt(higher * (1 - higher) / count + rate * (1 - rate) / others)
    bar = norm.isf(alarm) * alike
    power: Any = norm.cdf((higher - rate - bar) / np.maximum(apart, 1e-12))
    is_found = (power >= likely.power) & (RATIOS * rate <= 1)
    return float(RATIOS[np.argmax(is_found)]) if is_found.any() else float("inf")


def can_pass(count: int, others: int, most_ratio: float, rate: float) -> bool:
    """Tell whether the interval of a ratio of 1 would end below the limit.

    The logarithm of a ratio of rates has the variance (1 - rate) / events on either side (Katz,
    Baptista, Azen and Pike 1978).
    """
    spread = np.sqrt((1 - rate) / rate * (1 / count + 1 / others))
    return bool(norm.ppf(INTERVAL) * spread <= np.log(most_ratio))
