"""What if: another limit on the gain, share that consents, capacity or target."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.intake.faults import IntakeError
from models.intake.flow import Flow
from models.intake.steps import Step
from models.intake.telling import ALL

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MOST = 1e-4  # a share of 0 or 1 is taken as this far from it: log-odds have no end


@dataclass(frozen=True)
class Change:
    """What a planner tries; None leaves a thing as it is.

    `consent` are shares of who is referred, per region or for "all"; `capacity` how many pathways
    may be open at once per region; `target` the pathways to start in a calendar year.
    """

    gain_from: float | None = None
    consent: Mapping[str, float] | None = None
    capacity: Mapping[str, int] | None = None
    target: int | None = None

    def to_plain(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return {
            "gain_from": self.gain_from,
            "consent": None if self.consent is None else dict(self.consent),
            "capacity": None if self.capacity is None else dict(self.capacity),
            "target": self.target,
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Change":
        """Return what `to_plain` wrote."""
        return cls(**{name: plain.get(name) for name in cls.__dataclass_fields__})


def check_change(change: Change, flow: Flow) -> None:
    """Raise IntakeError for a change that cannot be tried on a flow; the line names the field."""
    for name, given in (("consent", change.consent), ("capacity", change.capacity)):
        known = {*flow.regions, ALL} if name == "consent" else {*flow.regions}
        strangers = sorted(set(given or {}) - known)
        if strangers:
            raise IntakeError(f"{name}: no region is called {', '.join(strangers)}")
    if any(not 0 <= share <= 1 for share in (change.consent or {}).values()):
        raise IntakeError("consent: expected shares from 0 to 1")
    if any(places < 0 for places in (change.capacity or {}).values()):
        raise IntakeError("capacity: expected 0 places or more")
    if change.target is not None and change.target < 1:
        raise IntakeError("target: expected at least 1 pathway")


def find_shift(change: Change | None, flow: Flow) -> dict[str, Floats]:
    """Return what a change adds to the log-odds of chances, per step and region."""
    if change is None:
        return {}
    check_change(change, flow)
    shift: dict[str, Floats] = {}
    if change.consent:
        shift["consented"] = _shift_consent(change.consent, flow)
    if change.gain_from is not None:
        shift["suggested"] = _shift_suggested(change.gain_from, flow)
    return shift


def _get_step(flow: Flow, name: str, field: str) -> Step:
    step = flow.find_step(name)
    if step is None:
        raise IntakeError(f"{field}: the step {name} was not counted, so it cannot be tried")
    return step


def find_shares(step: Step) -> Floats:
    """Return the share that passes per region, and that of all where nobody tried."""
    own = np.divide(step.passed, step.tried, out=np.zeros(len(step.tried)), where=step.tried > 0)
    return np.where(step.tried > 0, own, step.pooled).clip(MOST, 1 - MOST)


def _shift_consent(consent: Mapping[str, float], flow: Flow) -> Floats:
    now = find_shares(_get_step(flow, "consented", "consent"))
    wanted = np.array([consent.get(r, consent.get(ALL, np.nan)) for r in flow.regions], float)
    return np.where(np.isnan(wanted), 0.0, _odds(wanted.clip(MOST, 1 - MOST)) - _odds(now))


def _shift_suggested(gain_from: float, flow: Flow) -> Floats:
    """Return the shift that moves the share suggested by as much as the table of limits says."""
    if flow.mix.gain_from is None:
        raise IntakeError("gain_from: the limit that holds is not known, so no other can be tried")
    now = find_shares(_get_step(flow, "suggested", "gain_from"))
    before = flow.mix.find_shares(flow.mix.gain_from)
    after = flow.mix.find_shares(gain_from)
    ratio = (after + MOST) / (before + MOST)
    return _odds((now * ratio).clip(MOST, 1 - MOST)) - _odds(now)


def _odds(share: Floats) -> Floats:
    return np.asarray(np.log(share / (1 - share)))


def find_capacity(change: Change | None, flow: Flow) -> Ints | None:
    """Return the places per region; None where no region has a number.

    A region without a number while others have one is taken to have no limit: -1.
    """
    now = [-1] * len(flow.regions) if flow.capacity is None else flow.capacity.tolist()
    if change is not None and change.capacity:
        now = [change.capacity.get(r, c) for r, c in zip(flow.regions, now, strict=True)]
    return None if all(places < 0 for places in now) else np.array(now, np.int64)
