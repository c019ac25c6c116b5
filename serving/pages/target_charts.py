"""Drawings of targets: a year against its goal, and how many work so many months after a start."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from serving.pages.fan_chart import INNER, MIDDLE, OUTER
from serving.pages.planning_scale import Ruler, Size, find_step
from serving.wording import number_nl

YEAR = Size("wide", 1000, 120, 20, 980, 34, 76, 12)
YEAR_NARROW = Size("narrow", 340, 126, 12, 328, 40, 80, 3)
FLOW = Size("wide", 1000, 330, 64, 984, 20, 280, 12)
FLOW_NARROW = Size("narrow", 340, 270, 50, 330, 20, 220, 3)
APART = 0.16  # of the room of a month: groups stand side by side


@dataclass(frozen=True)
class YearBar:
    """A year as one bar: what started so far, what is expected, and the line of the target."""

    size: Size
    done: float
    inner: tuple[float, float]
    outer: tuple[float, float]
    middle: float
    target: float | None
    anchor: str
    across: Sequence[tuple[float, str]]


def draw_year(row: Mapping[str, object], done: float, bands: Mapping[str, float]) -> list[YearBar]:
    """Return the bar of a year for wide screens and for phones; `row` has a target or None."""
    target = row.get("target")
    goal = float(target) if isinstance(target, int | float) else None
    return [_draw_year(size, done, bands, goal) for size in (YEAR, YEAR_NARROW)]


def _draw_year(size: Size, done: float, bands: Mapping[str, float], goal: float | None) -> YearBar:
    most = max(bands[OUTER[1]], goal or 0, 1) * 1.06
    step = find_step(most, 6 if size is YEAR else 3)

    def across(value: float) -> float:
        return round(size.left + (size.right - size.left) * min(value / most, 1), 1)

    count = int(most // step)
    return YearBar(
        size=size,
        done=across(done),
        inner=(across(bands[INNER[0]]), across(bands[INNER[1]])),
        outer=(across(bands[OUTER[0]]), across(bands[OUTER[1]])),
        middle=across(bands[MIDDLE]),
        target=None if goal is None else across(goal),
        anchor="end" if goal is not None and goal > most / 2 else "start",
        across=[(across(step * n), number_nl(step * n)) for n in range(count + 1)],
    )


@dataclass(frozen=True)
class Share:
    """A share with its interval, all from 0 to 1."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Point:
    """A share on the paper, and the ends of its interval."""

    x: float
    y: float
    low: float
    high: float
    look: int


@dataclass(frozen=True)
class Outflow:
    """The drawing: a group of points per month after the start, and what was published."""

    size: Size
    up: Sequence[tuple[float, str]]
    across: Sequence[tuple[float, str]]
    points: Sequence[Point]
    published: Sequence[tuple[float, float]]


def draw_outflow(
    months: Sequence[int], groups: Sequence[Sequence[Share | None]], published: Sequence[float]
) -> list[Outflow]:
    """Return the drawing for wide screens and for phones; each group has a share per month."""
    return [_draw_flow(size, months, groups, published) for size in (FLOW, FLOW_NARROW)]


def _draw_flow(
    size: Size,
    months: Sequence[int],
    groups: Sequence[Sequence[Share | None]],
    published: Sequence[float],
) -> Outflow:
    known = [100 * one.high for group in groups for one in group if one is not None]
    ruler = Ruler.of(size, [*known, *(100 * one for one in published)], len(months))
    points = []
    for look, group in enumerate(groups):
        for place, one in enumerate(group):
            if one is not None:
                x = ruler.across(place + APART * (look + 1 - len(groups) / 2))
                y, low, high = (ruler.rise(100 * v) for v in (one.value, one.low, one.high))
                points.append(Point(x, y, low, high, look))
    beside = -APART * (len(groups) / 2)
    words = [f"{month} maanden" if size is FLOW else str(month) for month in months]
    return Outflow(
        size=size,
        up=ruler.list_ticks("\N{NO-BREAK SPACE}%"),
        across=[(ruler.across(place), word) for place, word in enumerate(words)],
        points=points,
        published=[
            (ruler.across(place + beside), ruler.rise(100 * share))
            for place, share in enumerate(published)
        ],
    )
