"""What a planner has to know of a forecast: outliers, shifts, gaps, short and empty series."""

from dataclasses import asdict, dataclass

import numpy as np

from models.intake.draws import Doubt, Layered
from models.intake.panel import Floats, Panel
from models.intake.task import Task

OUTLIER = 4.0  # times the usual error of the next period
SHIFT_PERIODS = 6
SHIFTED = 2.0  # times the usual error, in the middle of the periods after it
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
    wider = short[:, None] * np.sqrt((steps + late[:, None]) / steps)
    nothing = (seen > 0) & (np.nansum(panel.counts, axis=1) == 0)
    days = (known * panel.days).sum(axis=1)
    return Doubt(wider, np.where(seen == 0, UNKNOWN_LEVEL, 0.0), np.where(nothing, days, np.nan))


def find_notes(task: Task, layered: Layered) -> tuple[Note, ...]:
    """Return all remarks on a panel and its past errors."""
    return (
        *_note_series(task.panel),
        *_note_jumps(task, layered.whole.off, (EVERYWHERE,)),
        *_note_jumps(task, layered.regions.off, task.panel.regions),
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


def _note_jumps(task: Task, off: Floats, names: tuple[str, ...]) -> list[Note]:
    """Return outliers and level shifts: `off` (origins, parts, horizon) on a common scale."""
    notes = []
    for place, name in enumerate(names):
        errors = off[:, place]
        usual = 1.4826 * np.nanmedian(np.abs(errors[:, 0])) if np.isfinite(errors).any() else 0.0
        for at in np.flatnonzero(np.abs(errors[:, 0]) > OUTLIER * max(usual, 1.0)):
            after = errors[at, 1:SHIFT_PERIODS]
            after = after[np.isfinite(after)]
            side = np.sign(errors[at, 0])
            stays = after.size >= 3 and np.median(after) * side > SHIFTED * max(usual, 1.0)
            kind = "level_shift" if stays else "outlier"
            way = "above" if side > 0 else "below"
            times = abs(errors[at, 0]) / max(usual, 1.0)
            text = f"{times:.1f} times the usual error {way} what was expected" + (
                ", and it stayed" if stays else "; it hardly moves the forecast"
            )
            notes.append(Note(kind, name, task.panel.label(int(task.origins[at])), text))
    return notes
