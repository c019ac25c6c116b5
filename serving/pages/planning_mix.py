"""What the intake to come is made of: suggestions, and how much support is expected to add."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.suggestion import SUGGESTION_NL, Suggestion
from serving.pages.planning_plan import Plan
from serving.wording import EN_DASH, MINUS, number_nl, percent_nl

SEEN = 0.005  # a smaller share reads as none


@dataclass(frozen=True)
class PartRow:
    """A part of the intake: its share with an interval, in words and in percent of a drawing."""

    name: str
    share: str
    interval: str
    at: float
    low: float
    high: float


@dataclass(frozen=True)
class MixView:
    """The mix of the screenings to come; None where no screening was ever counted."""

    suggestions: Sequence[PartRow]
    gains: Sequence[PartRow]

    @classmethod
    def of(cls, plan: Plan, region: str) -> "MixView | None":
        """Return the mix of a region, or of all together."""
        found: Mapping[str, Any] = (plan.outlook.get("mix") or {}).get(region) or {}
        kinds = found.get("suggestions") or {}
        bands = found.get("bands") or ()
        if not kinds and not bands:
            return None
        named = {key: SUGGESTION_NL[Suggestion(key)] for key in kinds}
        return cls(
            [_view(named[key], kinds[key]) for key in kinds],
            [_view(_tell_band(one, bands), one) for one in bands if one["high"] >= SEEN],
        )


def _view(name: str, part: Mapping[str, float]) -> PartRow:
    low, high = (round(100 * part[key], 1) for key in ("low", "high"))
    interval = f"{round(low)}{EN_DASH}{round(high)}"
    return PartRow(
        name, percent_nl(part["mean"]), interval, round(100 * part["mean"], 1), low, high
    )


def _tell_band(band: Mapping[str, float], bands: Sequence[Mapping[str, float]]) -> str:
    """Return a band in words; the first and the last hold all that lies beyond them."""
    low, high = (_points(band[key]) for key in ("from", "to"))
    if band is bands[0]:
        return f"minder dan {high} op 100"
    if band is bands[-1]:
        return f"{low} op 100 of meer"
    return f"{low} tot {high} op 100"


def _points(value: float) -> str:
    number = round(100 * value, 1)
    return f"{MINUS if number < 0 else ''}{number_nl(abs(number))}"
