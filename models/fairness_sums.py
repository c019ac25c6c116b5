"""The rates of an audit as ratios of sums over rows, for all groups at once."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.group_draws import Cells, Places, draw_weights
from models.suggestion import Suggestion

Floats = NDArray[np.float64]
Ratios = Mapping[str, Floats]
TURNED_AWAY = (Suggestion.OWN_WAY, Suggestion.NOT_YET)
# what is measured, in order
MEASURES = (
    "selection",
    "missed_gain",
    "false_own_way",
    "mean_error",
    "mean_gain",
    "top_first",
    "top_second",
    "slope",
)
ERRORS = ("missed_gain", "false_own_way")
COMPARED = ("selection", *ERRORS)  # these have a ratio to the best-off group
SHARES = (*COMPARED, "top_first", "top_second")  # these lie between 0 and 1
INTERVAL = (0.025, 0.975)
_COMPARED = [MEASURES.index(name) for name in COMPARED]


@dataclass(frozen=True)
class AuditRows:
    """Screenings as an audit sees them; nothing of a person but a number that tells them apart.

    `gain` is NaN where it is not known: estimated, or the truth where a test knows it. The highest
    `priority` comes first on a list. `returned` is NaN and `weight` 0 where the outcome is not
    known; weights are for censoring. `gain_differs` tells whether the gain is one of each person.
    """

    person: Places
    suggestion: NDArray[np.object_]
    p_usual: Floats
    gain: Floats
    priority: Floats
    returned: Floats
    weight: Floats
    gain_differs: bool = True

    def __len__(self) -> int:
        """Return the number of screenings."""
        return len(self.person)


@dataclass(frozen=True)
class Totals:
    """What each row adds to the numerator and the denominator of each rate.

    `slope` holds the five sums of a straight line of the outcome on the estimate. `counted` tells
    which rows a rate rests on. `gain_differs` tells whether a missed gain can be an error.
    """

    above: Floats
    below: Floats
    slope: Floats
    counted: Floats
    gain_differs: bool

    @property
    def count(self) -> int:
        """The number of rows."""
        return len(self.above)

    @property
    def compared(self) -> Floats:
        """Per row and rate of `COMPARED`, what is bad: not to be referred, or an error."""
        found = self.above[:, _COMPARED].copy()
        found[:, 0] = 1 - found[:, 0]
        return found

    @property
    def under(self) -> Floats:
        """Per row and rate of `COMPARED`, the denominator."""
        return self.below[:, _COMPARED]

    @property
    def event_shares(self) -> Floats:
        """Per rate of `COMPARED`, the share of all rows that are referred, or an error."""
        found: Floats = (self.above[:, _COMPARED] > 0).mean(axis=0) if self.count else np.zeros(3)
        return found

    @property
    def judged(self) -> tuple[str, ...]:
        """The error rates that a verdict rests on.

        Where the gain is the same for all it cannot tell who was turned away wrongly.
        """
        some = dict(zip(COMPARED, self.event_shares > 0, strict=True))
        return tuple(n for n in ERRORS if some[n] and (n != "missed_gain" or self.gain_differs))

    @classmethod
    def of(cls, rows: AuditRows, top_shares: tuple[float, float]) -> "Totals":
        """Return the totals of rows.

        `missed_gain` is the part of all gain above 0 that lies with people who are not to be
        referred; `false_own_way` the part of those who did not return of whom it was said that
        they would on their own.
        """
        referred = rows.suggestion == Suggestion.REFER
        own_way = rows.suggestion == Suggestion.OWN_WAY
        away = np.isin(rows.suggestion, TURNED_AWAY)
        known = rows.weight > 0
        w, y, p = rows.weight, np.where(known, rows.returned, 0.0), rows.p_usual
        has_gain = ~np.isnan(rows.gain)
        gain = np.where(has_gain, rows.gain, 0.0)
        more, one = np.maximum(gain, 0.0), np.ones(len(rows))
        tops = [_take_highest(rows.priority, share) for share in top_shares]
        lost = w * (1 - y)
        above = [referred, more * away, lost * own_way, w * (p - y), gain, *tops]
        below = [one, more, lost, w, has_gain, one, one]
        counted = [one, more > 0, lost > 0, known, has_gain, one, one, known]
        return cls(
            np.column_stack(above).astype(float),
            np.column_stack(below).astype(float),
            np.column_stack([w, w * p, w * y, w * p * p, w * p * y]),
            np.column_stack(counted).astype(float),
            rows.gain_differs,
        )


def _take_highest(priority: Floats, share: float) -> Floats:
    """Return 1 for the share of rows with the highest priority; of equals each gets its part."""
    _, place = np.unique(-priority, return_inverse=True)
    mass = np.bincount(place)
    room = share * len(priority) - (np.cumsum(mass) - mass)
    part: Floats = np.clip(room / mass, 0, 1)[place]
    return part


@dataclass(frozen=True)
class Rates:
    """Rates per cell: value, low and high (3 by cells by measures), and how many rows they rest on.

    `sums` and `drawn` are the numerators and denominators of `COMPARED`, as they are and drawn.
    """

    bounded: Floats
    counts: Floats
    sums: Floats
    drawn: Floats


def draw_rates(totals: Totals, cells: Cells, person: Places, draws: int, seed: int) -> Rates:
    """Return the rates with intervals from persons drawn again, stratified by every partition."""
    values = np.column_stack([totals.above, totals.below, totals.slope])
    width = totals.above.shape[1]
    chosen = [MEASURES.index(name) for name in COMPARED]
    columns = [*chosen, *(width + place for place in chosen)]
    sums = cells.add_up(values)
    rates = np.empty((draws, len(cells), len(MEASURES)))
    drawn = np.empty((draws, len(cells), len(columns)))
    for number, weight in enumerate(draw_weights(person, draws, seed)):
        again = cells.add_up(values * weight[:, None])
        rates[number], drawn[number] = _divide(again, width), again[:, columns]
    low, high = np.quantile(rates, INTERVAL, axis=0) if len(cells) else rates[:2]
    counts, value = cells.add_up(totals.counted), _divide(sums, width)
    most = _bound_none(counts)
    shares = np.isin(MEASURES, SHARES)
    high = np.where(shares & (value <= 0), most, high)
    low = np.where(shares & (value >= 1), 1 - most, low)
    return Rates(np.stack([value, low, high]), counts, sums[:, columns], drawn)


def _bound_none(counts: Floats) -> Floats:
    """Return the highest rate at which none among so many is no wonder (Clopper and Pearson).

    Where no error was seen, drawing people again shows none either.
    """
    most: Floats = 1 - INTERVAL[0] ** (1 / np.maximum(counts, 1))
    return most


def _divide(sums: Floats, width: int) -> Floats:
    """Return the rates of cells from their sums; NaN where nothing can be divided by."""
    above, below = sums[:, :width], sums[:, width : 2 * width]
    w, wp, wy, wpp, wpy = sums[:, 2 * width :].T
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = wpp - wp**2 / w
        slope = np.where(spread > 1e-9 * w, (wpy - wp * wy / w) / spread, np.nan)
        return np.column_stack([np.where(below > 0, above / below, np.nan), slope])


def measure_overall(totals: Totals) -> dict[str, float]:
    """Return the rates over all rows, as far as there are any."""
    values = np.column_stack([totals.above, totals.below, totals.slope])
    rates = _divide(values.sum(axis=0)[None, :], totals.above.shape[1])[0]
    return {n: float(v) for n, v in zip(MEASURES, rates, strict=True) if np.isfinite(v)}


def find_ratios(
    totals: Totals, cells: Cells, rates: Rates, can_judge: NDArray[np.bool_]
) -> dict[str, Floats]:
    """Return how much worse off each cell is than the best-off other one of its partition.

    Value, low and high by cells, NaN where a cell is not compared; less than 1 for the best-off.
    To each rate one referral or error is added, and as many rows as overall go with one: so no
    rate is 0, a ratio of few is drawn towards 1, and where all are alike it stays 1 on average.
    """
    found = {}
    width = len(COMPARED)
    for place, name in enumerate(COMPARED):
        column = MEASURES.index(name)
        above, below = totals.above[:, column].sum(), totals.below[:, column].sum()
        events = max(float((totals.above[:, column] > 0).sum()), 1.0)
        one = np.array([above, below]) / events
        ok = can_judge[:, place]
        pair = [place, width + place]
        values = (rates.sums[:, pair] + one).T
        drawn = np.moveaxis(rates.drawn[:, :, pair] + one, 2, 0)
        if above <= 0:
            found[name] = np.full((3, len(cells)), np.nan)
            continue
        rate, again = values[0] / values[1], drawn[0] / drawn[1]
        none = _bound_none(rates.counts[:, column])
        most = np.where(rates.sums[:, place] > 0, 0.0, none)
        if name not in ERRORS:  # to be chosen is a good: who is chosen least is worst off
            rate, again, most = 1 / rate, 1 / again, np.zeros(len(cells))
        found[name] = _compare(rate, again, most, cells, ok)
    return found


def _compare(
    rate: Floats, again: Floats, most: Floats, cells: Cells, ok: NDArray[np.bool_]
) -> Floats:
    """Return the ratios; `most` is the rate that a cell without any error may still have."""
    found = np.full((3, len(rate)), np.nan)
    for number in np.unique(cells.partition):
        members = np.flatnonzero((cells.partition == number) & ok)
        if len(members) < 2:
            continue
        order = members[np.argsort(rate[members], kind="stable")]
        best = np.where(members == order[0], order[1], order[0])
        found[0, members] = rate[members] / rate[best]
        found[1:, members] = np.quantile(again[:, members] / again[:, best], INTERVAL, axis=0)
        found[2, members] = np.maximum(found[2, members], most[members] / rate[best])
    return found
