"""Counts of regions over consecutive periods, as a forecast reads them.

A count is what entered in a period, whatever its length: forecasts turn it into a rate per day.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from features.errors import KantelpuntError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Dates = NDArray[np.datetime64]
YEAR_DAYS = 365.25
MONTH_DAYS = (27.0, 36.0)  # periods of four or five weeks are months too


class PanelError(KantelpuntError):
    """A table of counts that no forecast can read."""


@dataclass(frozen=True)
class Panel:
    """Counts of regions over consecutive periods.

    `starts` holds the first day of each period and `days` its length, shape (periods,); `counts`
    has shape (regions, periods), NaN where a count is not known. `groups` names the group above
    each region. Raises PanelError for shapes that do not fit, doubled regions, periods out of
    order, lengths below a day, counts below nought and a panel in which nothing is known.
    """

    regions: tuple[str, ...]
    starts: Dates
    days: Floats
    counts: Floats
    groups: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Refuse what does not fit together."""
        fault = find_fault(self)
        if fault:
            raise PanelError(fault)

    @property
    def rates(self) -> Floats:
        """Return the counts per day of the period."""
        return self.counts / self.days

    @property
    def per_year(self) -> int:
        """Return how many periods make a year: 12 for months, 52 for weeks."""
        length = float(np.median(self.days))
        return 12 if MONTH_DAYS[0] <= length <= MONTH_DAYS[1] else max(1, round(YEAR_DAYS / length))

    def until(self, periods: int) -> "Panel":
        """Return the first periods only."""
        return replace(
            self,
            starts=self.starts[:periods],
            days=self.days[:periods],
            counts=self.counts[:, :periods],
        )

    def from_known(self) -> "Panel":
        """Return the panel without the first periods, as far as no count of them is known."""
        first = int(np.argmax(np.isfinite(self.counts).any(axis=0)))
        return replace(
            self,
            starts=self.starts[first:],
            days=self.days[first:],
            counts=self.counts[:, first:],
        )

    def label(self, place: int) -> str:
        """Return the name of a period: the month that holds its middle, or the day of its start."""
        if self.per_year != 12:
            return str(self.starts[place].astype("datetime64[D]"))
        return str(_middle(self.starts, self.days)[place].astype("datetime64[M]"))


def find_fault(panel: Panel) -> str:
    """Return what is wrong with a panel, with what to do; nothing when it can be read."""
    shape = (len(panel.regions), len(panel.starts))
    if panel.counts.shape != shape or panel.days.shape != shape[1:]:
        return f"counts of shape {panel.counts.shape}: expected (regions, periods) = {shape}"
    if panel.groups is not None and len(panel.groups) != len(panel.regions):
        return f"{len(panel.groups)} groups for {len(panel.regions)} regions: name one for each"
    if len(set(panel.regions)) < len(panel.regions):
        return "a region stands in the panel twice: add its counts up first"
    if not (np.isfinite(panel.days) & (panel.days >= 1)).all():
        return "a period is shorter than one day: give the length of each in days"
    return _find_order_fault(panel) or _find_count_fault(panel.counts)


def _find_order_fault(panel: Panel) -> str:
    gap = np.diff(panel.starts.astype("datetime64[D]")).astype(float)
    if (gap <= 0).any():
        return "periods are not in order or one is doubled: sort them, and keep one row for each"
    lengths = panel.days[:-1]
    return (
        "periods do not follow each other: add a row without count for each that is missing"
        if (gap > 1.5 * lengths + 1).any()
        else ""
    )


def _find_count_fault(counts: Floats) -> str:
    known = counts[np.isfinite(counts)]
    if not known.size:
        return "no count is known: bring at least one period of one region"
    return "a count is below nought: correct it, or leave it out" if (known < 0).any() else ""


def months_between(first: str, last: str) -> tuple[str, ...]:
    """Return the calendar months from the first to the last, both as YYYY-MM and both included."""
    begin, end = np.datetime64(first, "M"), np.datetime64(last, "M")
    return tuple(str(month) for month in np.arange(begin, end + 1))


def of_months(
    regions: tuple[str, ...],
    months: tuple[str, ...],
    counts: Floats,
    groups: tuple[str, ...] | None = None,
) -> Panel:
    """Return a panel of consecutive calendar months (YYYY-MM); raises PanelError."""
    starts, days = lay_months(months)
    return Panel(regions, starts, days, np.asarray(counts, dtype=float), groups)


def lay_months(months: tuple[str, ...]) -> tuple[Dates, Floats]:
    """Return the first day and the length in days of calendar months (YYYY-MM)."""
    names = np.array(months, dtype="datetime64[M]")
    starts = names.astype("datetime64[D]")
    return starts, ((names + 1).astype("datetime64[D]") - starts).astype(float)


def look_ahead(panel: Panel, horizon: int) -> tuple[Dates, Floats]:
    """Return the first days and the lengths of the periods after the last one.

    Calendar months follow calendar months. Other periods take the usual length; bring your own
    where a calendar of five-week months says more.
    """
    starts, days = panel.starts.astype("datetime64[D]"), panel.days
    after = starts[-1] + np.timedelta64(int(days[-1]), "D")
    if (starts == starts.astype("datetime64[M]").astype("datetime64[D]")).all() and (
        panel.per_year == 12
    ):
        first = after.astype("datetime64[M]")
        return lay_months(tuple(str(first + step) for step in range(horizon)))
    usual = int(np.median(days))
    return after + np.arange(horizon) * np.timedelta64(usual, "D"), np.full(horizon, float(usual))


def find_phases(starts: Dates, days: Floats, per_year: int) -> Ints:
    """Return the place in the year of each period, from 0 to below `per_year`.

    By the middle of the period, so that months of four and five weeks keep their place.
    """
    middle = _middle(starts, days)
    if per_year == 12:
        months: Ints = middle.astype("datetime64[M]").astype(np.int64) % 12
        return months
    year = middle.astype("datetime64[Y]").astype("datetime64[D]")
    share = (middle - year).astype(float) / 366
    phases: Ints = np.minimum((share * per_year).astype(np.int64), per_year - 1)
    return phases


def _middle(starts: Dates, days: Floats) -> Dates:
    half = (days / 2).astype(np.int64).astype("timedelta64[D]")
    middle: Dates = starts.astype("datetime64[D]") + half
    return middle
