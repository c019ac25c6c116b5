"""Pictures of a training run: calibration, lift, and what drives the estimates."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from models.screening import ScreeningModel
from models.usual import Sample
from training.config import EvaluateConfig
from training.evaluate import NINETY_FIVE_PERCENT, Measured, bin_calibration
from training.fairness_report import draw_tradeoff
from training.pipeline import Trained
from training.rivals import OURS

SHOWN_ROWS = 2000


def draw_plots(trained: Trained, config: EvaluateConfig, folder: Path) -> None:
    """Write calibration.png, lift.png, fairness.png and shap_summary.png into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    _draw_calibration(trained, config).savefig(folder / "calibration.png", dpi=120)
    _draw_lift(trained, config).savefig(folder / "lift.png", dpi=120)
    if points := trained.fairness.tradeoff:
        draw_tradeoff(points, trained.fairness.audit.most_ratio, folder / "fairness.png")
    _draw_summary(trained.model, trained.test, folder / "shap_summary.png")


def _draw_calibration(trained: Trained, config: EvaluateConfig) -> Figure:
    test = trained.test
    found = bin_calibration(trained.estimated, test.target, test.weight, config.bins)
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    estimated = np.array([one.estimated for one in found])
    returned = np.array([one.returned for one in found])
    error = NINETY_FIVE_PERCENT * np.sqrt(returned * (1 - returned) / [one.count for one in found])
    axes.errorbar(estimated, returned, yerr=error, fmt="o", capsize=3, color="#0055cc")
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="estimated chance", ylabel="share that returned")
    axes.set_title("Calibration on the test window, with 95 % intervals")
    return figure


def _draw_lift(trained: Trained, config: EvaluateConfig) -> Figure:
    figures = trained.figures[OURS]
    overall = float(np.average(trained.test.target, weights=trained.test.weight))
    shares = [f"{share * 100:.0f}" for share in config.top_shares]
    names = [f"lowest_{s}" for s in shares] + [f"highest_{s}" for s in reversed(shares)]
    stayed = [figures[f"precision_lowest_{s}"] for s in shares]
    bars = [Measured(1 - one.value, 1 - one.high, 1 - one.low) for one in stayed]
    bars += [figures[f"returned_highest_{s}"] for s in reversed(shares)]
    values = np.array([bar.value for bar in bars])
    reach = [values - [bar.low for bar in bars], [bar.high for bar in bars] - values]
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    axes.bar(
        [name.replace("_", " ") + " %" for name in names],
        values,
        yerr=np.maximum(reach, 0),
        capsize=4,
        color="#0055cc",
    )
    axes.axhline(overall, color="0.3", linewidth=1, linestyle="--", label="all")
    axes.set(ylim=(0, 1), ylabel="share that returned", title="Who returns, by estimate")
    axes.legend()
    return figure


def _draw_summary(model: ScreeningModel, test: Sample, path: Path) -> None:
    """Draw the SHAP values of the whole estimate, in percentage points."""
    from training.drawing import without_screen

    with without_screen():
        _draw_swarm(model, test, path)


def _draw_swarm(model: ScreeningModel, test: Sample, path: Path) -> None:
    import matplotlib.pyplot as plt
    import shap

    rows = test.matrix[:SHOWN_ROWS]
    found = model.estimate_many(rows).usual
    explanation = shap.Explanation(
        values=100 * found.contributions,
        base_values=np.full(len(rows), 100 * found.base),
        data=rows,
        feature_names=[field.label_nl for field in model.contract.fields],
    )
    shap.plots.beeswarm(explanation, max_display=20, show=False)
    plt.xlabel("percentage points on the chance of return")
    plt.savefig(path, dpi=120, bbox_inches="tight")
