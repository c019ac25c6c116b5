"""The road from entry to pathway as it is known on one day: all that a simulation needs."""

import base64
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.intake.faults import IntakeError
from models.intake.mix import Mix
from models.intake.paths import Paths
from models.intake.steps import Step
from models.intake.wobble import Wobble

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
COHORT_STEPS = ("off_1m", "off_2m", "off_3m")  # counted by the month of entry
CASE_STEPS = ("screened", "suggested", "referred", "referred_other", "consented", "started")
STEPS = (*COHORT_STEPS, *CASE_STEPS)
REACHED = len(COHORT_STEPS)  # months of absence at the kantelpunt


@dataclass(frozen=True)
class Waiting:
    """Known cases that wait before a step, (regions, whole months waited); 0 is the last month.

    Who is known not to go on is left out where the step has `stopped`, and counted where not.
    """

    step: str
    counts: Ints


@dataclass(frozen=True)
class Durations:
    """Pathways of all regions by age in whole months: under way at that age, and ended in it."""

    at_risk: Ints
    ended: Ints

    def __post_init__(self) -> None:
        """Raise IntakeError for counts that cannot be."""
        if self.at_risk.shape != self.ended.shape or (self.ended > self.at_risk).any():
            raise IntakeError("durations: expected no more ended than were under way, per age")


@dataclass(frozen=True)
class Flow:
    """What is known at the end of `as_of`, the last day of a month, and the entries to come.

    Steps stand in the order of `STEPS`; one that is left out lets everybody through at once, but
    for `referred_other`: who is referred without being suggested, nobody where it is left out.
    `open_pathways` has shape (regions, age in months); `capacity` is how many may be open at once
    (under 0: without limit), `started_so_far` those started this calendar year; `kind_counts`
    recent ones per `kinds`.
    """

    as_of: date
    regions: tuple[str, ...]
    steps: tuple[Step, ...]
    waiting: tuple[Waiting, ...]
    entries: Paths
    open_pathways: Ints
    durations: Durations
    mix: Mix = field(default_factory=Mix)
    capacity: Ints | None = None
    started_so_far: Ints | None = None
    kinds: tuple[str, ...] = ()
    kind_counts: Ints | None = None

    def __post_init__(self) -> None:
        """Raise IntakeError for parts that do not belong together."""
        names = [step.name for step in self.steps]
        if names != [name for name in STEPS if name in names]:
            raise IntakeError(f"steps: expected each at most once, in the order {', '.join(STEPS)}")
        if self.entries.regions != self.regions or not self.regions:
            raise IntakeError("entries: expected the regions of the flow, in their order")
        if (self.as_of + timedelta(days=1)).day != 1:
            raise IntakeError("as_of: expected the last day of a month: count whole months only")
        if self.months[0] != np.datetime64(self.as_of + timedelta(days=1), "M"):
            raise IntakeError("entries: expected the first month to follow as_of")
        strangers = [one.step for one in self.waiting if one.step not in names]
        if strangers:
            raise IntakeError(f"waiting: no step is called {', '.join(strangers)}")
        _check_shapes(self)

    @property
    def months(self) -> NDArray[np.datetime64]:
        """The months to come."""
        return self.entries.starts.astype("datetime64[M]")

    def find_step(self, name: str) -> Step | None:
        """Return a step, or None where the flow has none of that name."""
        return next((step for step in self.steps if step.name == name), None)

    def to_plain(self) -> dict[str, Any]:
        """Return it as JSON takes it; the simulated entries are packed."""
        return {
            "as_of": self.as_of.isoformat(),
            "regions": list(self.regions),
            "steps": [_plain(s) | {"wobble": vars(s.wobble)} for s in self.steps],
            "waiting": [_plain(one) for one in self.waiting],
            "entries": pack(self.entries),
            "open_pathways": self.open_pathways.tolist(),
            "durations": _plain(self.durations),
            "mix": self.mix.to_plain(),
            "capacity": _list(self.capacity),
            "started_so_far": _list(self.started_so_far),
            "kinds": list(self.kinds),
            "kind_counts": _list(self.kind_counts),
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Flow":
        """Return what `to_plain` wrote; raises IntakeError for anything else."""
        try:
            return cls(**_read(plain))
        except (KeyError, TypeError, ValueError, zlib.error) as error:
            raise IntakeError("flow: cannot be read: make the plan anew") from error


def _check_shapes(flow: Flow) -> None:
    count = len(flow.regions)
    parts: dict[str, Any] = {"open_pathways": flow.open_pathways}
    parts |= {step.name: step.tried for step in flow.steps}
    parts |= {f"waiting before {one.step}": one.counts for one in flow.waiting}
    parts |= {"capacity": flow.capacity, "started_so_far": flow.started_so_far}
    parts |= {"kind_counts": flow.kind_counts}
    for name, value in parts.items():
        if value is not None and len(value) != count:
            raise IntakeError(f"{name}: expected one row per region")
        if value is not None and name != "capacity" and (value < 0).any():  # there, without limit
            raise IntakeError(f"{name}: expected no number under 0")


def _plain(part: object) -> dict[str, Any]:
    values = vars(part).items()
    return {name: v.tolist() if isinstance(v, np.ndarray) else v for name, v in values}


def _list(values: Ints | None) -> list[Any] | None:
    return None if values is None else values.tolist()


def _read(plain: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "as_of": date.fromisoformat(plain["as_of"]),
        "regions": tuple(plain["regions"]),
        "steps": tuple(_read_step(step) for step in plain["steps"]),
        "waiting": tuple(
            Waiting(one["step"], _read_ints(one["counts"])) for one in plain["waiting"]
        ),
        "entries": unpack(plain["entries"]),
        "open_pathways": _read_ints(plain["open_pathways"]),
        "durations": Durations(**{k: _read_ints(v) for k, v in plain["durations"].items()}),
        "mix": Mix.of(plain["mix"]),
        "kinds": tuple(plain["kinds"]),
    } | {
        name: None if plain[name] is None else _read_ints(plain[name])
        for name in ("capacity", "started_so_far", "kind_counts")
    }


def _read_step(plain: Mapping[str, Any]) -> Step:
    arrays = {name: np.asarray(plain[name], float) for name in ("tried", "passed", "delay")}
    stopped = None if plain.get("stopped") is None else np.asarray(plain["stopped"], float)
    return Step(name=plain["name"], wobble=Wobble(**plain["wobble"]), stopped=stopped, **arrays)


def _read_ints(values: Any) -> Ints:
    return np.asarray(values, np.int64)


def pack(paths: Paths) -> dict[str, Any]:
    """Return simulated counts as JSON takes them, a tenth as long as their digits would be."""
    raw = zlib.compress(paths.counts.astype("<i4").tobytes(), 6)
    return {
        "regions": list(paths.regions),
        "starts": [str(day) for day in paths.starts.astype("datetime64[D]")],
        "days": paths.days.tolist(),
        "shape": list(paths.counts.shape),
        "counts": base64.b64encode(raw).decode("ascii"),
    }


def unpack(plain: Mapping[str, Any]) -> Paths:
    """Return what `pack` wrote."""
    raw = zlib.decompress(base64.b64decode(plain["counts"]))
    return Paths(
        regions=tuple(plain["regions"]),
        starts=np.array(plain["starts"], "datetime64[D]"),
        days=np.asarray(plain["days"], float),
        counts=np.frombuffer(raw, "<i4").reshape(plain["shape"]).astype(np.int64),
    )
