"""Bars per month of the planner: how much is already known to come, and what is still to begin."""

from collections.abc import Sequence
from dataclasses import dataclass

from serving.pages.planning_scale import BOTH, Ruler, Size

THICK = 0.62  # of the room of a month


@dataclass(frozen=True)
class Stack:
    """The bar of a month: the part that is known below, the rest above it."""

    x: float
    width: float
    known: tuple[float, float]
    rest: tuple[float, float]
    text: str


@dataclass(frozen=True)
class Bars:
    """A drawing of bars on paper of one size; parts are given as top and height."""

    size: Size
    up: Sequence[tuple[float, str]]
    across: Sequence[tuple[float, str]]
    stacks: Sequence[Stack]


def draw_bars(
    months: Sequence[str], totals: Sequence[float], known: Sequence[float], texts: Sequence[str]
) -> list[Bars]:
    """Return the bars for wide screens and for phones; `known` is of each total, from 0 to 1."""
    return [_draw(size, months, totals, known, texts) for size in BOTH]


def _draw(
    size: Size,
    months: Sequence[str],
    totals: Sequence[float],
    known: Sequence[float],
    texts: Sequence[str],
) -> Bars:
    ruler = Ruler.of(size, totals, len(months))
    thick = round(ruler.width * THICK, 1)
    stacks = []
    for place, (total, share, text) in enumerate(zip(totals, known, texts, strict=True)):
        top, cut = ruler.rise(total), ruler.rise(total * share)
        x = round(ruler.across(place) - thick / 2, 1)
        parts = (cut, round(size.bottom - cut, 1)), (top, round(cut - top, 1))
        stacks.append(Stack(x, thick, *parts, text))
    return Bars(size, ruler.list_ticks(), ruler.list_months(months), stacks)
