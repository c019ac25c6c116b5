"""The page of capacity: pathways against what there is room for, and when that breaks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from models.intake.telling import ALL
from serving.pages.fan_chart import INNER, MIDDLE, Fan, draw_fan, draw_fans
from serving.pages.planning_breaks import (
    ENOUGH,
    EVEN,
    judge_break,
    name_break,
    tell_beside,
    tell_break,
)
from serving.pages.planning_coaches import CoachesView
from serving.pages.planning_limits import LimitsView
from serving.pages.planning_plan import (
    FanRow,
    Plan,
    between,
    chance_nl,
    decimal,
    list_hits,
    list_rows,
    name_full,
    name_region,
    whole,
)
from serving.pages.planning_scale import SMALL
from serving.store.planning import Capacity
from serving.wording import EN_DASH, short_date_nl, short_moment_nl, upper_first

CASELOAD, COACHES, WAIT = "caseload", "coaches", "wait_months"
LATER = 11  # the month a year from now: the twelfth to come


@dataclass(frozen=True)
class RegionCard:
    """A region at a glance: its drawing, and in words when it breaks."""

    name: str
    fan: Fan
    told: str
    word: str
    is_enough: bool


@dataclass(frozen=True)
class RegionRow:
    """A region in the table: pathways next month and later, room, when it breaks, and waiting."""

    name: str
    now: str
    later: str
    later_between: str
    places: str
    breaks: str
    wait: str
    wait_between: str


@dataclass(frozen=True)
class CapacityView:
    """Caseload against capacity, for one region or all together in the large chart."""

    region: str
    region_nl: str
    regions: Sequence[tuple[str, str]]
    fans: Sequence[Fan]
    rows: Sequence[FanRow]
    told: str
    has_limit: bool
    has_past: bool
    cards: Sequence[RegionCard]
    table: Sequence[RegionRow]
    now_nl: str
    later_nl: str
    coaches: CoachesView | None
    limits: LimitsView | None

    @classmethod
    def of(cls, plan: Plan, query: Mapping[str, str], kinds: Mapping[str, str]) -> "CapacityView":
        """Return what the page shows of a plan; `kinds` are names of offers by their keys."""
        region = plan.find_region(query.get("regio", ""))
        limit = plan.list_limit(region)
        story = plan.tell_story(CASELOAD, region, limit)
        later = min(LATER, len(plan.months) - 1)
        return cls(
            region=region,
            region_nl=name_region(region),
            regions=plan.list_regions(),
            fans=draw_fans(story, list_hits(story), is_cut=True),
            rows=list_rows(story),
            told=tell_break(plan, region),
            has_limit=bool(limit),
            has_past=bool(story.past),
            cards=[_show(plan, key) for key in plan.regions] if len(plan.regions) > 1 else (),
            table=[_list_row(plan, key, later) for key in (*plan.regions, ALL)],
            now_nl=name_full(plan.months[0]),
            later_nl=name_full(plan.months[later]),
            coaches=CoachesView.of(plan, later, kinds),
            limits=LimitsView.of(plan),
        )


def _show(plan: Plan, region: str) -> RegionCard:
    story = plan.tell_story(CASELOAD, region, plan.list_limit(region))
    word = judge_break(plan, region)
    return RegionCard(
        name=name_region(region),
        fan=draw_fan(story, SMALL, is_cut=True),
        told=tell_beside(plan, region),
        word=word,
        is_enough=word.startswith(ENOUGH),
    )


def _list_row(plan: Plan, region: str, later: int) -> RegionRow:
    bands = plan.bands(CASELOAD, region)
    places = plan.find_places(region)
    wait = plan.bands(WAIT, region)
    return RegionRow(
        name=upper_first(name_region(region)),
        now=whole(bands[MIDDLE][0]) if bands else "",
        later=whole(bands[MIDDLE][later]) if bands else "",
        later_between=between(bands[INNER[0]][later], bands[INNER[1]][later]) if bands else "",
        places="niet ingevuld" if places is None else whole(places),
        breaks=_tell_when(plan, region),
        wait=decimal(wait[MIDDLE][later]) if wait else "",
        # few wait where there is mostly room: the middle alone would say that nobody ever does
        wait_between=f"{decimal(wait[INNER[0]][later])} {EN_DASH} {decimal(wait[INNER[1]][later])}"
        if wait
        else "",
    )


def _tell_when(plan: Plan, region: str) -> str:
    """Return the month in which places run out, with its chance where there is much of one."""
    month, chance = plan.find_break(region)
    named = name_break(plan, region)
    is_told = plan.find_places(region) is not None and (month is not None or chance >= EVEN)
    return f"{named} ({chance_nl(chance)})" if is_told else named


@dataclass(frozen=True)
class SetRow:
    """A capacity that somebody set."""

    region: str
    valid_from: str
    places: str
    author: str
    made: str
    reason: str


def list_history(found: Sequence[Capacity], zone: tzinfo | None) -> list[SetRow]:
    """Return what was set, the last one first."""
    return [
        SetRow(
            name_region(one.region) + (f", {one.kind}" if one.kind else ""),
            short_date_nl(one.valid_from),
            whole(one.places),
            one.author,
            short_moment_nl(one.made_at.astimezone(zone)).rpartition(":")[0],
            one.reason,
        )
        for one in reversed(found)
    ]
