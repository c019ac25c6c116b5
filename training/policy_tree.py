"""A tree of depth 3 that says who gets support first, as rules that a committee can read.

It is distilled from the model's gain. Learnt from the doubly robust scores instead it kept less of
the true gain: their noise leads the first splits astray.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeRegressor

from features.contract import Contract, Field
from features.matrix import Matrix
from models.baseline import TREE_DEPTH
from models.levels import find_categories
from models.reasons import value_nl
from training.evaluate import Measured, bound, draw_persons
from training.policy import FEWEST_PERSONS, PolicyRows

Floats = NDArray[np.float64]
Column = tuple[int, int | None]  # a field's place, and of a category the level that it asks for
SMALLEST_SHARE_IN_LEAF = 0.05  # smaller rules were no better, and rest on few supported persons
LEAST_OF_A_SPLIT = 0.02  # of the variance of the gain; smaller splits made rules, not value


@dataclass(frozen=True)
class PolicyTree:
    """A fitted tree; categories are asked level by level."""

    contract: Contract
    columns: tuple[Column, ...]
    steps: DecisionTreeRegressor

    def predict(self, matrix: Matrix) -> Floats:
        """Return the gain of each row's leaf, as learnt."""
        gain: Floats = self.steps.predict(_ask(matrix, self.columns))
        return gain

    def find_leaves(self, matrix: Matrix) -> NDArray[np.intp]:
        """Return the number of each row's leaf."""
        return np.asarray(self.steps.apply(_ask(matrix, self.columns)), dtype=np.intp)


def fit_policy_tree(contract: Contract, matrix: Matrix, gain: Floats, weight: Floats) -> PolicyTree:
    """Return the tree nearest to the model's gain; one leaf where that is the same for all."""
    categories = find_categories(contract)
    columns: list[Column] = []
    for place, field in enumerate(contract.fields):
        levels = range(len(field.levels)) if place in categories else [None]
        columns += [(place, level) for level in levels]
    variance = float(np.average((gain - np.average(gain, weights=weight)) ** 2, weights=weight))
    steps = DecisionTreeRegressor(
        max_depth=TREE_DEPTH,
        min_samples_leaf=SMALLEST_SHARE_IN_LEAF,
        min_impurity_decrease=LEAST_OF_A_SPLIT * variance,
        random_state=0,
    )
    steps.fit(_ask(matrix, tuple(columns)), gain, weight)
    return PolicyTree(contract, tuple(columns), steps)


def _ask(matrix: Matrix, columns: tuple[Column, ...]) -> Matrix:
    """Return one column per question: numbers as they are, levels as 1 for yes."""
    asked = [
        matrix[:, place] if level is None else (matrix[:, place] == level).astype(float)
        for place, level in columns
    ]
    return np.column_stack(asked)


@dataclass(frozen=True)
class Rule:
    """A leaf: whom it holds, and their mean gain by doubly robust scores.

    `gain` is None where the leaf holds too few persons to measure it.
    """

    conditions_nl: tuple[str, ...]
    persons: int
    share: float
    gain: Measured | None

    def plain(self) -> dict[str, Any]:
        """Return plain values for the bundle."""
        return {
            "conditions_nl": list(self.conditions_nl),
            "persons": self.persons,
            "share": round(self.share, 6),
            "gain": self.gain.plain() if self.gain else None,
        }


def list_rules(
    tree: PolicyTree, matrix: Matrix, rows: PolicyRows, resamples: int, seed: int
) -> list[Rule]:
    """Return the rules, who gets support first in front, measured on rows not learnt from."""
    told = dict(_walk(tree))
    numbers = np.array(sorted(told))
    place = np.searchsorted(numbers, tree.find_leaves(matrix))
    value = _average(place, rows, rows.weight, len(numbers))
    again = np.array(
        [
            _average(place, rows, rows.weight * times, len(numbers))
            for times in draw_persons(rows.person, resamples, seed)
        ]
    ).reshape(-1, len(numbers))
    learnt = tree.steps.tree_.value[numbers, 0, 0]
    return [
        _build_rule(
            told[int(numbers[leaf])], place == leaf, rows, float(value[leaf]), again[:, leaf]
        )
        for leaf in np.argsort(-learnt, kind="stable")
    ]


def _build_rule(
    conditions_nl: tuple[str, ...],
    inside: NDArray[np.bool_],
    rows: PolicyRows,
    value: float,
    again: Floats,
) -> Rule:
    persons = len(np.unique(rows.person[inside]))
    share = float(rows.weight[inside].sum() / rows.weight.sum())
    gain = bound(value, again[~np.isnan(again)].tolist()) if persons >= FEWEST_PERSONS else None
    return Rule(conditions_nl, persons, share, gain)


def _average(place: NDArray[np.intp], rows: PolicyRows, weight: Floats, count: int) -> Floats:
    """Return the mean score of each leaf; NaN where it holds nobody."""
    mass = np.bincount(place, weights=weight, minlength=count)
    sums = np.bincount(place, weights=weight * rows.score, minlength=count)
    means: Floats = np.divide(sums, mass, out=np.full(count, np.nan), where=mass > 0)
    return means


@dataclass(frozen=True)
class _Range:
    """What the questions on one column leave open: above `low`, up to `high`, or missing."""

    low: float
    high: float
    missing: bool


def _walk(tree: PolicyTree) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield each leaf with its conditions in words."""
    nodes = tree.steps.tree_
    waiting: list[tuple[int, dict[Column, _Range]]] = [(0, {})]
    while waiting:
        number, path = waiting.pop()
        left, right = int(nodes.children_left[number]), int(nodes.children_right[number])
        if left < 0:
            yield number, tuple(_describe(tree.contract, path))
            continue
        column, limit = tree.columns[nodes.feature[number]], float(nodes.threshold[number])
        seen = path.get(column, _Range(-inf, inf, missing=True))
        goes_left = bool(nodes.missing_go_to_left[number])
        below = _Range(seen.low, min(seen.high, limit), seen.missing and goes_left)
        above = _Range(max(seen.low, limit), seen.high, seen.missing and not goes_left)
        waiting += [(left, path | {column: below}), (right, path | {column: above})]


def _describe(contract: Contract, path: dict[Column, _Range]) -> Iterator[str]:
    """Yield one condition per field."""
    for place in dict.fromkeys(place for place, _ in path):
        field = contract.fields[place]
        if (place, None) in path:
            meant = _describe_range(field, path[place, None])
        else:
            meant = _describe_levels(field, {n: r for (at, n), r in path.items() if at == place})
        yield f"{field.label_nl}: {meant}"


def _describe_levels(field: Field, asked: dict[int | None, _Range]) -> str:
    """Return the level that was found, or else those that were ruled out."""
    levels = {level: found for level, found in asked.items() if level is not None}
    is_yes = [value_nl(field, level) for level, found in levels.items() if found.low > 0]
    is_no = [f"niet {value_nl(field, level)}" for level in levels]
    return is_yes[0] if is_yes else " en ".join(is_no)


def _describe_range(field: Field, found: _Range) -> str:
    """Return which values are meant, and whether no value is among them."""
    unknown = value_nl(field, np.nan)
    if found.low == inf:
        return unknown
    if (found.low, found.high) == (-inf, inf):
        return unknown.removeprefix("niet ")
    if field.levels or field.kind == "flag":
        codes = range(len(field.levels) or 2)
        meant = [value_nl(field, code) for code in codes if found.low < code <= found.high]
    else:
        meant = [_describe_bounds(field, found)]
    return " of ".join([*meant, unknown] if found.missing and field.missing else meant)


def _describe_bounds(field: Field, found: _Range) -> str:
    low, high = _number(found.low), _number(found.high)
    if field.integer:
        low, high = _number(np.floor(found.low) + 1), _number(np.floor(found.high))
    above = f"vanaf {low}" if field.integer else f"meer dan {low}"
    bounds = [above] if found.low > -inf else []
    bounds += [f"hoogstens {high}"] if found.high < inf else []
    return f"{' en '.join(bounds)} {field.unit_nl}".strip()


def _number(value: float) -> str:
    return f"{value:.6g}".replace(".", ",")


def tell_rules_nl(rules: list[Rule]) -> str:
    """Return the rules as a numbered list in Dutch: who gets support first, and what it brings."""
    return "\n".join(_tell_rule_nl(place, rule) for place, rule in enumerate(rules, 1))


def _tell_rule_nl(place: int, rule: Rule) -> str:
    who = "\n   en ".join(rule.conditions_nl) or "iedereen"
    persons = f"{rule.persons:,}".replace(",", ".")
    share = f"{100 * rule.share:.1f} %".replace(".", ",")
    if rule.gain is None:
        gain = "te weinig personen om de meerwaarde te meten"
    else:
        value, low, high = (
            f"{100 * number:+.1f}".replace(".", ",")
            for number in (rule.gain.value, rule.gain.low, rule.gain.high)
        )
        gain = f"meerwaarde {value} op 100 (95 %-interval {low} tot {high})"
    return f"{place}. {who}\n   {gain}; {persons} personen, {share}"
