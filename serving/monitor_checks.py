"""The checks of watching: which there are, with which level, and what they rest on."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.stats import norm

from features.contract import Contract
from models.course import (
    GROUP,
    OVERALL,
    compare_returns,
    measure_bins,
    measure_slope,
)
from models.drift import TOO_FEW, check_levels, check_missing, check_spread
from models.expected import Expected, expect
from models.reference import ANSWERED, FLAGS, GAIN, P_USUAL, SUGGESTION, Reference
from models.shares import FEWEST_SHOWN
from models.watching import CHANCE, POWER, SMALLEST, Check, Limits, judge
from serving.monitor_outcomes import Matured
from serving.monitor_rows import SUGGESTIONS, UNKNOWN, Bools, Floats, Told

NO_REFERENCE, NO_ESTIMATES, OTHER_LIMITS = "no_reference", "no_estimates", "other_limits"
NO_EARLIER = "no_earlier"
# of an AUC: five points less is what a year of training data brings, about
WORSE = Limits(watch=0.02, alarm=0.05)
ONLY_WATCHED = Limits(watch=0.25, alarm=float("inf"))
MOST_GROUPS = 30  # of an attribute


def check_inputs(window: Told, reference: Reference | None, contract: Contract) -> list[Check]:
    """Return what differs in the inputs from those of the release, and in what is missing."""
    if reference is None:
        return [Check("input", "all", why=NO_REFERENCE)]
    tests = 3 * len(contract.fields)
    found = []
    for place, field in enumerate(contract.fields):
        spread, codes = reference.inputs[field.name], window.codes[:, place]
        found.append(check_spread("input", field.name, spread, codes, tests))
        if field.missing:
            found.append(check_missing(field.name, spread, codes, tests))
        if (level := check_levels(field.name, spread, codes, tests)) is not None:
            found.append(level)
    return judge(found)


def check_told(window: Told, reference: Reference | None) -> list[Check]:
    """Return what differs in what this version told: chances, gain, suggestions, answers."""
    if reference is None:
        return [Check("told", "all", why=NO_REFERENCE)]
    columns: dict[str, tuple[Floats, tuple[str, ...]]] = {
        P_USUAL: (window.p_usual, ()),
        GAIN: (window.gain[window.differs], ()),
        SUGGESTION: (window.suggestion[_under(window, reference)].astype(float), SUGGESTIONS),
        ANSWERED: (window.answered, FLAGS),
    }
    found = []
    for name, spread in reference.told.items():
        values, keys = columns[name]
        if name == SUGGESTION and len(window) >= SMALLEST > len(values):
            found.append(Check("told", name, why=OTHER_LIMITS, count=len(values)))
            continue
        codes = spread.code(values, keys)
        found.append(check_spread("told", name, spread, codes, len(columns)))
    return judge(found)


def _under(window: Told, reference: Reference) -> Bools:
    """Tell which were suggested under the limits of the reference: others say something else."""
    wanted = np.array(list(reference.limits.values()))
    same: Bools = (np.abs(window.limits - wanted) < 1e-9).all(axis=1)
    return same


def check_expected(
    p_usual: Floats, reference: Reference | None, figures: Mapping[str, Any]
) -> list[Check]:
    """Return by how much the AUC that the estimates promise is under that of the release.

    That is what they promised of the people of the reference: like is held against like, also where
    estimates are too sure. An older bundle keeps only the AUC that was found on the test window.
    """
    found, tested = expect(p_usual), figures.get("auc")
    if reference is not None and reference.auc is not None:
        tested = list(reference.auc)
    if found is None or not isinstance(tested, list):
        return [Check("expected", "auc", why=TOO_FEW, count=len(p_usual))]
    value, low, high = found.auc
    error = max((high - low) / (2 * 1.96), 1e-9)
    spare = max((float(tested[2]) - float(tested[1])) / (2 * 1.96), 0.0)
    off = max(float(tested[0]) - value, 0.0)
    return judge(
        [
            Check(
                "expected",
                "auc",
                size=off,
                chance=float(norm.sf(off / float(np.hypot(error, spare)))),
                limits=WORSE,
                count=len(p_usual),
                needed=_find_needed(len(p_usual), error, spare),
                figures={"before": float(tested[0]), "auc": value, "low": low, "high": high},
            )
        ]
    )


def check_expected_groups(own: Told, earlier: Told) -> list[Check]:
    """Return per group by how much the AUC to be expected fell since earlier people of the group.

    Both are of this version. A release keeps no AUC per group: groups differ in how much their
    people differ, so that the AUC of all is none to hold a group to.
    """
    past = {(name, label): rows for name, label, rows in list_members(earlier)}
    members = [one for one in list_members(own) if one[0] != "version"]
    found = []
    for name, label, rows in members:
        count, before = int(rows.sum()), past.get((name, label))
        known = None if before is None else expect(earlier.p_usual[before])
        after = expect(own.p_usual[rows])
        if known is None or after is None:
            why = TOO_FEW if after is None else NO_EARLIER
            auc = dict(zip(("auc", "low", "high"), after.auc, strict=True)) if after else {}
            found.append(Check("expected_group", name, label, why=why, count=count, figures=auc))
        else:
            found.append(_compare_expected(name, label, known, after, len(members)))
    return judge(found)


def _compare_expected(name: str, label: str, known: Expected, now: Expected, tests: int) -> Check:
    (before, *past), (value, low, high) = known.auc, now.auc
    error, spare = max((high - low) / (2 * 1.96), 1e-9), (past[1] - past[0]) / (2 * 1.96)
    off = max(before - value, 0.0)
    return Check(
        "expected_group",
        name,
        label,
        size=off,
        chance=float(norm.sf(off / float(np.hypot(error, spare)))),
        limits=WORSE,
        count=now.count,
        needed=_find_needed(now.count, error, spare, tests),
        figures={"before": before, "auc": value, "low": low, "high": high},
    )


def _find_needed(count: int, error: float, spare: float, tests: int = 1) -> int:
    """Return how many people it takes to find an AUC that fell by the limit, four times in five.

    `error` is that of so many people; `spare`, of the release, does not shrink with more of them.
    """
    wanted = WORSE.alarm / float(norm.isf(CHANCE / tests) + norm.ppf(POWER))
    room = wanted**2 - spare**2
    return int(np.ceil(count * error**2 / room)) if room > 0 else 10**9


def check_returns(matured: Matured, reference: Reference | None) -> list[Check]:
    """Return whether people return as often as was told: all, of late, and by how long it took.

    Without the shape of returns nobody knows how many would be back by a day between two.
    """
    if reference is None or reference.shape is None:
        return [Check("returns", "ratio", why=NO_REFERENCE)]
    course = matured.course
    found = [
        compare_returns("returns", "ratio", "", course, 4, OVERALL),
        compare_returns("returns", "recent", "", matured.recent, 4, OVERALL),
        measure_slope("returns", course, 4),
        measure_bins("returns", course),
    ]
    spans = [
        compare_returns("span", "ratio", f"{first}_{last}", one, len(matured.spans), GROUP)
        for (first, last), one in matured.spans.items()
    ]
    support = compare_returns("support", "ratio", "", matured.with_support, 1, ONLY_WATCHED)
    return [*judge(found), *judge(spans), *judge([support])]


def list_members(told: Told) -> list[tuple[str, str, Bools]]:
    """Return every group with its rows: attribute, label, and who is in it.

    Not what fewer than five have: such a label may tell of one person, and reports outlive cases.
    """
    import pandas as pd

    found = []
    for name, labels in told.groups.items():
        # numbers are many times quicker to count and to compare than texts
        codes, names = pd.factorize(labels)
        counts = np.bincount(codes, minlength=len(names))
        common = np.argsort(-counts, kind="stable")[:MOST_GROUPS]
        found += [
            (name, str(names[one]), codes == one)
            for one in common
            if names[one] != UNKNOWN and counts[one] >= FEWEST_SHOWN
        ]
    return found


def check_groups(matured: Matured, reference: Reference | None) -> list[Check]:
    """Return per group whether its people return as often as was told, and in which version."""
    if reference is None or reference.shape is None:
        return []
    members = list_members(matured.told)
    found = [
        compare_returns("group", name, label, matured.course.take(rows), len(members), GROUP)
        for name, label, rows in members
    ]
    return judge(found)


def describe_groups(window: Told) -> list[dict[str, Any]]:
    """Return of each group what it was told, and how good that is to be expected to be."""
    told: list[dict[str, Any]] = []
    for name, label, rows in list_members(window):
        count = int(rows.sum())
        if count < SMALLEST:
            told.append({"attribute": name, "group": label})
            continue
        found = expect(window.p_usual[rows])
        told.append(
            {
                "attribute": name,
                "group": label,
                "count": count,
                "refer": _share(window.suggestion[rows] == SUGGESTIONS.index("refer")),
                "silent": _share(window.answered[rows] == 0),
                "expected": describe_expected(found) if found else {},
            }
        )
    return told


def describe_expected(found: Expected) -> dict[str, list[float]]:
    """Return the figures that are to be expected, with their intervals."""
    names = ("brier", "auc", "returned")
    return {name: [round(one, 4) for one in getattr(found, name)] for name in names}


def _share(rows: Bools) -> float:
    count = int(rows.sum())
    return round(count / len(rows), 4) if count >= 5 else 0.0
