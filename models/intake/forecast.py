"""What comes, per region and period: simulated counts around the best forecast, with notes.

The method is in docs/adr/0023-the-forecast-of-intake.md.
"""

from dataclasses import dataclass, replace

import numpy as np

from models.intake.calibration import choose_origins, measure_layers
from models.intake.choice import Choice
from models.intake.draws import Doubt, draw_paths
from models.intake.layers import fill_gaps, list_members
from models.intake.methods import METHODS, OURS
from models.intake.notes import Note, find_doubt, find_notes
from models.intake.panel import Dates, Floats, Ints, Panel, PanelError
from models.intake.paths import Paths
from models.intake.task import Task


@dataclass(frozen=True)
class Forecast:
    """Simulated counts, the point forecast (regions, horizon), methods per horizon, and notes."""

    paths: Paths
    point: Floats
    methods: tuple[str, ...]
    notes: tuple[Note, ...]


def forecast(
    panel: Panel,
    horizon: int,
    *,
    draws: int = 1000,
    seed: int = 0,
    choice: Choice | None = None,
    ahead: tuple[Dates, Floats] | None = None,
) -> Forecast:
    """Return what comes in the `horizon` periods after the panel.

    `choice` is that of a backtest; without one our own method serves at every horizon. `ahead`
    gives first days and lengths of the periods to come where they are not calendar months or of
    the usual length. The same panel and seed give the same answer, and the order of regions does
    not matter to it. Raises PanelError for a horizon below 1.
    """
    if horizon < 1:
        raise PanelError(f"a horizon of {horizon} periods: expected 1 or more")
    panel, back = _sort(panel.from_known())
    past = choose_origins(len(panel.starts), panel.per_year)
    origins = np.append(past, len(panel.starts))
    task = Task.of(panel, origins, horizon, ahead)
    methods = tuple((choice or Choice((OURS,))).at(step) for step in range(horizon))
    expected = mix_methods(task, methods)
    members = list_members(panel.groups, len(panel.regions))
    came, filled = task.actual()[:-1], fill_gaps(task).actual()[:-1]
    layered = measure_layers(expected[:-1], came, filled, members)
    doubt = find_doubt(panel, horizon)
    days = task.days[len(panel.starts) :]
    point = _bound(expected[-1], days, doubt)
    counts = draw_paths(point, days, layered, doubt, draws, seed)
    paths = Paths(
        tuple(panel.regions[one] for one in back),
        task.starts[len(panel.starts) :],
        days,
        counts[:, back],
    )
    return Forecast(paths, point[back], methods, find_notes(task, layered))


def mix_methods(task: Task, methods: tuple[str, ...]) -> Floats:
    """Return the counts to expect from every origin, at each horizon by its own method."""
    found = np.empty(task.shape)
    for name in dict.fromkeys(methods):
        given_by = METHODS[name](task)
        at = [step for step, one in enumerate(methods) if one == name]
        found[:, :, at] = given_by[:, :, at]
    return found


def _bound(point: Floats, days: Floats, doubt: Doubt) -> Floats:
    """Return the point forecast within what can be.

    At most `Doubt.most`; half an event in the days seen where none ever came.
    """
    least = 0.5 / np.maximum(doubt.empty, 1.0)[:, None] * days
    bounded = np.clip(point, 0.0, doubt.most[:, None] * days)
    return np.where(np.isfinite(doubt.empty)[:, None], least, bounded)


def _sort(panel: Panel) -> tuple[Panel, Ints]:
    """Return the panel in the order of names, and the places that lead back."""
    order = np.argsort(np.array(panel.regions), kind="stable")
    groups = panel.groups and tuple(panel.groups[one] for one in order)
    ordered = replace(
        panel,
        regions=tuple(panel.regions[one] for one in order),
        counts=panel.counts[order],
        groups=groups,
    )
    return ordered, np.argsort(order).astype(np.int64)
