"""The pictures beside an explanation; every one has a table on the page that says the same."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from features.contract import Contract
from models.estimate import Sums
from models.levels import find_categories
from training.explain import LEAST_POINTS, Explanation, Weight
from training.explain_gain import Fifth
from training.explain_groups import Cases, take_rows
from training.success import Factor
from training.traits import Bools

SHOWN_INPUTS = 12
SHOWN_ROWS = 2000
SHOWN_COLUMNS = 9
BLUE, ORANGE, INK = "#0055cc", "#9f5804", "#333332"
DPI = 110
WHITE_FROM = 0.65  # of the darkest colour: from there white text is the easier to read


@dataclass(frozen=True)
class _Part:
    """What is drawn of p_usual or of the gain: over which rows, and of which groups."""

    name: str
    sums: Sums
    weights: tuple[Weight, ...]
    rows: Bools
    groups: tuple[tuple[str, Bools], ...]


def draw_explanation(found: Explanation, folder: Path, seed: int) -> list[str]:
    """Write the pictures that the explanation has something for, and return their names."""
    names: list[str] = []
    figures: dict[str, Figure] = {}
    for part in _list_parts(found):
        figures[f"{part.name}_bar"] = _draw_bars(part.weights[:SHOWN_INPUTS])
        if part.groups:
            figures[f"{part.name}_groups"] = _draw_groups(part, found.cases.contract)
        names.append(f"{part.name}_beeswarm")
        _draw_swarm(part, found.cases, folder / f"{names[-1]}.png", seed)
    if found.fifths:
        figures["gain_fifths"] = _draw_fifths(found.fifths)
    if found.success.clear:
        figures["success"] = _draw_factors(found.success.clear[:SHOWN_INPUTS])
    for name, figure in figures.items():
        figure.savefig(folder / f"{name}.png", dpi=DPI)
    return [*names, *figures]


def _list_parts(found: Explanation) -> Iterator[_Part]:
    cases, estimates = found.cases, found.cases.estimates
    groups = [
        (f"{a.label_nl}: {one.group.label_nl}", one.group) for a, f in found.groups for one in f
    ]
    everybody = np.ones(len(cases), dtype=np.bool_)
    if found.usual:
        shown = tuple((label, group.rows) for label, group in groups)
        yield _Part("usual", estimates.usual, found.usual, everybody, shown)
    if found.gain:
        shown = tuple((label, group.known) for label, group in groups if group.known.any())
        yield _Part("gain", estimates.gain, found.gain, cases.is_known, shown)


def _draw_bars(weights: Sequence[Weight]) -> Figure:
    figure = Figure(figsize=(8, 0.36 * len(weights) + 1.1), layout="constrained")
    axes = figure.subplots()
    labels = [one.driver.label_nl for one in reversed(weights)]
    values = [one.driver.mean_points for one in reversed(weights)]
    bars = axes.barh(labels, values, color=BLUE)
    axes.bar_label(bars, [_number(value) for value in values], padding=3, color=INK)
    axes.set_xlabel("gemiddelde verschuiving, in punten op 100")
    axes.xaxis.set_major_formatter(_label)
    axes.margins(x=0.12)
    _bare(axes)
    return figure


def _draw_swarm(part: _Part, cases: Cases, path: Path, seed: int) -> None:
    """Draw the SHAP values of some screenings, drawn by lot; points without any key."""
    from training.drawing import without_screen

    with without_screen():
        _draw_shap(part, cases, path, seed)


def _draw_shap(part: _Part, cases: Cases, path: Path, seed: int) -> None:
    import matplotlib.pyplot as plt
    import shap

    shown = np.zeros_like(part.rows)
    drawn = np.random.default_rng(seed).permutation(np.flatnonzero(part.rows))[:SHOWN_ROWS]
    shown[drawn] = True
    # the levels of a category have no order: without a value shap draws them in grey
    values = cases.matrix[shown].copy()
    values[:, list(find_categories(cases.contract))] = np.nan
    explanation = shap.Explanation(
        values=100 * take_rows(part.sums, shown).contributions,
        data=values,
        feature_names=[field.label_nl for field in cases.contract.fields],
    )
    with _seeded(seed), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "All-NaN slice")  # of the categories
        shap.plots.beeswarm(
            explanation,
            max_display=min(SHOWN_INPUTS, len(part.weights)),
            show=False,
            group_remaining_features=False,
            color_bar_label="waarde van het gegeven",
            plot_size=(9, 0.4 * min(SHOWN_INPUTS, len(part.weights)) + 1.5),
        )
    figure = plt.gcf()
    figure.axes[0].set_xlabel("verschuiving bij één inschatting, in punten op 100")
    figure.axes[0].xaxis.set_major_formatter(_label)
    figure.axes[-1].set_yticklabels(["laag", "hoog"])
    figure.savefig(path, dpi=DPI, bbox_inches="tight")
    plt.close(figure)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Draw the same luck inside each time: shap asks numpy for the order of its points."""
    before = np.random.get_state()
    np.random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(before)


def _draw_groups(part: _Part, contract: Contract) -> Figure:
    """Draw by how many points each input moves the mean of a group away from that of all."""
    mean = part.sums.contributions[part.rows].mean(axis=0)
    more = 100 * np.array([part.sums.contributions[r].mean(axis=0) - mean for _, r in part.groups])
    most = np.abs(more).max(axis=0)
    places = np.argsort(-most, kind="stable")[:SHOWN_COLUMNS]
    places = places[: max(1, int((most >= LEAST_POINTS).sum()))]
    more = more[:, places]
    figure = Figure(figsize=(9.5, 0.34 * len(more) + 2.4), layout="constrained")
    axes = figure.subplots()
    bound = max(float(np.abs(more).max()), 1.0)  # less than a point stays pale
    image = axes.imshow(more, cmap="PuOr", vmin=-bound, vmax=bound, aspect="auto")
    labels = [contract.fields[place].label_nl for place in places]
    axes.set_xticks(range(len(places)), labels, rotation=35, ha="right")
    axes.set_yticks(range(len(more)), [label for label, _ in part.groups])
    for (row, column), value in np.ndenumerate(more):
        colour = "white" if abs(value) > WHITE_FROM * bound else INK
        text = _number(float(value), "+") if abs(value) >= LEAST_POINTS else "0"
        axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=8)
    figure.colorbar(image, label="punten op 100, tegenover allen", format=_label)
    return figure


def _draw_fifths(fifths: Sequence[Fifth]) -> Figure:
    figure = Figure(figsize=(7.5, 3.6), layout="constrained")
    axes = figure.subplots()
    names = ["laagste", "tweede", "middelste", "vierde", "hoogste"]
    labels = [
        f"{name}\n({100 * one.usual:.0f} op 100)" for name, one in zip(names, fifths, strict=True)
    ]
    values = [100 * one.gain for one in fifths]
    bars = axes.bar(labels, values, color=[BLUE if value >= 0 else ORANGE for value in values])
    axes.bar_label(bars, [_number(value, "+") for value in values], padding=3, color=INK)
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.set_xlabel("vijfde van de mensen, naar kans zonder extra steun")
    axes.set_ylabel("meerwaarde, in punten op 100")
    axes.yaxis.set_major_formatter(_label)
    axes.margins(y=0.15)
    _bare(axes)
    return figure


def _draw_factors(factors: Sequence[Factor]) -> Figure:
    figure = Figure(figsize=(8.5, 0.4 * len(factors) + 1.2), layout="constrained")
    axes = figure.subplots()
    for place, one in enumerate(reversed(factors)):
        value, low, high = (100 * part for part in (one.more.value, one.more.low, one.more.high))
        colour = BLUE if value >= 0 else ORANGE
        axes.plot([low, high], [place, place], color=colour, linewidth=2)
        axes.plot(value, place, "o", color=colour)
    labels = [f"{one.label_nl}: {one.value_nl}" for one in reversed(factors)]
    axes.set_yticks(range(len(factors)), labels)
    axes.xaxis.set_major_formatter(_label)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_xlabel("verschil in terugkeer, in punten op 100")
    _bare(axes)
    return figure


def _bare(axes: mpl.axes.Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)


def _label(value: float, _place: float = 0) -> str:
    return f"{value:g}".replace(".", ",")


def _number(value: float, sign: str = "") -> str:
    return f"{value:{sign}.1f}".replace(".", ",")
