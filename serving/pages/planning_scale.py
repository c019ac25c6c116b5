"""Scales of the planner's charts: round numbers up, months across, and where each stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, floor, log10

from babel.dates import format_date
from babel.numbers import format_decimal

from serving.wording import LOCALE

ROUND = (1, 2, 2.5, 5, 10)  # steps that people can count in


@dataclass(frozen=True)
class Size:
    """The paper of a chart in its own units: `left` to `right`, `top` to `bottom` is the drawing.

    `most_months` is how many words fit along the axis.
    """

    name: str
    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    most_months: int
    most_ticks: int = 5


# room at the left for a number of six digits, also in the larger letters of paper
WIDE = Size("wide", 1000, 350, 84, 984, 24, 306, 12)
NARROW = Size("narrow", 340, 260, 60, 330, 22, 218, 3, 4)
SMALL = Size("small", 340, 190, 60, 330, 14, 152, 3, 3)
BOTH = (WIDE, NARROW)


@dataclass(frozen=True)
class Ruler:
    """Turns numbers into places: `low` stands at the foot of the drawing, `high` at its top."""

    size: Size
    low: float
    high: float
    places: int

    @classmethod
    def of(cls, size: Size, values: Sequence[float], places: int, *, low: float = 0) -> "Ruler":
        """Return the ruler for these values, from `low` or whatever lies under it."""
        highest = max([*values, low + 1e-9])
        lowest = min([*values, low]) if low else 0
        step = find_step(highest - lowest, size.most_ticks)
        return cls(size, floor(lowest / step) * step, ceil(highest / step - 1e-9) * step, places)

    def rise(self, value: float) -> float:
        """Return the height of a value, which stays on the paper."""
        size = self.size
        share = (value - self.low) / ((self.high - self.low) or 1)
        return round(size.bottom - (size.bottom - size.top) * min(max(share, 0), 1), 1)

    def across(self, place: float) -> float:
        """Return where the middle of a month stands; months are counted from 0."""
        size = self.size
        return round(size.left + (size.right - size.left) * (place + 0.5) / self.places, 1)

    @property
    def width(self) -> float:
        """How wide a month is."""
        return round((self.size.right - self.size.left) / self.places, 1)

    def list_ticks(self, form: str = "") -> list[tuple[float, str]]:
        """Return the round numbers along the side: height and text; `form` is put behind each."""
        step = find_step(self.high - self.low, self.size.most_ticks)
        count = round((self.high - self.low) / step)
        values = [self.low + step * place for place in range(count + 1)]
        return [(self.rise(value), _write(value) + form) for value in values]

    def list_months(self, months: Sequence[str]) -> list[tuple[float, str]]:
        """Return words along the foot: every month, or only as many as there is room for."""
        step = next(
            n for n in (1, 3, 6, 12, 24, 48, 96) if len(months) / n <= self.size.most_months
        )
        numbers = [(int(month[:4]) * 12 + int(month[5:]) - 1) for month in months]
        chosen = [place for place, number in enumerate(numbers) if number % step == 0]
        return [
            (self.across(place), name_month(months[place], full=place == chosen[0]))
            for place in chosen
        ]


def find_step(span: float, most: int) -> float:
    """Return the smallest round step that parts a span in at most `most` pieces."""
    least = max(span, 1e-9) / most
    power = 10.0 ** floor(log10(least))
    return next(step * power for step in ROUND if step * power >= least * (1 - 1e-9))


def _write(value: float) -> str:
    """Return a round number whole: 0,25 would be another place as 0,2."""
    return str(format_decimal(round(value, 6), "#,##0.######", locale=LOCALE))


def read_month(text: str) -> date:
    """Return the first day of a month as 2026-12."""
    return date(int(text[:4]), int(text[5:7]), 1)


def name_month(text: str, *, full: bool = False) -> str:
    """Return a month in short: mei, but jan 2026 where a year begins or where asked."""
    day = read_month(text)
    form = "MMM y" if full or day.month == 1 else "MMM"
    return format_date(day, form, locale=LOCALE).replace(".", "")
