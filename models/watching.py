"""What watching finds: a check with a verdict that rests on both size and chance.

With many cases everything differs surely, with few nothing does: an alarm needs a difference that
is large enough to matter *and* that chance does not explain, with all checks of a family in mind.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

import numpy as np
from scipy.stats import norm

from models.shares import FEWEST_SHOWN

CHANCE = 0.01  # of one false alarm in a family, each time that other people are looked at
POWER = 0.8  # with which an alarm must be possible, or we say that we do not know
SMALLEST = 30  # cases in a group; with fewer people show through, and nothing can be told


class Verdict(StrEnum):
    """What can be said of a check, from best to worst."""

    OK = "ok"
    INSUFFICIENT = "insufficient_evidence"
    WATCH = "watch"
    ALARM = "alarm"


@dataclass(frozen=True)
class Limits:
    """From how large a difference on there is something to watch, and to be alarmed of.

    What is only watched has no end as its alarm.
    """

    watch: float
    alarm: float

    def plain(self) -> dict[str, float]:
        """Return those that can be reached: JSON knows no number without end."""
        return {name: limit for name, limit in vars(self).items() if np.isfinite(limit)}


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: `kind` is the family, `name` what, `group` of whom.

    `size` is how large the difference is, on the scale of `limits`; `chance` how often one so large
    would be seen if nothing differed. `count` is what it rests on and `needed` how many it takes to
    find a difference of the alarm limit. `figures` are for reading. Without a `size` it could not
    be looked at, for the reason in `why`.
    """

    kind: str
    name: str
    group: str = ""
    size: float | None = None
    chance: float = 1.0
    limits: Limits | None = None
    count: int = 0
    needed: int = 0
    figures: dict[str, float] = field(default_factory=dict)
    why: str = ""
    verdict: Verdict = Verdict.INSUFFICIENT

    @property
    def is_judged(self) -> bool:
        """Whether there was enough to tell."""
        return self.verdict is not Verdict.INSUFFICIENT

    def plain(self) -> dict[str, Any]:
        """Return plain values; a count that is about too few is left out."""
        told = {k: v for k, v in asdict(self).items() if v not in (None, "", {})}
        if self.limits is not None:
            told["limits"] = self.limits.plain()
        told["verdict"] = self.verdict.value
        told["figures"] = {name: round(one, 6) for name, one in self.figures.items()}
        if self.count < FEWEST_SHOWN:
            told = {k: told[k] for k in ("kind", "name", "group", "why", "verdict") if k in told}
        return told


def judge(checks: Sequence[Check]) -> list[Check]:
    """Return the checks of one family with their verdicts; chances are corrected by Holm (1979)."""
    corrected = correct([one.chance for one in checks])
    return [
        replace(one, chance=chance, verdict=_judge(one, chance))
        for one, chance in zip(checks, corrected, strict=True)
    ]


def _judge(one: Check, chance: float) -> Verdict:
    if one.size is None or one.limits is None:
        return Verdict.INSUFFICIENT
    if chance <= CHANCE and one.size >= one.limits.alarm:
        return Verdict.ALARM
    if chance <= CHANCE and one.size >= one.limits.watch:
        return Verdict.WATCH
    return Verdict.OK if one.count >= one.needed else Verdict.INSUFFICIENT


def correct(chances: Sequence[float]) -> list[float]:
    """Return chances corrected for their number: Holm's step-down, right whatever they share."""
    found = np.asarray(chances, dtype=float)
    order = np.argsort(found, kind="stable")
    stepped = found[order] * np.arange(len(found), 0, -1)
    corrected = np.empty_like(found)
    corrected[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return [float(one) for one in corrected]


def reach(tests: int) -> float:
    """Return how many standard errors a difference must be, to be found with POWER among tests."""
    return float(norm.isf(CHANCE / max(tests, 1) / 2) + norm.ppf(POWER))


def join(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst of verdicts; with nothing looked at there is no evidence."""
    return max(verdicts, key=list(Verdict).index, default=Verdict.INSUFFICIENT)
