"""Lines beside each other for the planner: up to four scenarios, each with dashes of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from serving.pages.planning_scale import BOTH, Ruler, Size

# colours that also colour-blind people tell apart, and dashes for whoever sees none
LOOKS = (("#003b8e", ""), ("#9f5804", "10 5"), ("#007a37", "3 5"), ("#8a1ca8", "14 4 3 4"))
LETTER = 22  # room for a letter at the right end
SIZES = tuple(replace(size, right=size.right - LETTER) for size in BOTH)
NEAR = 18  # closer together two names would overlap


@dataclass(frozen=True)
class Strand:
    """One line: its name and a number per month."""

    name: str
    values: Sequence[float]


@dataclass(frozen=True)
class Drawn:
    """A line on the paper; `word` is the height of its letter at the right end."""

    letter: str
    name: str
    colour: str
    dash: str
    line: str
    end: tuple[float, float]
    word: float


@dataclass(frozen=True)
class Compare:
    """Lines on paper of one size."""

    size: Size
    up: Sequence[tuple[float, str]]
    across: Sequence[tuple[float, str]]
    strands: Sequence[Drawn]


def draw_compares(
    months: Sequence[str], strands: Sequence[Strand], *, words: Sequence[str] = ()
) -> list[Compare]:
    """Return the lines for wide screens and for phones; `words` stand along the foot instead."""
    return [_draw(size, months, strands, words) for size in SIZES]


def _draw(
    size: Size, months: Sequence[str], strands: Sequence[Strand], words: Sequence[str]
) -> Compare:
    places = len(words or months)
    ruler = Ruler.of(size, [one for strand in strands for one in strand.values], places)
    along = [(ruler.across(place), word) for place, word in enumerate(words)]
    ends = [ruler.rise(strand.values[-1]) for strand in strands]
    heights = _part(ends)
    drawn = [
        Drawn(
            letter="ABCD"[place],
            name=strand.name,
            colour=LOOKS[place][0],
            dash=LOOKS[place][1],
            line=" ".join(
                f"{ruler.across(n)},{ruler.rise(v)}" for n, v in enumerate(strand.values)
            ),
            end=(ruler.across(places - 1), ends[place]),
            word=heights[place],
        )
        for place, strand in enumerate(strands)
    ]
    return Compare(size, ruler.list_ticks(), along or ruler.list_months(months), drawn)


def _part(heights: Sequence[float]) -> list[float]:
    """Return heights in which no two are so near that words would overlap."""
    order = sorted(range(len(heights)), key=lambda n: heights[n])
    placed = list(heights)
    for before, after in pairwise(order):
        placed[after] = max(placed[after], placed[before] + NEAR)
    return [round(one, 1) for one in placed]
