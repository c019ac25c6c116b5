"""What intake, caseload and waiting to expect, in draws: the forecast that a planner sees."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.intake.caseload import follow_caseload, measure_wait
from models.intake.change import Change, find_capacity, find_shift
from models.intake.effort import Effort, default_effort
from models.intake.flow import Flow
from models.intake.mix import draw_shares, tell_mix
from models.intake.road import find_known_share, simulate_road
from models.intake.telling import (
    tell_breaks,
    tell_capacity,
    tell_known,
    tell_measure,
    tell_notes,
    tell_sums,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ROAD = ("entries", "reached", "screened", "suggested", "referred", "consented", "started")
SUMMED = ("reached", "referred", "started", "placed")
STEP_OF = {"reached": "off_3m"}


@dataclass(frozen=True)
class Outlook:
    """Draws of each measure, (draws, regions, months), and what goes with them.

    Measures: those of the road from "entries" to "started" (who asks for a place that month),
    "caseload" (open at the end of the month if all of them start), "coaches" that it takes, and,
    where places are limited, "placed" (who gets one), "queue" and "wait_months".
    """

    flow: Flow
    change: Change
    draws: dict[str, Floats]
    coaches_by_kind: dict[str, Floats]
    known: Floats
    expected: Floats
    capacity: Ints | None
    seed: int

    @property
    def months(self) -> list[str]:
        """The months to come, as "2026-12"."""
        return [str(month) for month in self.flow.months]

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions, in the order of the draws."""
        return self.flow.regions

    def get_total(self, measure: str) -> Floats:
        """Return the draws of all regions together, (draws, months).

        For "wait_months" it is the mean over who asks for a place.
        """
        drawn = self.draws[measure]
        if measure != "wait_months":
            return np.asarray(drawn.sum(axis=1))
        asked = self.draws["started"]
        whole = asked.sum(axis=1)
        weighed = (drawn * asked).sum(axis=1)
        return np.asarray(np.divide(weighed, whole, out=drawn.mean(axis=1), where=whole > 0))

    def summary(self) -> dict[str, Any]:
        """Return means, quantiles and chances as JSON takes them."""
        regions = self.regions
        rng = np.random.default_rng([self.seed, 93])
        mix = tell_mix(self.flow.mix, self.draws["screened"].sum(axis=2), rng)
        return {
            "as_of": self.flow.as_of.isoformat(),
            "months": self.months,
            "regions": list(regions),
            "change": self.change.to_plain(),
            "measures": {
                name: tell_measure(self.get_total(name), drawn, regions)
                for name, drawn in self.draws.items()
            },
            "sums": {n: tell_sums(d, regions) for n, d in self.draws.items() if n in SUMMED},
            "known": tell_known(self.known, self.expected, regions),
            "mix": dict(zip(("all", *regions), mix, strict=True)),
            "capacity": tell_capacity(self.capacity, regions),
            "breaks": tell_breaks(self.draws["caseload"], self.capacity, self.months, regions),
            "coaches_by_kind": {
                kind: tell_measure(drawn.sum(axis=1), drawn, regions)
                for kind, drawn in self.coaches_by_kind.items()
            },
            "notes": tell_notes(self.flow),
        }


def simulate(
    flow: Flow,
    change: Change | None = None,
    *,
    draws: int = 1000,
    seed: int = 0,
    effort: Effort | None = None,
) -> Outlook:
    """Return what to expect, drawn so many times; the same seed gives the same luck for any change.

    Known cases go their way where they are known, and the entries of the flow after them. Raises
    IntakeError for a change that cannot be tried.
    """
    shift = find_shift(change, flow)
    road = simulate_road(flow, shift, draws, seed)
    capacity = find_capacity(change, flow)
    found, before = {}, road["entries"]
    for name in ROAD:  # a step that is not counted lets everybody through
        before = road.get(STEP_OF.get(name, name), before)
        found[name] = before
    found["caseload"] = follow_caseload(flow, found["started"], seed).caseload
    by_kind = _find_coaches(flow, found["caseload"], seed, effort or default_effort())
    found["coaches"] = np.asarray(sum(by_kind.values()))
    if capacity is not None:
        load = follow_caseload(flow, found["started"], seed, capacity)
        found["placed"], found["queue"] = load.started, load.queue
        found["wait_months"] = measure_wait(found["started"], load.started)
    known, expected = find_known_share(flow, shift)
    return Outlook(flow, change or Change(), found, by_kind, known, expected, capacity, seed)


def _find_coaches(flow: Flow, caseload: Floats, seed: int, effort: Effort) -> dict[str, Floats]:
    """Return the coaches that the open pathways take, per kind, (draws, regions, months)."""
    on = flow.as_of
    hours = effort.get_coach_hours(on)
    if flow.kind_counts is None or not flow.kinds:
        return {"other": caseload * effort.get_hours("other", on).hours_per_month / hours}
    counts = flow.kind_counts.astype(float)
    shares = draw_shares(counts, len(caseload), np.random.default_rng([seed, 92]))
    return {
        kind: caseload
        * shares[..., place, None]
        * effort.get_hours(kind, on).hours_per_month
        / hours
        for place, kind in enumerate(flow.kinds)
    }
