"""The fan chart of the planner: what was, what is expected, and how sure that is.

History is a line with dots, the expectation a thick line in two bands: of 80 and of 95 %. Nothing
is told by colour alone, and everything stands in the table beside the chart too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from serving.pages.planning_scale import BOTH, Ruler, Size
from serving.wording import number_nl

MIDDLE = "0.5"
INNER, OUTER = ("0.1", "0.9"), ("0.025", "0.975")
FLAT = 0.6  # of the highest: what never falls under it would be a line along the top
Known = Sequence[float | None]


@dataclass(frozen=True)
class Story:
    """What a fan chart shows: months of history and months to come, one after the other.

    `past` has None where a count is hidden or not known; `future` has a row of numbers for each
    quantile. `limit` is what there is room for, per month to come, None where nobody said so.
    """

    past_months: Sequence[str]
    past: Known
    months: Sequence[str]
    future: Mapping[str, Sequence[float]]
    limit: Known = ()


@dataclass(frozen=True)
class Hit:
    """A month to point at: where it stands, and what it then says."""

    x: float
    width: float
    text: str


@dataclass(frozen=True)
class Fan:
    """A drawing of a story on paper of one size; lines and areas are as SVG has them."""

    size: Size
    up: Sequence[tuple[float, str]]
    across: Sequence[tuple[float, str]]
    lines: Sequence[str]
    dots: Sequence[tuple[float, float]]
    outer: str
    inner: str
    middle: str
    edge: float | None
    limits: Sequence[str]
    limit_at: tuple[float, float] | None
    hits: Sequence[Hit]
    foot: str


def draw_fans(story: Story, hits: Sequence[str] = (), *, is_cut: bool = False) -> list[Fan]:
    """Return the drawing for wide screens and paper, and the one for phones."""
    return [draw_fan(story, size, hits, is_cut=is_cut) for size in BOTH]


def draw_fan(story: Story, size: Size, hits: Sequence[str] = (), *, is_cut: bool = False) -> Fan:
    """Return the drawing of a story; `hits` has a text for each month, the past ones first.

    With `is_cut` the drawing leaves out the part from 0 up in which nothing ever happens, and says
    where it begins.
    """
    months = [*story.past_months, *story.months]
    values = [one for one in (*story.past, *story.limit) if one is not None]
    highest, lowest = (story.future.get(name, ()) for name in reversed(OUTER))
    known = [*values, *highest, *lowest]
    low = find_foot(known) if is_cut else 0
    ruler = Ruler.of(size, known, len(months), low=low)
    draw = _Draw(story, ruler)
    limits = draw.list_lines(story.limit, len(story.past))
    return Fan(
        size=size,
        up=ruler.list_ticks(),
        across=ruler.list_months(months),
        lines=draw.list_lines(story.past, 0),
        dots=draw.list_dots(),
        outer=draw.shade(*OUTER),
        inner=draw.shade(*INNER),
        middle=draw.list_middle(),
        edge=round(ruler.across(len(story.past) - 0.5), 1) if story.past and highest else None,
        limits=limits,
        limit_at=draw.find_limit(),
        hits=[
            Hit(round(ruler.across(place) - ruler.width / 2, 1), ruler.width, text)
            for place, text in enumerate(hits)
        ],
        foot=number_nl(ruler.low) if ruler.low else "",
    )


def find_foot(values: Sequence[float]) -> float:
    """Return where a drawing may begin without hiding how large a change is: 0 if that is near."""
    if not values or min(values) < FLAT * max(values):
        return 0
    return max(0, min(values) - (max(values) - min(values)))


@dataclass(frozen=True)
class _Draw:
    """Puts the numbers of a story on a ruler."""

    story: Story
    ruler: Ruler

    def _point(self, place: int, value: float) -> str:
        return f"{self.ruler.across(place)},{self.ruler.rise(value)}"

    def list_lines(self, values: Known, first: int) -> list[str]:
        """Return a line for every run of months that are known."""
        runs: list[list[str]] = [[]]
        for place, value in enumerate(values, first):
            if value is None:
                runs.append([])
            else:
                runs[-1].append(self._point(place, value))
        return [" ".join(run) for run in runs if len(run) > 1]

    def list_dots(self) -> list[tuple[float, float]]:
        """Return the months of history that are known."""
        return [
            (self.ruler.across(place), self.ruler.rise(value))
            for place, value in enumerate(self.story.past)
            if value is not None
        ]

    def _start(self) -> list[str]:
        """Return the last month of history, from which the fan opens, where it is known."""
        past = self.story.past
        if not past or past[-1] is None:
            return []
        return [self._point(len(past) - 1, past[-1])]

    def list_middle(self) -> str:
        """Return the line of the expectation."""
        values = self.story.future.get(MIDDLE, ())
        points = [self._point(n, one) for n, one in enumerate(values, len(self.story.past))]
        return " ".join([*self._start(), *points]) if points else ""

    def shade(self, low: str, high: str) -> str:
        """Return the outline of a band."""
        above, below = (self.story.future.get(name, ()) for name in (high, low))
        first = len(self.story.past)
        over = [self._point(n, one) for n, one in enumerate(above, first)]
        under = [self._point(n, one) for n, one in enumerate(below, first)]
        return " ".join([*self._start(), *over, *reversed(under)]) if over else ""

    def find_limit(self) -> tuple[float, float] | None:
        """Return where the word stands that names the line of what there is room for."""
        known = [one for one in self.story.limit if one is not None]
        return (self.ruler.size.right, self.ruler.rise(known[-1]) - 7) if known else None
