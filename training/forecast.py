"""From a folder to what intake to expect: the road of `kantelpunt forecast` and of a notebook."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from features.entries import Defect, EntryTable, read_entries
from features.rejects import TooManyRejectedError
from features.table_errors import TableError
from features.tables import MAX_REJECTED_SHARE, Extract, find_tables, read_extract
from models.intake.choice import Choice
from models.intake.faults import IntakeError
from models.intake.forecast import Forecast, forecast
from models.intake.notes import Note
from models.intake.outlook import Outlook, simulate
from models.intake.panel import Dates, Floats, Panel
from models.intake.paths import LEVELS
from models.intake.reading import to_panel
from training.config import Config
from training.intake_flow import NoRoadError, build_flow

MEASURES = ("reached", "screened", "referred", "started", "caseload")
ENTERED = "entered"
TOTAL = "all"
NEEDED = ("cases", "pathways")


@dataclass(frozen=True)
class Expected:
    """What was read, what is expected, and what has to be said of both.

    Without an `outlook` of the intake, `why_not` tells why.
    """

    table: EntryTable
    panel: Panel
    forecast: Forecast
    outlook: Outlook | None
    why_not: str
    notes: tuple[str, ...]

    @property
    def as_of(self) -> date:
        """The last day of the last period that counts."""
        last: date = (
            self.panel.starts[-1] + np.timedelta64(int(self.panel.days[-1]) - 1, "D")
        ).item()
        return last


@dataclass(frozen=True)
class Row:
    """One expected number: of a region, a group or the total, in one period."""

    measure: str
    level: str
    name: str
    month: str
    started_on: str
    days: int
    mean: float
    low_95: float
    low_80: float
    median: float
    high_80: float
    high_95: float


def expect_intake(
    data: Path,
    months: int,
    as_of: date | None,
    config: Config,
    *,
    seed: int = 0,
    choice: Choice | None = None,
    max_rejected: float = MAX_REJECTED_SHARE,
    rejected_to: Path | None = None,
) -> Expected:
    """Return what to expect in so many periods after the last one that is known on a day.

    Raises a TableError or TooManyRejectedError for entries that cannot be read; an extract from
    which no road to a pathway can be learnt only leaves out the intake.
    """
    table = read_entries(data, as_of, max_rejected_share=max_rejected, rejected_to=rejected_to)
    panel = to_panel(table)
    draws = config.intake.draws
    ahead = look_ahead_in_weeks(panel, months)
    found = forecast(panel, months, draws=draws, seed=seed, choice=choice, ahead=ahead)
    notes, outlook, why_not = list(_tell_notes(table.notes, found.notes)), None, ""
    if ahead:
        notes.append("periods of four and five weeks are taken to come as in the year before")
    try:
        flow, told = build_flow(_read_extract(data, max_rejected), table, found.paths)
        outlook = simulate(flow, draws=draws, seed=seed)
        notes += told
    except (NoRoadError, IntakeError, TableError, TooManyRejectedError) as error:
        why_not = str(error)
    return Expected(table, panel, found, outlook, why_not, tuple(notes))


def look_ahead_in_weeks(panel: Panel, months: int) -> tuple[Dates, Floats] | None:
    """Return periods to come where months have four or five weeks: as long as a year before.

    None where they are months of the calendar, or all of one length, or known for under a year.
    """
    year, last = panel.per_year, panel.days[-panel.per_year :]
    if year != 12 or len(panel.days) < year or len(set(last.tolist())) == 1:
        return None
    if (panel.starts == panel.starts.astype("datetime64[M]").astype("datetime64[D]")).all():
        return None
    days = np.resize(last, months)
    first = (panel.starts[-1].astype("datetime64[D]")).astype(np.int64) + int(panel.days[-1])
    starts = first + np.append(0, np.cumsum(days)[:-1]).astype(np.int64)
    return starts.astype("datetime64[D]"), days


def _read_extract(data: Path, max_rejected: float) -> Extract:
    if not data.is_dir():
        raise NoRoadError("one file with entries has no cases")
    missing = [name for name in NEEDED if name not in find_tables(data)]
    if missing:
        raise NoRoadError(f"the folder has no table {' and no table '.join(missing)}")
    return read_extract(data, required=("cases",), max_rejected_share=max_rejected)


def _tell_notes(read: Sequence[Defect], forecast_notes: Sequence[Note]) -> Iterator[str]:
    """Yield every remark as a line, those of reading first, then the newest months first."""
    for defect in read:
        yield str(defect)
    named = {(one.kind, one.region, one.month) for one in read}
    for note in sorted(forecast_notes, key=lambda one: one.month, reverse=True):
        if (note.kind, note.region, note.month) not in named:
            yield f"{note.kind.replace('_', ' ')}: {note.region}, {note.month}: {note.text}"


def list_rows(found: Expected) -> list[Row]:
    """Return the expected numbers of every measure: the total first, then groups and regions."""
    rows = list(_list_measure(found, ENTERED, found.forecast.paths.counts.astype(float)))
    if found.outlook:
        for measure in MEASURES:
            rows += _list_measure(found, measure, found.outlook.draws[measure])
    return rows


def _list_measure(found: Expected, measure: str, draws: Floats) -> Iterator[Row]:
    paths, groups = found.forecast.paths, found.panel.groups
    yield from _list_level(found, measure, "total", TOTAL, draws.sum(axis=1))
    for name in sorted(set(groups or ())):
        member = np.array([one == name for one in groups or ()])
        yield from _list_level(found, measure, "group", name, draws[:, member].sum(axis=1))
    for place, name in enumerate(paths.regions):
        yield from _list_level(found, measure, "region", name, draws[:, place])


def _list_level(
    found: Expected, measure: str, level: str, name: str, draws: Floats
) -> Iterator[Row]:
    """Yield a row per period from draws of shape (draws, periods)."""
    mean, quantiles = draws.mean(axis=0), np.quantile(draws, LEVELS, axis=0)
    paths = found.forecast.paths
    for place, name_of_period in enumerate(list_periods(found)):
        start = str(paths.starts[place].astype("datetime64[D]"))
        numbers = (round(float(one), 1) for one in (mean[place], *quantiles[:, place]))
        yield Row(measure, level, name, name_of_period, start, int(paths.days[place]), *numbers)


def list_periods(found: Expected) -> list[str]:
    """Return the names of the periods to come: months, or first days where those are not apart."""
    paths = found.forecast.paths
    starts = paths.starts.astype("datetime64[D]")
    half = (paths.days / 2).astype("timedelta64[D]")
    months = [str(month) for month in (starts + half).astype("datetime64[M]")]
    is_apart = found.panel.per_year == 12 and len(set(months)) == len(months)
    return months if is_apart else [str(day) for day in starts]
