"""The return curve as a small picture and as the table beside it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from serving.assessment import Assessment
from serving.estimate_view import ChanceView, EstimateView, see_chance
from serving.store.cases import Bounds

WIDTH, HEIGHT = 340, 236
LEFT, RIGHT, TOP, BOTTOM = 38, 334, 12, 184
MARGIN = 16
TICKS = (0, 25, 50, 75, 100)


@dataclass(frozen=True)
class Unit:
    """What time is counted in."""

    name_nl: str
    days: float


MONTH, DAY = Unit("maanden", 365.25 / 12), Unit("dagen", 1)
NEAR = 3  # days: a month has 28 to 31 of them


@dataclass(frozen=True)
class Mark:
    """A chance in the picture: its place, and the ends of its interval."""

    x: float
    y: float
    low: float
    high: float


@dataclass(frozen=True)
class CurveRow:
    """A row of the table: by when, in days and in the unit of the table, and the chances."""

    days: int
    count: int
    usual: ChanceView
    support: ChanceView | None


@dataclass(frozen=True)
class CurveView:
    """The picture and the table; `support` is empty where the gain of support is not known."""

    rows: Sequence[CurveRow]
    usual: Sequence[Mark]
    support: Sequence[Mark]
    days: Sequence[tuple[float, int]]
    ticks: Sequence[tuple[float, int]]
    unit_nl: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT
    bottom: int = BOTTOM

    @property
    def lag_nl(self) -> str:
        """What to say where support first delays the return that it makes likelier later."""
        more = [row.support.op_100 - row.usual.op_100 for row in self.rows if row.support]
        behind = list(takewhile(lambda points: points < 0, more))
        after = more[len(behind) :]
        if not behind or not any(after) or min(after) < 0:
            return ""
        return (
            f"Tot en met {self.rows[len(behind) - 1].count} {self.unit_nl} ligt de geschatte kans "
            "met steun lager: een traject vraagt tijd, en wie het volgt hervat intussen vaak "
            f"minder. {'Daarna' if all(after) else 'Later'} ligt ze hoger."
        )

    def draw(self, marks: Sequence[Mark]) -> str:
        """Return the line through marks, as SVG has it: on the first day nobody is back."""
        return " ".join([f"{self.left},{self.bottom}", *(f"{mark.x},{mark.y}" for mark in marks)])

    def shade(self, marks: Sequence[Mark]) -> str:
        """Return the outline of the band of marks, as SVG has it."""
        above = [f"{mark.x},{mark.high}" for mark in marks]
        below = [f"{mark.x},{mark.low}" for mark in reversed(marks)]
        return " ".join([f"{self.left},{self.bottom}", *above, *below])


def build_curve(a: Assessment, shown: EstimateView) -> CurveView | None:
    """Return the curve of an assessment; None where it has none.

    At the horizon its table shows the numbers of `shown`, which were rounded to add up.
    """
    if not a.curve:
        return None
    last = a.curve[-1].days
    usual = [(p.days, Bounds(p.usual, p.usual_low, p.usual_high)) for p in a.curve]
    support = [
        (p.days, Bounds(p.support, p.support_low, p.support_high))
        for p in a.curve
        if p.support is not None and p.support_low is not None and p.support_high is not None
    ]
    seen = {days: see_chance(found) for days, found in support}
    unit = _find_unit([days for days, _ in usual])
    rows = [CurveRow(d, round(d / unit.days), see_chance(b), seen.get(d)) for d, b in usual]
    horizon = a.contract.outcome.horizon_days
    return CurveView(
        rows=[
            replace(row, usual=shown.usual, support=shown.support) if row.days == horizon else row
            for row in rows
        ],
        usual=[_mark(_across(days, last), found) for days, found in usual],
        support=[_mark(_across(days, last), found) for days, found in support],
        days=[(LEFT, 0), *((_across(row.days, last), row.count) for row in rows)],
        unit_nl=unit.name_nl,
        ticks=[(_up(tick / 100), tick) for tick in TICKS],
    )


def _find_unit(days: Sequence[int]) -> Unit:
    """Return months where every day is one of whole months, else days."""
    is_whole = all(abs(one - round(one / MONTH.days) * MONTH.days) <= NEAR for one in days)
    return MONTH if is_whole else DAY


def _mark(x: float, found: Bounds) -> Mark:
    return Mark(round(x, 1), _up(found.value), _up(found.low), _up(found.high))


def _across(days: int, last: int) -> float:
    return round(LEFT + (RIGHT - MARGIN - LEFT) * days / last, 1)


def _up(chance: float) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * chance, 1)
