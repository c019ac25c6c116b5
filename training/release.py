"""From a trained model to a kept run with a bundle, a card, figures and plots."""

import json
import tempfile
from pathlib import Path
from typing import Any

from features.tables import Extract
from models.bundle import write_bundle
from training.card import build_card
from training.config import Config
from training.pipeline import Trained, build_info
from training.plots import draw_plots
from training.tracking import BUNDLE, Registered, log_run


def keep_run(trained: Trained, extract: Extract, config: Config, seed: int, uri: str) -> Registered:
    """Write the bundle, the card, the figures and the plots of a training, and register it."""
    info = build_info(trained, extract, config, seed)
    warnings = [f"{len(extract.rejected)} faults set rows of the extract aside"]
    card = build_card(trained, extract.contract, warnings if len(extract.rejected) else [])
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder)
        write_bundle(files / BUNDLE, trained.model, info, card)
        (files / "card.md").write_text(card, encoding="utf-8")
        (files / "figures.json").write_text(json.dumps(info["figures"], indent=1), "utf-8")
        draw_plots(trained, config.evaluate, files / "plots")
        return log_run(files, _flatten(info, config), _list_metrics(trained), config.registry, uri)


def _flatten(info: dict[str, Any], config: Config) -> dict[str, Any]:
    parameters = {"seed": info["seed"], "trained_on": info["trained_on"]}
    for section in ("contract", "screenings", "windows", "shape", "calibration"):
        parameters |= {f"{section}.{key}": value for key, value in info[section].items()}
    for table, one in info["data"].items():
        parameters |= {f"data.{table}.{key}": value for key, value in one.items()}
    parameters |= {f"usual.{key}": value for key, value in vars(config.usual).items()}
    return parameters | {f"spread.{key}": value for key, value in vars(config.spread).items()}


def _list_metrics(trained: Trained) -> dict[str, float]:
    metrics = {}
    for name, figures in {**trained.figures, **trained.groups}.items():
        for key, measured in figures.items():
            metrics[f"{name}.{key}"] = measured.value
            metrics[f"{name}.{key}.low"] = measured.low
            metrics[f"{name}.{key}.high"] = measured.high
    return metrics
