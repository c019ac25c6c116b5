"""The page of capacity: pathways against what there is room for, and when that breaks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from serving.pages.fan_chart import INNER, MIDDLE, Fan, draw_fan, draw_fans
from serving.pages.planning_coaches import CoachesView
from serving.pages.planning_limits import LimitsView
from serving.pages.planning_plan import (
    ALL,
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
from serving.wording import short_date_nl, short_moment_nl, upper_first

CASELOAD, COACHES, WAIT = "caseload", "coaches", "wait_months"
LATER = 11  # the month a year from now: the twelfth to come
EVEN = 0.5  # from this chance on it is likelier than not, though in no single month
LITTLE = 0.05  # under this chance nothing is expected to break


@dataclass(frozen=True)
class RegionCard:
    """A region at a glance: its drawing, and in words when it breaks."""

    name: str
    fan: Fan
    told: str
    word: str


@dataclass(frozen=True)
class RegionRow:
    """A region in the table: pathways now and later, room, the month it breaks, and waiting."""

    name: str
    now: str
    later: str
    later_between: str
    places: str
    breaks: str
    wait: str


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
            later_nl=name_full(plan.months[later]),
            coaches=CoachesView.of(plan, later, kinds),
            limits=LimitsView.of(plan),
        )


def tell_break(plan: Plan, region: str) -> str:
    """Return in one sentence when a region has more pathways than there is room for."""
    if plan.find_places(region) is None:
        return "Er is nog geen capaciteit ingevuld."
    month, chance = plan.find_break(region)
    if month is None and chance < LITTLE:
        return "De capaciteit volstaat, voor zover wij kunnen zien."
    span = f"{len(plan.months)} maanden"
    told = f"{upper_first(chance_nl(chance))} kans dat het ooit krap wordt in {span}."
    if month is None:
        return f"{'Kan krap worden' if chance >= EVEN else 'Volstaat waarschijnlijk'}. {told}"
    return f"Te krap vanaf {name_full(month)}. {told}"


def _show(plan: Plan, region: str) -> RegionCard:
    story = plan.tell_story(CASELOAD, region, plan.list_limit(region))
    month, chance = plan.find_break(region)
    is_known = plan.find_places(region) is not None
    likely = "kan krap worden" if chance >= EVEN else "volstaat"
    return RegionCard(
        name=name_region(region),
        fan=draw_fan(story, SMALL, is_cut=True),
        told=tell_break(plan, region),
        word=("krap" if month else likely) if is_known else "",
    )


def _list_row(plan: Plan, region: str, later: int) -> RegionRow:
    bands = plan.bands(CASELOAD, region)
    places = plan.find_places(region)
    month, chance = plan.find_break(region)
    wait = plan.bands(WAIT, region)
    return RegionRow(
        name=upper_first(name_region(region)),
        now=whole(bands[MIDDLE][0]) if bands else "",
        later=whole(bands[MIDDLE][later]) if bands else "",
        later_between=between(bands[INNER[0]][later], bands[INNER[1]][later]) if bands else "",
        places="niet ingevuld" if places is None else whole(places),
        breaks=f"{name_full(month)} ({chance_nl(chance)})" if month else _tell_none(plan, region),
        wait=decimal(wait[MIDDLE][later]) if wait else "",
    )


def _tell_none(plan: Plan, region: str) -> str:
    _, chance = plan.find_break(region)
    if plan.find_places(region) is None:
        return "niet bekend"
    return f"geen vaste maand ({chance_nl(chance)})" if chance >= EVEN else "niet verwacht"


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
