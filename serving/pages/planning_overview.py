"""The first page of the planner: what intake to expect, how sure that is, and what stands out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.shares import FEWEST_SHOWN
from serving.pages.fan_chart import INNER, MIDDLE, Fan, draw_fans
from serving.pages.planning_bars import Bars, draw_bars
from serving.pages.planning_breaks import name_break
from serving.pages.planning_mix import MixView
from serving.pages.planning_notes import tell_notes
from serving.pages.planning_plan import (
    FanRow,
    Plan,
    between,
    chance_nl,
    list_hits,
    list_rows,
    name_full,
    name_region,
    whole,
)
from serving.pages.planning_texts import KNOWN_MEASURE, MEASURE_HELP_NL, MEASURE_NL, STAGE_NL
from serving.wording import number_nl, one_decimal_nl, percent_nl, upper_first

BAR_MONTHS = 12
QUARTER = 3  # months


@dataclass(frozen=True)
class Choice:
    """What a planner looks at, as in the address; what cannot be read counts as not chosen."""

    measure: str
    region: str

    @classmethod
    def of(cls, query: Mapping[str, str], plan: Plan) -> "Choice":
        """Return the choice in an address."""
        asked = query.get("meting", "")
        measure = asked if asked in MEASURE_NL else next(iter(MEASURE_NL))
        return cls(measure, plan.find_region(query.get("regio", "")))


@dataclass(frozen=True)
class Figure:
    """What a planner needs first: a figure, what it is, and how sure."""

    label: str
    value: str
    note: str


@dataclass(frozen=True)
class KnownRow:
    """A month: how many starts are expected, and how many of them are of known cases."""

    month: str
    total: str
    known: str
    share: str


@dataclass(frozen=True)
class StageRow:
    """A step on the road: how many of who came to it go on, and how sure that is."""

    label: str
    share: str
    interval: str


@dataclass(frozen=True)
class OverviewView:
    """The overview of one measure, of one region or of all together."""

    choice: Choice
    title: str
    help_nl: str
    measures: Sequence[tuple[str, str]]
    regions: Sequence[tuple[str, str]]
    fans: Sequence[Fan]
    rows: Sequence[FanRow]
    bars: Sequence[Bars]
    known: Sequence[KnownRow]
    region_nl: str
    figures: Sequence[Figure]
    stages: Sequence[StageRow]
    mix: MixView | None
    notes: Sequence[str]

    @classmethod
    def of(cls, plan: Plan, query: Mapping[str, str]) -> "OverviewView":
        """Return what the page shows of a plan."""
        choice = Choice.of(query, plan)
        story = plan.tell_story(choice.measure, choice.region)
        region_nl = name_region(choice.region)
        known = _list_known(plan, choice.region)
        return cls(
            choice=choice,
            title=f"{upper_first(MEASURE_NL[choice.measure])} per maand, {region_nl}",
            help_nl=MEASURE_HELP_NL[choice.measure],
            measures=list(MEASURE_NL.items()),
            regions=plan.list_regions(),
            fans=draw_fans(story, list_hits(story)),
            rows=list_rows(story),
            bars=_draw_known(plan, choice.region, known),
            known=known,
            region_nl=region_nl,
            figures=[_tell_quarter(plan), _tell_room(plan), _tell_goal(plan)],
            stages=_list_stages(plan),
            mix=MixView.of(plan, choice.region),
            notes=tell_notes(plan.kept),
        )


def _list_stages(plan: Plan) -> list[StageRow]:
    """Return the steps that the plan tells, with their chances of 95 %."""
    return [
        StageRow(
            STAGE_NL[one["step"]],
            percent_nl(one["mean"]),
            _tell_margin(one["low"], one["high"]),
        )
        for one in plan.kept.get("stages", ())
    ]


def _tell_margin(low: float, high: float) -> str:
    """Return a margin in percents, with a decimal where whole ones would be the same twice."""
    low_nl, high_nl = percent_nl(low), percent_nl(high)
    if low_nl == high_nl:
        low_nl, high_nl = (f"{one_decimal_nl(100 * end)}\N{NO-BREAK SPACE}%" for end in (low, high))
    return f"{low_nl} tot {high_nl}"


def _tell_quarter(plan: Plan) -> Figure:
    label, bands = "Starts in de volgende drie maanden", plan.sums("started", QUARTER)
    if not bands:
        return Figure(label, "niet bekend", "Het plan reikt niet zo ver.")
    low, high = (bands[name] for name in INNER)
    return Figure(
        label, whole(bands[MIDDLE]), f"8 op 10 kans op {between(low, high)}, als er plaats is"
    )


def _tell_room(plan: Plan) -> Figure:
    label, (_, chance) = "Te weinig plaats vanaf", plan.find_break()
    if plan.find_places() is None:
        return Figure(label, "niet bekend", "Vul bij Capaciteit van elke regio in hoeveel er kan.")
    told = f"{chance_nl(chance)} kans dat het binnen {len(plan.months)} maanden krap wordt"
    return Figure(label, name_break(plan), told)


def _tell_goal(plan: Plan) -> Figure:
    row = plan.find_year()
    if row is None:
        return Figure("Kans op het doel van het jaar", "niet bekend", "Er is geen doel ingevuld.")
    goal, expected = number_nl(row["target"]), whole(row["q"][MIDDLE])
    return Figure(
        f"Kans op het doel van {row['year']}",
        chance_nl(row["p"]),
        f"doel {goal}; wij verwachten er {expected}",
    )


def _read_known(plan: Plan, region: str) -> tuple[Sequence[str], Sequence[float], Sequence[float]]:
    """Return months, expected starts and the share of them that known cases are."""
    means = plan.outlook["measures"].get(KNOWN_MEASURE, {}).get(region, {}).get("mean", ())
    shares = plan.outlook.get("known", {}).get(region, ())
    count = min(BAR_MONTHS, len(means), len(shares))
    if max(means[:count], default=0) < FEWEST_SHOWN:
        return (), (), ()  # the parts of so few would tell of single persons
    return plan.months[:count], means[:count], shares[:count]


def _list_known(plan: Plan, region: str) -> list[KnownRow]:
    months, means, shares = _read_known(plan, region)
    return [
        KnownRow(name_full(month), whole(mean), whole(mean * share), percent_nl(share))
        for month, mean, share in zip(months, means, shares, strict=True)
    ]


def _draw_known(plan: Plan, region: str, rows: Sequence[KnownRow]) -> Sequence[Bars]:
    months, means, shares = _read_known(plan, region)
    texts = [f"{row.month}: {row.total}, waarvan {row.share} al bekend" for row in rows]
    return draw_bars(months, means, shares, texts) if months else ()
