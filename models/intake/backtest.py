"""How good each way to forecast was from origins in the past, and which one serves from now on.

A forecast, and the past errors behind its interval, read nothing at or after the origin, but for
one thing: the first share of a region that begins late is that of its first half year, also where
that lies after the origin. It flatters `layered` for such regions a little. The way is chosen on
the origins that it is shown with, which flatters it a little too.
"""

from dataclasses import dataclass

import numpy as np

from models.intake.calibration import choose_origins, measure_layers
from models.intake.choice import TOLERANCE, Choice, choose
from models.intake.draws import draw_paths
from models.intake.layers import fill_gaps, list_members
from models.intake.methods import METHODS
from models.intake.notes import find_doubt
from models.intake.panel import Floats, Ints, Panel, PanelError
from models.intake.scores import Scores, find_levels, find_scale, score
from models.intake.task import Task

DRAWS = 400
LAYERS = ("regions", "groups", "total")
Drawn = tuple[Floats, Floats]  # quantiles and point forecasts of one layer from one origin


@dataclass(frozen=True)
class Backtest:
    """Scores of every method at each layer ("regions", "groups", "total") and horizon.

    `origins` names the last period that each origin knows.
    """

    origins: tuple[str, ...]
    horizon: int
    scores: dict[str, dict[str, Scores]]
    choice: Choice

    def to_plain(self) -> dict[str, object]:
        """Return it for JSON: per method and layer, lists per horizon and their means."""
        return {
            "origins": list(self.origins),
            "horizon": self.horizon,
            "methods": {
                name: {layer: one.to_plain() for layer, one in layers.items()}
                for name, layers in self.scores.items()
            },
            "choice": list(self.choice.methods),
            "tolerance": TOLERANCE,
        }


def backtest(
    panel: Panel,
    horizon: int = 12,
    origins: int = 12,
    levels: tuple[float, ...] = (0.8, 0.95),
    *,
    methods: tuple[str, ...] = tuple(METHODS),
    draws: int = DRAWS,
    seed: int = 0,
) -> Backtest:
    """Return the scores of each method from the last origins of which all that came is known.

    Raises PanelError where the panel is too short for one origin that knows half a year.
    """
    panel = panel.from_known()
    tested = find_tested(panel, horizon, origins)
    scales = _find_scales(panel, int(tested[0]))
    scores = {}
    for name in methods:
        found = [_try(panel, name, tested, horizon, find_levels(levels), draws, seed)]
        scores[name] = {
            layer: score(*found[0][place], scales[place], levels)
            for place, layer in enumerate(LAYERS)
        }
    regions = {name: layers["regions"].mase for name, layers in scores.items()}
    labels = tuple(panel.label(int(one) - 1) for one in tested)
    return Backtest(labels, horizon, scores, choose(regions, horizon))


def find_tested(panel: Panel, horizon: int, origins: int) -> Ints:
    """Return the last origins from which the whole horizon is known."""
    last = len(panel.starts) - horizon
    first = max(last - origins + 1, max(panel.per_year // 2, 3))
    if first > last:
        raise PanelError(
            f"{len(panel.starts)} periods are too few to test {horizon} ahead: "
            f"bring at least {horizon + max(panel.per_year // 2, 3)}, or test a nearer horizon"
        )
    return np.arange(first, last + 1, dtype=np.int64)


def _try(
    panel: Panel,
    name: str,
    tested: Ints,
    horizon: int,
    levels: tuple[float, ...],
    draws: int,
    seed: int,
) -> list[tuple[Floats, Floats, Floats]]:
    """Return per layer what `score` takes: quantiles, point forecasts and what came."""
    past = choose_origins(int(tested[0]), panel.per_year)
    task = Task.of(panel, np.unique(np.concatenate([past, tested])), horizon)
    expected, came = METHODS[name](task), task.actual()
    kept: list[list[Drawn]] = [[], [], []]
    for one in tested:
        here = int(np.searchsorted(task.origins, one))
        counts = _draw(task, expected, here, draws, seed)
        for place, layer in enumerate(_sum_layers(panel, counts)):
            point = _sum_layers(panel, expected[here][None])[place][0]
            kept[place].append((np.quantile(layer, levels, axis=0), point))
    which = np.searchsorted(task.origins, tested)
    truth = _sum_layers(panel, came[which])
    return [
        (np.stack([q for q, _ in kept[at]]), np.stack([p for _, p in kept[at]]), truth[at])
        for at in range(len(LAYERS))
    ]


def _draw(task: Task, expected: Floats, here: int, draws: int, seed: int) -> Floats:
    """Return simulated counts from one origin, with errors of origins before it only."""
    origin = int(task.origins[here])
    before = np.isin(task.origins, choose_origins(origin, task.per_year))
    known = Task.of(task.panel.until(origin), task.origins[before], task.horizon)
    members = list_members(task.panel.groups, len(task.panel.regions))
    came, filled = known.actual(), fill_gaps(known).actual()
    layered = measure_layers(expected[before], came, filled, members)
    days = task.days[origin : origin + task.horizon]
    doubt = find_doubt(known.panel, task.horizon)
    return draw_paths(expected[here], days, layered, doubt, draws, seed).astype(float)


def _sum_layers(panel: Panel, counts: Floats) -> tuple[Floats, Floats, Floats]:
    """Return (..., parts, horizon) of regions, groups and the total."""
    members = list_members(panel.groups, len(panel.regions))
    groups = np.stack([counts[:, one].sum(axis=1) for one in members], axis=1)
    return counts, groups, groups.sum(axis=1, keepdims=True)


def _find_scales(panel: Panel, first: int) -> list[Floats]:
    layers = _sum_layers(panel, panel.counts[None, :, :first])
    return [find_scale(one[0], panel.per_year) for one in layers]
