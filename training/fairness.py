"""The audit of a release: its groups on the last held-out window, and what fairness would cost."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.cohort import Screenings, build_screenings
from features.outcomes import weigh
from features.tables import Extract
from models.estimate import Estimates, GainStatus, Sums
from models.fairness import Audit, FairnessConfig, audit, find_worst
from models.fairness_sums import AuditRows
from models.screening import ScreeningModel
from models.suggestion import Limits, read_limits
from models.suggestion_many import suggest_many
from training.groups import Labels, keep_people, list_groups
from training.splits import Windows, select_days

Floats = NDArray[np.float64]
STEPS = 15  # of the limit that moves
MOST_ROWS = 20_000  # of the picture: on more its lines no longer move


@dataclass(frozen=True)
class Tradeoff:
    """At one limit: the share of the gain above 0 that is referred, and the worst error ratios.

    `worst` is by attribute of who people are. `is_now` marks the limit that holds.
    """

    limit: float
    captured: float
    worst: dict[str, float]
    is_now: bool


@dataclass(frozen=True)
class Fairness:
    """The audit, and what moving the limit would do to the ratios and to the gain."""

    audit: Audit
    tradeoff: list[Tradeoff]

    def plain(self) -> dict[str, Any]:
        """Return plain values of everything that was found, for a file beside the run."""
        points = [
            {
                "limit": round(one.limit, 4),
                "captured": round(one.captured, 4),
                "worst": {name: round(ratio, 4) for name, ratio in one.worst.items()},
                "is_now": one.is_now,
            }
            for one in self.tradeoff
        ]
        return {**self.audit.plain(whole=True), "tradeoff": points}


def audit_release(
    extract: Extract,
    screenings: Screenings,
    model: ScreeningModel,
    p_usual: Floats,
    config: FairnessConfig,
    seed: int,
) -> Fairness:
    """Return the audit on the screenings of the test window (`take_tested`).

    `p_usual` are their chances by the model that knew nothing of that window. The interval and the
    gain are those of the release, which learnt from these people too.
    """
    estimates = hold_out(model.estimate_many(screenings.matrix), p_usual)
    return audit_estimates(extract, screenings, estimates, read_limits(), config, seed)


def take_tested(extract: Extract, windows: Windows) -> Screenings:
    """Return every screening of the test window, with its outcome where that is known."""
    everything = build_screenings(extract, as_of=windows.known_until)
    return select_days(everything, windows.test_from, windows.test_until)


def audit_estimates(
    extract: Extract,
    screenings: Screenings,
    estimates: Estimates,
    limits: tuple[Limits, ...],
    config: FairnessConfig,
    seed: int,
) -> Fairness:
    """Return the audit of estimates under limits, for screenings of an extract."""
    groups = list_groups(extract, screenings, config)
    rows = build_rows(screenings, estimates, limits)
    return Fairness(
        audit(rows, groups, config, seed),
        _trace(screenings, estimates, limits, keep_people(groups, extract), config, seed),
    )


def hold_out(estimates: Estimates, p_usual: Floats) -> Estimates:
    """Return estimates with other chances of return in them, as wide and with the same gain."""
    usual = _move(estimates.usual, p_usual, 0.0, 1.0)
    gain = _move(estimates.gain, estimates.gain.value, -usual.value, 1 - usual.value)
    support = _move(estimates.support, usual.value + gain.value, 0.0, 1.0)
    return replace(estimates, usual=usual, gain=gain, support=support)


def _move(sums: Sums, value: Floats, least: Floats | float, most: Floats | float) -> Sums:
    value = np.clip(value, least, most)
    by = value - sums.value
    low, high = (np.clip(bound + by, least, most) for bound in (sums.low, sums.high))
    return replace(sums, value=value, low=low, high=high, limit=sums.limit + by)


def build_rows(
    screenings: Screenings, estimates: Estimates, limits: tuple[Limits, ...]
) -> AuditRows:
    """Return what an audit reads; censoring weights are those of these screenings together."""
    days = [day.astype(date) for day in screenings.screened_on]
    by_gain = estimates.gain_status is GainStatus.ESTIMATED
    gain, usual = estimates.gain.value, estimates.usual.value
    return AuditRows(
        person=screenings.person,
        suggestion=np.array(suggest_many(estimates, days, limits), dtype=object),
        p_usual=usual,
        gain=gain,
        priority=np.nan_to_num(gain, nan=-1.0) if by_gain else -usual,
        returned=screenings.returned,
        weight=weigh(
            screenings.returned,
            screenings.known_days,
            screenings.open_days,
            screenings.by_support,
        ),
        gain_differs=by_gain,
    )


def _trace(
    screenings: Screenings,
    estimates: Estimates,
    limits: tuple[Limits, ...],
    groups: Mapping[str, Labels],
    config: FairnessConfig,
    seed: int,
) -> list[Tradeoff]:
    """Return what the newest limit on question (b) would do elsewhere; nothing without a gain."""
    if not estimates.is_known.any() or not groups or not len(screenings):
        return []
    chosen = np.sort(np.random.default_rng(seed).permutation(len(screenings))[:MOST_ROWS])
    groups = {name: labels[chosen] for name, labels in groups.items()}
    rows = _take_rows(screenings, chosen)
    some = _take(estimates, chosen)
    by_gain = estimates.gain_status is GainStatus.ESTIMATED
    now = limits[-1]
    current = now.gain_from if by_gain else now.own_way_from
    values = some.gain.value[some.is_known] if by_gain else some.usual.value
    found = np.quantile(values, np.linspace(0.03, 0.97, STEPS))
    least = -1.0 if by_gain else now.not_yet_below + 1e-6
    moved = {round(float(one), 4) for one in found if least < one <= 1} | {current}
    points = []
    for limit in sorted(moved):
        always = replace(now, valid_from=date.min)
        held = replace(always, gain_from=limit) if by_gain else replace(always, own_way_from=limit)
        audited = build_rows(rows, some, (held,))
        points.append(
            Tradeoff(
                limit,
                _capture(audited),
                find_worst(audited, groups, config),
                limit == current,
            )
        )
    return points


def _capture(rows: AuditRows) -> float:
    more = np.maximum(np.nan_to_num(rows.gain), 0.0)
    return float(more[rows.suggestion == "refer"].sum() / max(more.sum(), 1e-12))


def _take_rows(screenings: Screenings, chosen: NDArray[np.int64]) -> Screenings:
    keep = np.zeros(len(screenings), dtype=np.bool_)
    keep[chosen] = True
    return screenings.select(keep)


def _take(estimates: Estimates, chosen: NDArray[np.int64]) -> Estimates:
    def take(sums: Sums) -> Sums:
        parts = ("value", "low", "high", "contributions", "limit")
        return replace(sums, **{name: getattr(sums, name)[chosen] for name in parts})

    return replace(
        estimates,
        usual=take(estimates.usual),
        gain=take(estimates.gain),
        support=take(estimates.support),
    )
