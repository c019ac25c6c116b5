"""What a ranking would bring if its first share got support: Qini, AUUC, and value at a capacity.

Everything rests on doubly robust scores: the mean score of any group that was chosen without
looking at support or outcome estimates the mean gain of that group (Athey and Wager 2021). With
rows that a model has not learnt from, so does the mean over the first share of its ranking.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.effects import Effects
from training.evaluate import Measured, NothingToMeasureError, bound, draw_persons

Floats = NDArray[np.float64]
MODEL, TREE, OBSERVED = "gain", "tree", "observed"
FEWEST_PERSONS = 20  # an interval from fewer persons drawn again is too narrow to be believed


@dataclass(frozen=True)
class PolicyRows:
    """Rows of a target trial as what they say of the worth of support.

    `score` is the doubly robust score of the row's own gain. `brought` has as its mean what the
    support that was really given brought, spread over all rows: (T - e) / (1 - e) times what is
    left of the outcome. The scores of the supported rows alone would not tell it: they hold the
    outcome of one arm only, and are right on average over both. `weight` is for censoring.
    """

    score: Floats
    brought: Floats
    supported: Floats
    weight: Floats
    person: NDArray[np.int64]

    @classmethod
    def of(cls, effects: Effects, gain: Floats | float) -> "PolicyRows":
        """Return the rows of a trial; `gain` is a guess of each row's gain by other persons."""
        return cls(
            effects.score(gain),
            effects.exposure / (1 - effects.chance) * effects.residual,
            effects.supported,
            effects.sample.weight,
            effects.sample.person,
        )


@dataclass(frozen=True)
class Policies:
    """Figures of rankings on the same rows; probabilities, per person who could have started.

    The uplift curve of a ranking tells, at share s, what supporting the first s of all brings.
    `qini_NAME` is the area between that curve and the line of chance, `auuc_NAME` the whole area
    under it (Radcliffe 2007; with doubly robust scores Yadlowsky and others 2025).
    `value_NAME_PERCENT` is the curve at a capacity, and `gain_less_NAME_PERCENT` that of the
    model's ranking less it.
    `kept_tree_PERCENT` is the part of the model's value that the tree keeps, if the model's ranking
    is surely worth something. `share_observed` is the share that support was really given to,
    `value_observed` what it brought, `value_gain_observed` what the model's ranking would have
    brought for as many.
    """

    figures: dict[str, Measured]
    rankings: tuple[str, ...]
    capacities: tuple[float, ...]
    left_out: tuple[str, ...]


def measure_policies(
    rows: PolicyRows,
    rankings: Mapping[str, Floats],
    capacities: tuple[float, ...],
    resamples: int,
    seed: int,
    left_out: tuple[str, ...] = (),
) -> Policies:
    """Return the figures of each ranking: the highest are supported first, NaN last.

    Among equals a lot decides, and each counts for its chance: a ranking that says the same of all
    is a lot, with a Qini of exactly 0. Intervals come from persons drawn again, the same for all
    rankings, so that differences are measured within each draw. Raises NothingToMeasureError.
    """
    _check_rows(rows)
    curves = {name: _Ranking(key, rows.score) for name, key in rankings.items()}
    value = _measure_once(rows, curves, capacities, rows.weight)
    again = [
        _measure_once(rows, curves, capacities, rows.weight * times)
        for times in draw_persons(rows.person, resamples, seed)
    ]
    figures = {
        name: bound(found, [draw[name] for draw in again if name in draw])
        for name, found in value.items()
    }
    if not value[f"share_{OBSERVED}"]:
        figures = {name: one for name, one in figures.items() if OBSERVED not in name}
        left_out = (*left_out, "the referrals that happened: nobody was supported")
    return Policies(_drop_unsure(figures), tuple(rankings), capacities, left_out)


def _check_rows(rows: PolicyRows) -> None:
    persons = len(np.unique(rows.person[rows.weight > 0]))
    if persons < FEWEST_PERSONS:
        raise NothingToMeasureError(
            f"the trial holds {persons} persons with a known outcome: what a ranking brings needs "
            f"{FEWEST_PERSONS} or more"
        )


class _Ranking:
    """A ranking as groups of equals, highest first; gives its uplift curve for any weights."""

    def __init__(self, key: Floats, score: Floats) -> None:
        self.place = np.unique(-key, return_inverse=True)[1]
        self.score = score

    def draw(self, weight: Floats) -> tuple[Floats, Floats]:
        """Return the curve: share supported, and what it brings per person of all."""
        mass = np.cumsum(np.bincount(self.place, weights=weight))
        hits = np.cumsum(np.bincount(self.place, weights=weight * self.score))
        return np.append(0.0, mass / mass[-1]), np.append(0.0, hits / mass[-1])


def _measure_once(
    rows: PolicyRows,
    curves: Mapping[str, _Ranking],
    capacities: tuple[float, ...],
    weight: Floats,
) -> dict[str, float]:
    given = float(np.average(rows.supported, weights=weight))
    found = {
        f"share_{OBSERVED}": given,
        f"value_{OBSERVED}": float(np.average(rows.brought, weights=weight)),
    }
    at = [*capacities, given]
    keys = [*map(percent, capacities), OBSERVED]
    for name, curve in curves.items():
        share, brings = curve.draw(weight)
        area = float((np.diff(share) * (brings[1:] + brings[:-1])).sum() / 2)
        found[f"qini_{name}"] = area - float(share[-1] * brings[-1]) / 2
        found[f"auuc_{name}"] = area
        values = np.interp(at, share, brings)
        found |= {f"value_{name}_{key}": float(v) for key, v in zip(keys, values, strict=True)}
    return found | _compare(found, list(curves), keys)


def _compare(found: dict[str, float], names: list[str], keys: list[str]) -> dict[str, float]:
    """Return the value of the model's ranking less each other, and the part that the tree keeps."""
    if MODEL not in names:
        return {}
    less = {
        f"{MODEL}_less_{name}_{key}": found[f"value_{MODEL}_{key}"] - found[f"value_{name}_{key}"]
        for name in names
        for key in keys
        if name != MODEL
    }
    own = f"value_{MODEL}_{OBSERVED}"
    less[f"{MODEL}_less_{OBSERVED}"] = found[own] - found[f"value_{OBSERVED}"]
    if TREE in names:
        less |= {
            f"kept_{TREE}_{key}": found[f"value_{TREE}_{key}"] / found[f"value_{MODEL}_{key}"]
            for key in keys
            if found[f"value_{MODEL}_{key}"]
        }
    return less


def _drop_unsure(figures: dict[str, Measured]) -> dict[str, Measured]:
    """Leave out what the tree keeps where the model's ranking may well be worth nothing."""
    qini = figures.get(f"qini_{MODEL}")
    is_sure = qini is not None and qini.low > 0
    return {
        name: one
        for name, one in figures.items()
        if not name.startswith("kept_")
        or (is_sure and figures[name.replace(f"kept_{TREE}", f"value_{MODEL}")].low > 0)
    }


def percent(share: float) -> str:
    """Return a share as the name of a figure writes it: 0.08 is "8"."""
    return f"{100 * share:g}"


def plain(policies: Policies) -> dict[str, Any]:
    """Return plain numbers, [value, low, high] per figure, and what was left out."""
    figures = {name: one.plain() for name, one in policies.figures.items()}
    return {"figures": figures, "left_out": list(policies.left_out)}


LABELS = {
    MODEL: "estimated gain",
    TREE: "tree of depth 3",
    "random": "a lot",
    "longest_waiting": "longest absent",
    "lowest_p_usual": "lowest chance without support",
    "own_expectation": "own expectation not to return",
    OBSERVED: "the referrals that happened",
}


def tabulate(policies: Policies) -> str:
    """Return Markdown: what each ranking brings, and the model's ranking less each other."""
    figures = policies.figures
    heads = {percent(share): f"{percent(share)} %" for share in policies.capacities}
    if given := figures.get(f"share_{OBSERVED}"):
        heads[OBSERVED] = f"{100 * given.value:.1f} %, as happened"
    qini = {_label(name): [f"qini_{name}", f"auuc_{name}"] for name in policies.rankings}
    parts = [
        "Extra returns per 100 who could have started, if the first share got support:",
        _lay_out("supported first", list(heads.values()), _name_values(policies, heads), figures),
        "Over all shares, per 100 (Qini: above the line of chance; AUUC: the whole area):",
        _lay_out("supported first", ["Qini", "AUUC"], qini, figures),
        *_tell_kept(figures, heads),
        *(f"Left out: {one}." for one in policies.left_out),
    ]
    return "\n\n".join(parts)


def _label(name: str) -> str:
    return LABELS.get(name, name)


def _name_values(policies: Policies, heads: dict[str, str]) -> dict[str, list[str]]:
    """Return the figures of each line of the table of values; "" for an empty cell."""
    rows = {_label(name): [f"value_{name}_{key}" for key in heads] for name in policies.rankings}
    others = [name for name in policies.rankings if name != MODEL]
    less = {
        f"gain less: {_label(name)}": [f"{MODEL}_less_{name}_{key}" for key in heads]
        for name in others
    }
    if OBSERVED in heads:
        blank = [""] * len(policies.capacities)
        rows[_label(OBSERVED)] = [*blank, f"value_{OBSERVED}"]
        less[f"gain less: {_label(OBSERVED)}"] = [*blank, f"{MODEL}_less_{OBSERVED}"]
    return rows | less


def _lay_out(
    corner: str, heads: list[str], rows: dict[str, list[str]], figures: dict[str, Measured]
) -> str:
    lines = [f"| {corner} | " + " | ".join(heads) + " |", "| --- |" + " --- |" * len(heads)]
    for label, names in rows.items():
        shown = (_show(figures[name]) if name in figures else "" for name in names)
        lines.append(f"| {label} | " + " | ".join(shown) + " |")
    return "\n".join(lines)


def _show(one: Measured) -> str:
    return f"{100 * one.value:.2f} ({100 * one.low:.2f} to {100 * one.high:.2f})"


def _tell_kept(figures: dict[str, Measured], heads: dict[str, str]) -> list[str]:
    """Return which part of the model's value the tree keeps, where the model surely has any."""
    kept = {head: figures.get(f"kept_{TREE}_{key}") for key, head in heads.items()}
    told = [
        f"{one.value:.0%} ({one.low:.0%} to {one.high:.0%}) at {head}"
        for head, one in kept.items()
        if one
    ]
    return [f"The tree of depth 3 keeps of the model's value: {', '.join(told)}."] if told else []
