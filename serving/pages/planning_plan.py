"""The kept plan as the pages read it: one door to its JSON, and how its numbers are written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.intake.telling import ALL
from serving.pages.fan_chart import INNER, MIDDLE, OUTER, Story
from serving.pages.planning_scale import read_month
from serving.wording import (
    ALL_REGIONS_NL,
    EN_DASH,
    month_nl,
    number_nl,
    one_decimal_nl,
    op_100,
    region_nl,
)

HIDDEN_NL = "niet getoond"
MOST_SURE = 0.99
MOST_PAST = 24  # months of history in a chart: two years show a season twice


@dataclass(frozen=True)
class Plan:
    """A plan as the store keeps it; what it lacks is empty, never made up."""

    kept: Mapping[str, Any]

    @property
    def outlook(self) -> Mapping[str, Any]:
        """What is expected."""
        found: Mapping[str, Any] = self.kept["outlook"]
        return found

    @property
    def months(self) -> Sequence[str]:
        """The months to come, as 2026-12."""
        return tuple(self.outlook["months"])

    @property
    def regions(self) -> Sequence[str]:
        """The keys of the regions."""
        return tuple(self.outlook["regions"])

    @property
    def gain_differs(self) -> bool:
        """Whether a limit on the gain can choose between people; yes where no plan kept that."""
        return bool((self.kept.get("limits") or {}).get("gain_differs", True))

    def find_region(self, asked: str) -> str:
        """Return the region that was asked for, or all of them for anything else."""
        return asked if asked in self.regions else ALL

    def bands(self, measure: str, region: str = ALL) -> Mapping[str, Sequence[float]]:
        """Return the quantiles of a measure, a number per month each; empty where it has none."""
        found = self.outlook["measures"].get(measure, {}).get(region, {})
        quantiles: Mapping[str, Sequence[float]] = found.get("q", {})
        return quantiles

    def past(self, measure: str, region: str = ALL) -> tuple[Sequence[str], Sequence[float | None]]:
        """Return the last months of history with their counts; hidden or unknown ones are None."""
        history = self.kept["history"]
        counts = (history.get(measure) or {}).get(region)
        if counts is None:
            return (), ()
        return tuple(history["months"][-MOST_PAST:]), tuple(counts[-MOST_PAST:])

    def tell_story(self, measure: str, region: str = ALL, limit: Sequence[float] = ()) -> Story:
        """Return what a fan chart of a measure shows."""
        months, counts = self.past(measure, region)
        return Story(months, counts, self.months, self.bands(measure, region), tuple(limit))

    def find_places(self, region: str = ALL) -> int | None:
        """Return how many pathways there is room for at once; None where nobody said so."""
        found: int | None = (self.outlook.get("capacity") or {}).get(region)
        return found

    def list_limit(self, region: str = ALL) -> Sequence[float]:
        """Return that room per month to come, as a chart has it; empty where nobody said so."""
        places = self.find_places(region)
        return () if places is None else [places] * len(self.months)

    def sums(self, measure: str, months: int, region: str = ALL) -> Mapping[str, float]:
        """Return the quantiles of a measure over the first so many months together."""
        found = self.outlook.get("sums", {}).get(measure, {}).get(str(months), {})
        quantiles: Mapping[str, float] = found.get(region, {}).get("q", {})
        return quantiles

    def find_break(self, region: str = ALL) -> tuple[str | None, float]:
        """Return the month from which there is no room in most draws, and the chance of any."""
        found = self.outlook.get("breaks", {}).get(region, {})
        return found.get("month"), found.get("p") or 0.0

    def find_year(self) -> Mapping[str, Any] | None:
        """Return the first calendar year that has a target and of which the end is in sight."""
        years = (self.kept.get("targets") or {}).get("year_end") or ()
        return next((one for one in years if one["target"] is not None), None)

    def list_regions(self) -> list[tuple[str, str]]:
        """Return the choices of a region: key and name; the first is all of them."""
        return [(ALL, name_region(ALL)), *((key, name_region(key)) for key in self.regions)]


def name_region(key: str) -> str:
    """Return a region in words."""
    return ALL_REGIONS_NL if key == ALL else region_nl(key)


def whole(value: float | None) -> str:
    """Return a number of people; words for one that is hidden or not known."""
    return HIDDEN_NL if value is None else number_nl(round(value))


def decimal(value: float | None) -> str:
    """Return a number with one decimal; words for one that is hidden or not known."""
    return HIDDEN_NL if value is None else one_decimal_nl(value)


def between(low: float, high: float) -> str:
    """Return an interval of whole numbers."""
    return f"{number_nl(round(low))} {EN_DASH} {number_nl(round(high))}"


def between_and(low: float, high: float) -> str:
    """Return an interval of whole numbers in words: 8 en 12."""
    return f"{number_nl(round(low))} en {number_nl(round(high))}"


def chance_nl(p: float) -> str:
    """Return a chance as so many on 100; never all or nothing, as nothing is that sure."""
    if p > MOST_SURE:
        return "meer dan 99 op 100"
    return "minder dan 1 op 100" if p < 1 - MOST_SURE else f"{op_100(p)} op 100"


def name_full(month: str) -> str:
    """Return a month in full: december 2026."""
    return month_nl(read_month(month))


@dataclass(frozen=True)
class FanRow:
    """A month in the table beside a fan chart; history has a count and no interval."""

    month: str
    middle: str
    inner: str
    outer: str
    is_past: bool


def list_rows(story: Story) -> list[FanRow]:
    """Return the table beside a fan chart: what is expected first, then the last year that was."""
    quantiles = (MIDDLE, *INNER, *OUTER)
    columns = [story.future.get(name, ()) for name in quantiles]
    coming = [
        FanRow(name_full(month), whole(m), between(a, b), between(c, d), is_past=False)
        for month, m, a, b, c, d in zip(story.months, *columns, strict=False)
    ]
    was = zip(story.past_months, story.past, strict=True)
    past = [FanRow(name_full(month), whole(count), "", "", is_past=True) for month, count in was]
    return [*past[-12:], *coming]


def list_hits(story: Story) -> list[str]:
    """Return what each month says when it is pointed at."""
    past = [
        f"{name_full(month)}: {whole(count)}"
        for month, count in zip(story.past_months, story.past, strict=True)
    ]
    columns = [story.future.get(name, ()) for name in (MIDDLE, *INNER)]
    coming = [
        f"{name_full(month)}: ongeveer {whole(m)}, 8 op 10 kans op {between(low, high)}"
        for month, m, low, high in zip(story.months, *columns, strict=False)
    ]
    return [*past, *coming]
