"""How many coaches the expected pathways take, per kind of pathway and region."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.intake.effort import default_effort
from models.intake.telling import ALL
from serving.pages.fan_chart import INNER, MIDDLE
from serving.pages.planning_plan import Plan, name_full, name_region
from serving.wording import EN_DASH, number_nl, one_decimal_nl, upper_first

KIND_NL: Mapping[str, str] = {
    "orientation": "oriëntatie",
    "training": "opleiding",
    "job_coaching": "jobcoaching",
    "placement": "bemiddeling",
    "ips": "individuele plaatsing en steun (IPS)",
    "other": "ander aanbod",
}
LITTLE = 10  # coaches: under this a decimal says something


@dataclass(frozen=True)
class CoachesView:
    """A table of coaches: a row per kind, a column per region; the last ones are the totals."""

    month: str
    regions: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str]]]
    interval: str
    is_assumed: bool

    @classmethod
    def of(cls, plan: Plan, place: int, names: Mapping[str, str]) -> "CoachesView | None":
        """Return the coaches of a month to come; `names` are those of offers by their keys."""
        kinds: Mapping[str, Any] = plan.outlook.get("coaches_by_kind") or {}
        bands = plan.bands("coaches")
        if not kinds or not bands:
            return None
        regions = (*plan.regions, ALL)
        rows = [
            (_name(kind, names), [_tell(found[r], place) for r in regions])
            for kind, found in kinds.items()
        ]
        whole = [_form(plan.bands("coaches", r)[MIDDLE][place]) for r in regions]
        low, high = (_form(bands[level][place]) for level in INNER)
        return cls(
            month=name_full(plan.months[place]),
            regions=[upper_first(name_region(r)) for r in regions],
            rows=[*rows, ("Samen", whole)],
            interval=f"{low} {EN_DASH} {high}",
            is_assumed=any(row.assumption for row in default_effort().kinds),
        )


def _name(kind: str, names: Mapping[str, str]) -> str:
    return upper_first(names.get(kind) or KIND_NL.get(kind) or kind.replace("_", " "))


def _tell(found: Mapping[str, Any], place: int) -> str:
    return _form(found["q"][MIDDLE][place])


def _form(value: float) -> str:
    return one_decimal_nl(value) if value < LITTLE else number_nl(round(value))
