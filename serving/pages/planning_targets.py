"""The page of targets: the year against its goal, work afterwards, regions, and lead times."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.intake.targets import default_targets
from serving.pages.fan_chart import INNER, MIDDLE, OUTER
from serving.pages.funnel_chart import Funnel, Limit, Spot, draw_funnels
from serving.pages.planning_plan import (
    HIDDEN_NL,
    Plan,
    between,
    between_and,
    chance_nl,
    name_region,
    whole,
)
from serving.pages.target_charts import Outflow, Share, YearBar, draw_outflow, draw_year
from serving.wording import EN_DASH, number_nl, one_decimal_nl, percent_nl, upper_first

MOST_COHORTS = 3  # in the drawing: the table has all
LOOKS = ("#003b8e", "#9f5804", "#007a37")
BEYOND = "99.8"


@dataclass(frozen=True)
class YearView:
    """A calendar year: what started, what is expected, and the chance to reach the target."""

    year: int
    target: str
    source: str
    is_begun: bool
    so_far: str
    expected: str
    inner: str
    chance: str
    bars: Sequence[YearBar]
    regions: Sequence[tuple[str, str, str, str]]


@dataclass(frozen=True)
class OutflowView:
    """How many work after their start, per year of start, beside what was published."""

    months: Sequence[int]
    drawings: Sequence[Outflow]
    legend: Sequence[tuple[str, str]]
    rows: Sequence[tuple[str, str, Sequence[str]]]
    published: Sequence[str]


@dataclass(frozen=True)
class FunnelView:
    """The share of each region that is referred, and which of them chance does not explain."""

    drawings: Sequence[Funnel]
    overall: str
    rows: Sequence[tuple[str, str, str, str]]
    told: str


@dataclass(frozen=True)
class ClockView:
    """A clock of law or policy: how many decisions were in time."""

    label: str
    source: str
    share: str
    interval: str
    judged: str
    late: str


@dataclass(frozen=True)
class TargetsView:
    """The page; a part is None where nothing was counted for it."""

    years: Sequence[YearView]
    outflow: OutflowView | None
    funnel: FunnelView | None
    times: Sequence[tuple[str, str]]
    clocks: Sequence[ClockView]

    @classmethod
    def of(cls, plan: Plan) -> "TargetsView":
        """Return what the page shows of a plan."""
        told: Mapping[str, Any] = plan.kept.get("targets") or {}
        clocks: Mapping[str, Any] = told.get("clocks") or {}
        return cls(
            years=[_view_year(row, plan.regions) for row in told.get("year_end") or ()],
            outflow=_view_outflow(told.get("outflow") or ()),
            funnel=_view_funnel(told.get("funnel") or {}),
            times=_list_times(told.get("lead_times") or {}, clocks.get("decision") or {}),
            clocks=[_view_clock(one) for one in clocks.get("clocks") or ()],
        )


def _view_year(row: Mapping[str, Any], regions: Sequence[str]) -> YearView:
    bands, chance = row["q"], row.get("p")
    done = row["so_far"]
    return YearView(
        year=row["year"],
        target="" if row["target"] is None else number_nl(row["target"]),
        source=row["source"],
        is_begun=done != 0,
        so_far=whole(done),
        expected=whole(bands[MIDDLE]),
        inner=between_and(bands[INNER[0]], bands[INNER[1]]),
        chance="" if chance is None else upper_first(chance_nl(chance)),
        bars=draw_year(row, done or 0, bands),
        regions=[_list_year(key, row["regions"].get(key)) for key in regions],
    )


def _list_year(region: str, one: Mapping[str, Any] | None) -> tuple[str, str, str, str]:
    """Return a region of a year; what would tell of a few starts is not there."""
    name = name_region(region)
    if one is None:
        return name, HIDDEN_NL, HIDDEN_NL, HIDDEN_NL
    bands = one["q"]
    outer = between(bands[OUTER[0]], bands[OUTER[1]])
    return name, whole(one["so_far"]), whole(bands[MIDDLE]), outer


def _view_outflow(rows: Sequence[Mapping[str, Any]]) -> OutflowView | None:
    published = default_targets().outflow
    months = [one.month for one in published]
    told = [row for row in rows if any(row["months"].values())]
    if not told:
        return None
    drawn = told[-MOST_COHORTS:]
    groups = [[_read_share(row["months"].get(str(month))) for month in months] for row in drawn]
    return OutflowView(
        months=months,
        drawings=draw_outflow(months, groups, [one.share for one in published]),
        legend=[(LOOKS[place], str(row["cohort"])) for place, row in enumerate(drawn)],
        rows=[
            (
                str(row["cohort"]),
                whole(row["started"]),
                [_tell_share(row["months"].get(str(month))) for month in months],
            )
            for row in told
        ],
        published=[f"{one_decimal_nl(100 * one.share)}\N{NO-BREAK SPACE}%" for one in published],
    )


def _read_share(found: Mapping[str, float] | None) -> Share | None:
    return None if found is None else Share(found["value"], found["low"], found["high"])


def _tell_share(found: Mapping[str, float] | None) -> str:
    if found is None:
        return "nog niet bekend"
    low, high = (round(100 * found[name]) for name in ("low", "high"))
    return f"{percent_nl(found['value'])} ({low}{EN_DASH}{high})"


def _view_funnel(found: Mapping[str, Any]) -> FunnelView | None:
    if not found or found.get("overall") is None or not found["curve"]:
        return None
    regions = [row for row in found["regions"] if row["share"] is not None]
    spots = [
        Spot(name_region(row["region"]), row["tried"], row["share"], row["beyond"] == BEYOND)
        for row in regions
    ]
    named = [spot.name for spot in spots if spot.is_outside]
    limits = [
        [Limit(one["tried"], one[f"low_{name}"], one[f"high_{name}"]) for one in found["curve"]]
        for name in ("95", BEYOND)
    ]
    return FunnelView(
        drawings=draw_funnels(spots, limits[0], limits[1], found["overall"]),
        overall=f"{one_decimal_nl(100 * found['overall'])}\N{NO-BREAK SPACE}%",
        rows=[_list_region(row) for row in regions],
        told=_tell_named(named, apart=found.get("apart", False)),
    )


def _tell_named(named: Sequence[str], *, apart: bool) -> str:
    if not named and apart:
        return (
            "De regio's verschillen onderling meer dan toeval verklaart, maar geen enkele springt "
            "eruit."
        )
    if not named:
        return "Geen enkele regio verschilt meer van de andere dan toeval verklaart."
    if len(named) == 1:
        return f"Eén regio verschilt meer dan toeval verklaart: {named[0]}."
    last = f"{', '.join(named[:-1])} en {named[-1]}"
    return f"Deze regio's verschillen meer dan toeval verklaart: {last}."


def _list_region(row: Mapping[str, Any]) -> tuple[str, str, str, str]:
    share = f"{one_decimal_nl(100 * row['share'])}\N{NO-BREAK SPACE}%"
    judged = {None: "springt er niet uit", "95": "kan toeval zijn", BEYOND: "geen toeval"}
    return name_region(row["region"]), whole(row["tried"]), share, judged[row["beyond"]]


_TIMES_NL = {
    "lead_times": "Van doorverwijzing tot start van het traject",
    "decision": "Van inschatting tot beslissing van de arts",
}


def _list_times(lead: Mapping[str, Any], decision: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return how long two parts of the road take, in words."""
    return [
        (_TIMES_NL[key], _tell_time(found))
        for key, found in (("lead_times", lead), ("decision", decision))
        if found
    ]


def _tell_time(found: Mapping[str, Any]) -> str:
    quartiles = found.get("quartiles")
    if not quartiles:
        return "Te weinig gevallen om iets over te zeggen."
    fast, middle, slow = (number_nl(round(one["days"])) for one in quartiles)
    return (
        f"De helft duurt hoogstens {middle} dagen. "
        f"Een kwart is klaar na {fast}, driekwart na {slow}."
    )


def _view_clock(one: Mapping[str, Any]) -> ClockView:
    share = one["share"]
    return ClockView(
        label=one["label_nl"],
        source=one["source"],
        share=percent_nl(share["value"]) if share else "te weinig",
        interval=f"{round(100 * share['low'])}{EN_DASH}{round(100 * share['high'])}"
        if share
        else "",
        judged=whole(one["judged"]),
        late=whole(one["open_late"]),
    )
