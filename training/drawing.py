"""One style for pictures: a title that says the finding, direct labels, colours all can tell apart.

Colours are those of Okabe and Ito (2008), but for grey.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

BLUE, ORANGE, GREEN, PURPLE = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
SKY, INK, GREY, PALE = "#56b4e9", "#333332", "#767676", "#d9d9d9"
DPI = 110


@contextmanager
def without_screen() -> Iterator[None]:
    """Draw for files inside, where no screen may be; a notebook goes on to show its own pictures.

    All pictures that pyplot holds are closed afterwards.
    """
    if "inline" not in mpl.get_backend():  # a notebook whose backend is taken shows nothing more
        plt.switch_backend("Agg")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "IProgress not found")  # a bar that nobody looks at
        yield
    plt.close("all")


def start_picture(
    title: str, size: tuple[float, float] = (8.5, 4.6), columns: int = 1
) -> tuple[Figure, list[Axes]]:
    """Return a figure with its finding as title, and its bare axes beside each other."""
    figure, axes = plt.subplots(
        1, columns, figsize=size, dpi=DPI, layout="constrained", squeeze=False
    )
    figure.suptitle(title, x=0.01, ha="left", fontsize=13, fontweight="bold", color=INK)
    for one in axes[0]:
        one.spines[["top", "right"]].set_visible(False)
        one.spines[["left", "bottom"]].set_color(GREY)
        one.tick_params(colors=INK, length=3)
        one.grid(axis="both", color=PALE, linewidth=0.6)
        one.set_axisbelow(True)
    return figure, list(axes[0])


def name_it(
    axes: Axes,
    x: float,
    y: float,
    text: str,
    colour: str,
    *,
    shift: tuple[float, float] = (6, 0),
    ha: Literal["left", "center", "right"] = "left",
) -> None:
    """Write a label beside what it names, in the same colour; no legend is needed then."""
    axes.annotate(
        text,
        (x, y),
        xytext=shift,
        textcoords="offset points",
        color=colour,
        va="center",
        ha=ha,
        fontsize=10,
    )


def name_ends(axes: Axes, ends: Sequence[tuple[float, float, str, str]], apart: float = 13) -> None:
    """Write labels (x, y, text, colour) at the right of lines, never nearer than some points."""
    last = -np.inf
    for x, y, text, colour in sorted(ends, key=lambda end: end[1]):
        _, height = axes.transData.transform((x, y))
        pixels = apart * axes.get_figure(root=True).dpi / 72  # type: ignore[union-attr]
        lift = max(last + pixels - height, 0.0)
        last = height + lift
        name_it(axes, x, y, text, colour, shift=(6, lift * 72 / DPI))


def draw_intervals(
    axes: Axes,
    labels: Sequence[str],
    values: ArrayLike,
    low: ArrayLike,
    high: ArrayLike,
    colours: Sequence[str],
) -> None:
    """Draw a point with its interval per line, the first on top."""
    rows = np.arange(len(labels))[::-1]
    for row, value, least, most, colour in zip(
        rows, np.asarray(values), np.asarray(low), np.asarray(high), colours, strict=True
    ):
        axes.plot([least, most], [row, row], color=colour, linewidth=2.5, solid_capstyle="butt")
        axes.plot(value, row, "o", color=colour, markersize=7)
    axes.set_yticks(rows, labels)
    axes.set_ylim(-0.6, len(labels) - 0.4)
    axes.grid(axis="y", visible=False)
