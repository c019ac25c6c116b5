"""The funnel plot of the planner: a share per region, inside or outside what chance explains.

A region with few people may be far off by chance alone, one with many may not: the limits come
together to the right. Only regions outside them get a name.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from serving.pages.planning_scale import Ruler, Size, find_step
from serving.wording import number_nl

FUNNEL = Size("wide", 1000, 400, 64, 960, 20, 340, 12)
FUNNEL_NARROW = Size("narrow", 340, 300, 50, 326, 20, 244, 3)
ROOM = 1.05  # beyond the region with most people


@dataclass(frozen=True)
class Spot:
    """A region: of how many people, which share, and whether chance leaves it unexplained."""

    name: str
    of: float
    share: float
    is_outside: bool


@dataclass(frozen=True)
class Limit:
    """Between which shares chance alone puts a region of so many people."""

    of: float
    low: float
    high: float


@dataclass(frozen=True)
class Dot:
    """A region on the paper; `word` is beside it, which goes to the left near the right edge."""

    x: float
    y: float
    is_outside: bool
    word: str
    anchor: str
    text: str


@dataclass(frozen=True)
class Funnel:
    """The drawing: limits of 95 and 99,8 %, the share of all regions together, and the regions."""

    size: Size
    up: Sequence[tuple[float, str]]
    across: Sequence[tuple[float, str]]
    inner: str
    outer: str
    middle: float
    dots: Sequence[Dot]


def draw_funnels(
    spots: Sequence[Spot], inner: Sequence[Limit], outer: Sequence[Limit], middle: float
) -> list[Funnel]:
    """Return the drawing for wide screens and for phones; shares are from 0 to 1."""
    return [_draw(size, spots, inner, outer, middle) for size in (FUNNEL, FUNNEL_NARROW)]


def _draw(
    size: Size,
    spots: Sequence[Spot],
    inner: Sequence[Limit],
    outer: Sequence[Limit],
    middle: float,
) -> Funnel:
    most = max([*(spot.of for spot in spots), 1]) * ROOM
    widest = [one for limit in inner for one in (limit.low, limit.high)]
    shares = [100 * one for one in (*(spot.share for spot in spots), *widest, middle)]
    paper = _Paper(size, Ruler.of(size, shares, 1), most)
    step = find_step(most, size.most_ticks)
    return Funnel(
        size=size,
        up=paper.ruler.list_ticks("\N{NO-BREAK SPACE}%"),
        across=[
            (paper.across(step * n), number_nl(step * n)) for n in range(int(most // step) + 1)
        ],
        inner=paper.shade(inner),
        outer=paper.shade(outer),
        middle=paper.rise(middle),
        dots=[paper.place(spot) for spot in spots],
    )


@dataclass(frozen=True)
class _Paper:
    """Where numbers of people and shares stand."""

    size: Size
    ruler: Ruler
    most: float

    def across(self, people: float) -> float:
        return round(self.size.left + (self.size.right - self.size.left) * people / self.most, 1)

    def rise(self, share: float) -> float:
        return self.ruler.rise(100 * share)

    def shade(self, limits: Sequence[Limit]) -> str:
        seen = [limit for limit in limits if limit.of <= self.most]
        over = [f"{self.across(one.of)},{self.rise(one.high)}" for one in seen]
        under = [f"{self.across(one.of)},{self.rise(one.low)}" for one in reversed(seen)]
        return " ".join([*over, *under])

    def place(self, spot: Spot) -> Dot:
        x = self.across(spot.of)
        is_right = x > (self.size.left + self.size.right) / 2
        percent = number_nl(round(100 * spot.share, 1))
        return Dot(
            x=x,
            y=self.rise(spot.share),
            is_outside=spot.is_outside,
            word=spot.name if spot.is_outside else "",
            anchor="end" if is_right else "start",
            text=f"{spot.name}: {percent}\N{NO-BREAK SPACE}% van {number_nl(round(spot.of))}",
        )
