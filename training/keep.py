"""From a trained model to a kept run with a bundle, a card, figures and plots."""

import json
import tempfile
from pathlib import Path
from typing import Any

from features.tables import Extract
from models.bundle import write_bundle
from training.card import build_card
from training.fairness_report import list_fairness_metrics
from training.info import build_info
from training.pipeline import Trained
from training.plots import draw_plots
from training.tracking import BUNDLE, Registered, log_run


def keep_run(trained: Trained, extract: Extract, seed: int, uri: str) -> Registered:
    """Write the bundle, the card, the figures and the plots of a training, and register it."""
    config, info = trained.config, build_info(trained, extract, seed)
    aside = len(extract.rejected)
    warnings = [f"{aside} faults set rows of the extract aside"] if aside else []
    card = build_card(trained, extract.contract, warnings)
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder)
        write_bundle(files / BUNDLE, trained.model, info, card)
        (files / "card.md").write_text(card, encoding="utf-8")
        (files / "figures.json").write_text(json.dumps(info["figures"], indent=1), "utf-8")
        (files / "fairness.json").write_text(
            json.dumps(trained.fairness.plain(), indent=1), "utf-8"
        )
        draw_plots(trained, config.evaluate, files / "plots")
        return log_run(files, _flatten(info), _list_metrics(trained), config.registry, uri)


def _flatten(info: dict[str, Any]) -> dict[str, Any]:
    parameters = {"seed": info["seed"], "trained_on": info["trained_on"]}
    for section in ("contract", "screenings", "windows", "shape", "calibration"):
        parameters |= {f"{section}.{key}": value for key, value in info[section].items()}
    for table, one in info["data"].items():
        parameters |= {f"data.{table}.{key}": value for key, value in one.items()}
    parameters |= {"shipped": info["shipped"], "gain.status": info["gain"]["status"]}
    for section, settings in info["config"].items():
        parameters |= {f"{section}.{key}": value for key, value in settings.items()}
    return parameters


def _list_metrics(trained: Trained) -> dict[str, float]:
    columns = {**trained.figures, **trained.groups, "brier_less_ours": trained.more_error}
    if trained.gain.known is not None:
        known = trained.gain.known
        columns["gain"] = {"mean": known.mean, "ranking_slope_90": known.skill.slope}
    if trained.refutation is not None:
        columns["refutation"] = trained.refutation.metrics
    if trained.judged is not None:
        columns["policy"] = trained.judged.policies.figures
    columns["fairness"] = list_fairness_metrics(trained.fairness.audit)
    metrics = {}
    for name, figures in columns.items():
        for key, measured in figures.items():
            metrics[f"{name}.{key}"] = measured.value
            metrics[f"{name}.{key}.low"] = measured.low
            metrics[f"{name}.{key}.high"] = measured.high
    return metrics
