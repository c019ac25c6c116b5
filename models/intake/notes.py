"""What a planner has to know of a forecast: outliers, shifts, gaps, short and empty series."""

from dataclasses import asdict, dataclass

import numpy as np

from models.intake.draws import Doubt, Layered
from models.intake.jumps import Jump
from models.intake.panel import Floats, Panel
from models.intake.task import Task

MOST_TIMES = 3.0  # the highest rate seen so far: no future goes beyond
UNKNOWN_LEVEL = 0.7  # standard deviation of the logarithm of a level that nobody has seen
EVERYWHERE = "all"


@dataclass(frozen=True)
class Note:
    """One remark: `kind` outlier, level_shift, gap, borrowed, fallback or empty."""

    kind: str
    region: str
    month: str
    text: str

    def to_plain(self) -> dict[str, str]:
        """Return it for JSON."""
        return asdict(self)


def find_doubt(panel: Panel, horizon: int) -> Doubt:
    """Return what makes single regions less sure: short, late, missing or empty series."""
    known = np.isfinite(panel.counts)
    seen = known.sum(axis=1)
    short = np.sqrt(1 + panel.per_year / 2 / np.maximum(seen, 1))
    short = np.where(seen < 2 * panel.per_year, short, 1.0)
    late = np.where(seen > 0, np.argmax(known[:, ::-1], axis=1), 0)
    steps = np.arange(1, horizon + 1)
    whole = np.sqrt((steps + late.min()) / steps)
    wider = short[:, None] * np.sqrt((steps + late[:, None]) / steps)
    nothing = (seen > 0) & (np.nansum(panel.counts, axis=1) == 0)
    days = (known * panel.days).sum(axis=1)
    level, empty = np.where(seen == 0, UNKNOWN_LEVEL, 0.0), np.where(nothing, days, np.nan)
    return Doubt(wider, whole, level, empty, _find_most(panel))


def _find_most(panel: Panel) -> Floats:
    """Return the highest rate per day that a region may get; of all of them where it has none."""
    rates = np.where(np.isfinite(panel.rates), panel.rates, -1.0).max(axis=1)
    return np.asarray(MOST_TIMES * np.where(rates >= 0, rates, rates.max()))


def find_notes(task: Task, layered: Layered) -> tuple[Note, ...]:
    """Return all remarks on a panel and its past errors."""
    return (
        *_note_series(task.panel),
        *_note_jumps(task, layered.whole.jumps, (EVERYWHERE,)),
        *_note_jumps(task, layered.regions.jumps, task.panel.regions),
    )


def _note_series(panel: Panel) -> list[Note]:
    notes = []
    for region, row in zip(panel.regions, panel.counts, strict=True):
        known = np.isfinite(row)
        first = int(np.argmax(known))
        if not known.any():
            text = "no count is known: the mean of the other regions, with a wide interval"
            notes.append(Note("fallback", region, panel.label(-1), text))
            continue
        if not np.nansum(row):
            text = "no entry in any period: what that still allows, with its interval"
            notes.append(Note("empty", region, panel.label(-1), text))
        if known.sum() < 2 * panel.per_year:
            text = f"{known.sum()} periods known: season and growth are those of the others"
            notes.append(Note("borrowed", region, panel.label(first), text))
        for place in first + np.flatnonzero(~known[first:]):
            text = "count not known: filled with its part of what the others had"
            notes.append(Note("gap", region, panel.label(int(place)), text))
    return notes


def _note_jumps(task: Task, jumps: tuple[Jump, ...], names: tuple[str, ...]) -> list[Note]:
    """Return outliers and level shifts as remarks."""
    notes = []
    for jump in jumps:
        way = "above" if jump.times > 0 else "below"
        text = f"{abs(jump.times):.1f} times the usual error {way} what was expected"
        text += ", and it stayed" if jump.stays else "; it hardly moves the forecast"
        month = task.panel.label(int(task.origins[jump.origin]))
        kind = "level_shift" if jump.stays else "outlier"
        notes.append(Note(kind, names[jump.part], month, text))
    return notes
