"""Draws as a page and a store take them: means, quantiles, chances, notes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.intake.flow import COHORT_STEPS, Flow, Waiting
from models.intake.paths import LEVELS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ALL = "all"
SPANS = (3, 12)  # months: a quarter to staff, a year to plan


def tell_measure(total: Floats, drawn: Floats, regions: tuple[str, ...]) -> dict[str, Any]:
    """Return mean and quantiles per month of all regions together and of each."""
    draws, _, months = drawn.shape
    parts = np.concatenate([total[:, None, :], drawn], axis=1).reshape(draws, -1)
    rows = np.sort(np.ascontiguousarray(parts.T), axis=1)  # one sort serves all quantiles
    mean = rows.mean(axis=1).reshape(-1, months)
    quantiles = _find_quantiles(rows).reshape(len(LEVELS), -1, months)
    return {
        name: {
            "mean": _round(mean[place]),
            "q": {
                f"{level:g}": _round(row[place])
                for level, row in zip(LEVELS, quantiles, strict=True)
            },
        }
        for place, name in enumerate((ALL, *regions))
    }


def _find_quantiles(rows: Floats) -> Floats:
    """Return quantiles of sorted rows, straight between draws as numpy has them."""
    place = np.array(LEVELS) * (rows.shape[1] - 1)
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, rows.shape[1] - 1)
    part = place - below
    return np.asarray((rows[:, below] * (1 - part) + rows[:, above] * part).T)


def tell_sums(drawn: Floats, regions: tuple[str, ...]) -> dict[str, Any]:
    """Return mean and quantiles of the first 3 and 12 months together, by number of months.

    The quantile of a sum is not the sum of quantiles: months that lie wrong do so together.
    """
    found = {}
    for months in SPANS:
        if months <= drawn.shape[2]:
            whole = drawn[..., :months].sum(axis=2, keepdims=True)
            told = tell_measure(whole.sum(axis=1), whole, regions)
            found[str(months)] = {name: _single(one) for name, one in told.items()}
    return found


def _single(told: dict[str, Any]) -> dict[str, Any]:
    return {"mean": told["mean"][0], "q": {level: row[0] for level, row in told["q"].items()}}


def _round(values: Floats) -> list[float]:
    rounded: list[float] = np.round(values, 2).tolist()
    return rounded


def tell_known(known: Floats, expected: Floats, regions: tuple[str, ...]) -> dict[str, list[float]]:
    """Return the share of expected starts that comes from known cases, per month."""
    parts = [(known.sum(axis=0), expected.sum(axis=0)), *zip(known, expected, strict=True)]
    shares = [
        np.divide(part, whole, out=np.zeros_like(part), where=whole > 0) for part, whole in parts
    ]
    return {
        name: [round(float(one), 4) for one in np.minimum(share, 1)]
        for name, share in zip((ALL, *regions), shares, strict=True)
    }


def tell_breaks(
    caseload: Floats, capacity: Ints | None, months: list[str], regions: tuple[str, ...]
) -> dict[str, dict[str, Any]]:
    """Return the first month in which more are open than there are places in most draws.

    `p` is the chance that it happens in any month of the horizon; None where no limit is known.
    """
    if capacity is None:
        return {name: {"month": None, "p": None} for name in (ALL, *regions)}
    parts = list(zip(np.moveaxis(caseload, 1, 0), capacity.tolist(), strict=True))
    limited = -1 if (capacity < 0).any() else int(capacity.sum())
    whole = (np.asarray(caseload.sum(axis=1)), limited)
    return {
        name: _find_break(drawn, places, months)
        for name, (drawn, places) in zip((ALL, *regions), [whole, *parts], strict=True)
    }


def _find_break(drawn: Floats, places: int, months: list[str]) -> dict[str, Any]:
    if places < 0:
        return {"month": None, "p": None}
    over = drawn > places
    most = np.flatnonzero(over.mean(axis=0) > 0.5)
    return {
        "month": months[most[0]] if len(most) else None,
        "p": round(float(over.any(axis=1).mean()), 4),
    }


def tell_capacity(capacity: Ints | None, regions: tuple[str, ...]) -> dict[str, int | None] | None:
    """Return the places per region and of all; None for a region that has no limit."""
    if capacity is None:
        return None
    own = [None if places < 0 else int(places) for places in capacity]
    whole = None if None in own else int(capacity.sum())
    return {ALL: whole} | dict(zip(regions, own, strict=True))


def tell_notes(flow: Flow) -> list[dict[str, Any]]:
    """Return what could not be learnt, and what stands in for it: kind, step, region, text."""
    notes = [_note("step_missing", name) for name in _list_missing(flow)]
    for step in flow.steps:
        if not step.tried.sum():
            notes.append(_note("never_tried", step.name))
            continue
        for region, tried in zip(flow.regions, step.tried, strict=True):
            if not tried:
                notes.append(_note("borrowed", step.name, region))
    for one in flow.waiting:
        if _waits_too_long(flow, one):
            notes.append(_note("waited_too_long", one.step))
    if not flow.durations.ended.sum():
        notes.append(_note("no_pathway_ended", "caseload"))
    return notes


def _waits_too_long(flow: Flow, waiting: Waiting) -> bool:
    """Tell whether some wait longer than anybody took, though it is known who stopped."""
    step = flow.find_step(waiting.step)
    if step is None or step.stopped is None or step.name in COHORT_STEPS:
        return False
    return bool(waiting.counts[:, int(np.flatnonzero(step.delay)[-1]) :].sum())


def _list_missing(flow: Flow) -> list[str]:
    wanted = ("off_3m", "screened", "suggested", "referred", "consented", "started")
    return [name for name in wanted if flow.find_step(name) is None]


TEXTS = {
    "step_missing": "not counted: everybody is taken to pass",
    "never_tried": "nobody tried yet: its chance can be anything, so intervals are wide",
    "borrowed": "nobody tried yet in this region: its chance is borrowed from the others",
    "waited_too_long": "some wait longer than anybody who passed ever did: counted as not passing",
    "no_pathway_ended": "no pathway has ended yet: the published 11 to 14 months stand in",
}


def _note(kind: str, step: str, region: str | None = None) -> dict[str, Any]:
    return {"kind": kind, "step": step, "region": region, "text": TEXTS[kind]}
