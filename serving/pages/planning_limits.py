"""The limit on the gain that follows free places: what a plan proposes per region, and why not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from serving.pages.planning_plan import Plan, name_region, whole
from serving.wording import date_nl, one_decimal_nl, percent_nl

WHY_NL: Mapping[str, str] = {
    "no_capacity": "Er is geen capaciteit ingevuld.",
    "full": "Er komt die maand geen plaats vrij voor wie nieuw is: wie al wacht, gaat voor. "
    "Een grens lost dat niet op.",
    "few_cases": "Te weinig inschattingen om een grens op te steunen.",
    "gain_same": "Het model kent de meerwaarde niet per persoon.",
    "others_fill": "Wie los van deze grens doorverwezen wordt, neemt de vrije plaatsen al in.",
    "no_intake": "Er worden geen inschattingen verwacht.",
}


@dataclass(frozen=True)
class LimitRow:
    """A region: the limit that holds, the one that is proposed, and what it would change."""

    region: str
    name: str
    now: str
    proposed: str
    free: str
    change: str
    why: str
    is_open: bool


@dataclass(frozen=True)
class LimitsView:
    """The proposals of a plan, and from which day they would hold."""

    valid_from: str
    rows: Sequence[LimitRow]

    @classmethod
    def of(cls, plan: Plan) -> "LimitsView | None":
        """Return the proposals; None where the plan has none."""
        found: Mapping[str, Any] = plan.kept.get("limits") or {}
        if not found.get("regions"):
            return None
        day = date_nl(date.fromisoformat(found["valid_from"]))
        return cls(day, [_view(region, one) for region, one in found["regions"].items()])


def _view(region: str, one: Mapping[str, Any]) -> LimitRow:
    proposed = one["proposed"]
    is_open = proposed is not None and proposed != one["now"]
    why = WHY_NL.get(one.get("why") or "", "")
    if proposed is not None and not is_open:
        why = "De grens die geldt, past al."
    return LimitRow(
        region=region,
        name=name_region(region),
        now=points(one["now"]),
        proposed=points(proposed),
        free="niet bekend" if one["free"] is None else whole(one["free"]),
        change=_tell_change(one) if is_open else "",
        why=why,
        is_open=is_open,
    )


def points(gain: float | None) -> str:
    """Return a limit in percentage points; empty where there is none."""
    return "" if gain is None else f"{one_decimal_nl(100 * gain)} punten"


def _tell_change(one: Mapping[str, Any]) -> str:
    now, then = one.get("suggested_now"), one.get("suggested_then")
    if now is None or then is None:
        return ""
    return f"van {percent_nl(now)} naar {percent_nl(then)} met een voorstel tot steun"
