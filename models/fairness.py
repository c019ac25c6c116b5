"""Whether a model treats groups alike: rates with intervals, ratios, and a verdict that may wait.

A group fails when its error rate is more than `most_ratio` times that of the best-off group *and*
is surely above that of all others together; it passes when the interval of the ratio ends below
the limit; else the evidence is insufficient. Groups that are too small are refused, not guessed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.estimate import Bounded
from models.fairness_sums import (
    COMPARED,
    MEASURES,
    AuditRows,
    Ratios,
    Totals,
    draw_rates,
    find_ratios,
    measure_overall,
)
from models.group_draws import Cells, build_cells
from models.group_tests import find_chances

Floats = NDArray[np.float64]


class Verdict(StrEnum):
    """What can be said of a group."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    INSUFFICIENT = "insufficient_evidence"
    TOO_SMALL = "too_small"


@dataclass(frozen=True)
class FairnessConfig:
    """How groups are audited; training/config.toml gives the reason of each number."""

    most_ratio: float
    false_alarms: float
    smallest_group: int
    fewest_events: int
    fewest_for_slope: int
    resamples: int
    deals: int
    top_shares: tuple[float, float]
    age_field: str
    age_bands: tuple[float, ...]
    case_fields: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse what would let a group be recognised, or no verdict be reached."""
        if self.smallest_group < 10:
            raise TypeError("[fairness]: smallest_group is at least 10, or people show through")
        if not 0 < self.false_alarms < 1 or self.most_ratio < 1:
            raise TypeError(
                "[fairness]: false_alarms lies between 0 and 1, most_ratio is at least 1"
            )


@dataclass(frozen=True)
class GroupAudit:
    """One group: figures and ratios as value, low and high; NaN-free, what is unknown is absent.

    `chances`: per compared rate, how often so much worse than the others would be seen anywhere in
    its family of groups if nothing differed. `verdict` rests on the error rates alone: who is
    referred how often may well differ, as needs do, and has a verdict of its own in `verdicts`.
    `error_ratio` is the worst of the error rates.
    """

    attributes: tuple[str, ...]
    group: tuple[str, ...]
    persons: int
    figures: dict[str, Bounded]
    ratios: dict[str, Bounded]
    chances: dict[str, float]
    verdicts: dict[str, Verdict]
    verdict: Verdict
    error_ratio: Bounded | None = None

    def plain(self) -> dict[str, Any]:
        """Return plain values; persons in tens, so that no small rest can be worked out."""
        if self.verdict is Verdict.TOO_SMALL:
            told: dict[str, Any] = {}
        else:
            told = {
                "persons": self.persons // 10 * 10,
                "figures": {name: _round(one) for name, one in self.figures.items()},
                "ratios": {name: _round(one) for name, one in self.ratios.items()},
                "error_ratio": _round(self.error_ratio) if self.error_ratio else None,
                "chances": {name: round(one, 4) for name, one in self.chances.items()},
                "verdicts": {name: one.value for name, one in self.verdicts.items()},
            }
        names = {"attributes": list(self.attributes), "group": list(self.group)}
        return {**names, "verdict": self.verdict.value, **told}


@dataclass(frozen=True)
class Audit:
    """All groups of a release, those of one attribute first, then those of pairs."""

    screenings: int
    persons: int
    overall: dict[str, float]
    groups: tuple[GroupAudit, ...]
    judged: tuple[str, ...]
    most_ratio: float
    smallest_group: int

    @property
    def verdict(self) -> Verdict:
        """Fail where any group fails; pass only where every group that is large enough passes."""
        found = {one.verdict for one in self.groups} - {Verdict.TOO_SMALL}
        return _join(found)

    def of_one(self) -> list[GroupAudit]:
        """Return the groups of one attribute."""
        return [one for one in self.groups if len(one.attributes) == 1]

    def of_pairs(self) -> list[GroupAudit]:
        """Return the groups of two attributes."""
        return [one for one in self.groups if len(one.attributes) == 2]

    def plain(self, *, whole: bool = False) -> dict[str, Any]:
        """Return plain values for the bundle: of pairs only failures and counts, unless `whole`."""
        pairs = self.of_pairs()
        shown = pairs if whole else [one for one in pairs if one.verdict is Verdict.FAIL]
        large = [one for one in shown if one.verdict is not Verdict.TOO_SMALL]
        return {
            "verdict": self.verdict.value,
            "screenings": self.screenings // 10 * 10,
            "judged": list(self.judged),
            "most_ratio": self.most_ratio,
            "smallest_group": self.smallest_group,
            "overall": {name: round(value, 6) for name, value in self.overall.items()},
            "groups": [one.plain() for one in self.of_one()],
            "pairs": [one.plain() for one in large],
            "pair_verdicts": {
                verdict.value: sum(one.verdict is verdict for one in pairs) for verdict in Verdict
            },
        }


def _round(one: Bounded) -> list[float]:
    return [round(value, 4) for value in one]


def _join(found: set[Verdict]) -> Verdict:
    if Verdict.FAIL in found:
        return Verdict.FAIL
    return Verdict.PASS if found == {Verdict.PASS} else Verdict.INSUFFICIENT


def audit(
    rows: AuditRows,
    groups: Mapping[str, NDArray[np.object_]],
    config: FairnessConfig,
    seed: int,
    *,
    pairs: bool = True,
) -> Audit:
    """Return rates, ratios and verdicts per group and pair of groups; groups are labels per row.

    A label that is "" stands for a group of its own: those of whom it is not known.
    """
    totals = Totals.of(rows, config.top_shares)
    cells = build_cells(groups, rows.person, config.smallest_group, pairs)
    rates = draw_rates(totals, cells, rows.person, config.resamples, seed)
    can_judge = _find_judged(totals, cells, config)
    ratios = find_ratios(totals, cells, rates, can_judge)
    chances = find_chances(totals, cells, can_judge, rows.person, config.deals, seed)
    shown = rates.counts >= config.smallest_group
    families = max(len(np.unique(cells.family[can_judge.any(axis=1)])), 1)
    alarm = config.false_alarms / families
    made = [
        _describe(cells, i, rates.bounded, shown[i], ratios, chances, alarm, config, totals.judged)
        for i in range(len(cells))
    ]
    refused = [
        GroupAudit(names, label, 0, {}, {}, {}, {}, Verdict.TOO_SMALL)
        for names, label in cells.refused
    ]
    return Audit(
        len(rows),
        len(np.unique(rows.person)),
        measure_overall(totals),
        tuple(sorted([*made, *refused], key=lambda one: len(one.attributes))),
        totals.judged,
        config.most_ratio,
        config.smallest_group,
    )


def find_worst(
    rows: AuditRows, groups: Mapping[str, NDArray[np.object_]], config: FairnessConfig
) -> dict[str, float]:
    """Return per attribute the highest ratio of an error rate that may be judged, at least 1."""
    totals = Totals.of(rows, config.top_shares)
    cells = build_cells(groups, rows.person, config.smallest_group, pairs=False)
    rates = draw_rates(totals, cells, rows.person, 1, 0)
    ratios = find_ratios(totals, cells, rates, _find_judged(totals, cells, config))
    worst: dict[str, float] = {}
    for (name,), *found in zip(
        cells.attributes, *(ratios[one][0] for one in totals.judged), strict=True
    ):
        known = [float(ratio) for ratio in found if np.isfinite(ratio)]
        if known:
            worst[name] = max(worst.get(name, 1.0), *known)
    return worst


def _find_judged(totals: Totals, cells: Cells, config: FairnessConfig) -> NDArray[np.bool_]:
    """Tell per cell and compared rate whether it may be judged: events enough to be expected.

    By its size and the overall rate, not by its own events: those must not decide who is judged.
    """
    size = cells.add_up(np.ones((totals.count, 1)))
    expected: NDArray[np.bool_] = size * totals.event_shares[None, :] >= config.fewest_events
    counts = cells.add_up((totals.under > 0).astype(float))
    found: NDArray[np.bool_] = expected & (counts >= config.smallest_group)
    return found


def _describe(
    cells: Cells,
    cell: int,
    bounded: Floats,
    shown: NDArray[np.bool_],
    ratios: Ratios,
    chances: Floats,
    alarm: float,
    config: FairnessConfig,
    judged: tuple[str, ...],
) -> GroupAudit:
    """Return one group; it passes only if each error rate could be judged, and does."""
    persons = int(cells.persons[cell])
    figures = {
        name: _bounded(bounded[:, cell, place])
        for place, name in enumerate(MEASURES)
        if shown[place] and (name != "slope" or persons >= config.fewest_for_slope)
    }
    figures = {name: one for name, one in figures.items() if np.isfinite(one).all()}
    found = {name: _bounded(ratios[name][:, cell]) for name in ratios}
    found = {name: one for name, one in found.items() if np.isfinite(one).all()}
    told = {name: float(chances[cell, i]) for i, name in enumerate(COMPARED) if name in found}
    verdicts = {name: _judge(found[name], told[name], alarm, config.most_ratio) for name in told}
    errors = {verdicts.get(name, Verdict.INSUFFICIENT) for name in judged}
    return GroupAudit(
        cells.attributes[cell],
        cells.labels[cell],
        persons,
        figures,
        found,
        told,
        verdicts,
        _join(errors),
        max((found[name] for name in judged if name in found), default=None),
    )


def _bounded(values: Floats) -> Bounded:
    value, low, high = values
    return float(value), float(low), float(high)


def _judge(ratio: Bounded, chance: float, alarm: float, limit: float) -> Verdict:
    if ratio[0] > limit and chance <= alarm:
        return Verdict.FAIL
    return Verdict.PASS if ratio[2] <= limit else Verdict.INSUFFICIENT
