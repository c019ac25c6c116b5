"""Pictures of a backtest: how far off each method is per horizon, and what its intervals hold."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from models.intake.backtest import Backtest
from training.drawing import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    SKY,
    start_picture,
    without_screen,
)

LAYER = "regions"
LEVEL = 0.8
COLOURS = (GREY, SKY, BLUE, ORANGE, GREEN, PURPLE)


def draw_backtest(found: Backtest, folder: Path) -> None:
    """Write backtest.png into a folder that is made where needed."""
    folder.mkdir(parents=True, exist_ok=True)
    with without_screen():
        figure, (left, right) = start_picture(_tell(found), columns=2)
        _draw_lines(left, found, "mase", "MASE: error beside that of the seasonal naive")
        _draw_lines(right, found, "coverage", "share within the interval of 80 %")
        right.axhline(LEVEL, color=INK, linewidth=1, linestyle=":")
        right.set_ylim(0, 1)
        left.set_ylim(0, None)
        left.legend(frameon=False, fontsize=9)
        figure.savefig(folder / "backtest.png")


def _tell(found: Backtest) -> str:
    """Return the finding: the method that serves most horizons, and how far off it is."""
    methods = found.choice.methods
    usual = max(dict.fromkeys(methods), key=methods.count)
    means = {name: np.nanmean(layers[LAYER].mase) for name, layers in found.scores.items()}
    return (
        f"{usual} serves {methods.count(usual)} of {len(methods)} horizons: MASE {means[usual]:.2f}"
    )


def _draw_lines(axes: Axes, found: Backtest, figure: str, title: str) -> None:
    ahead = np.arange(1, found.horizon + 1)
    for place, (name, layers) in enumerate(found.scores.items()):
        scores = layers[LAYER]
        values = scores.mase if figure == "mase" else scores.coverage[LEVEL]
        colour = COLOURS[place % len(COLOURS)]
        axes.plot(ahead, values, color=colour, marker="o", markersize=3, label=name)
    axes.set_title(title, fontsize=10, loc="left")
    axes.set_xlabel("periods ahead")
