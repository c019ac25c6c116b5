"""What MLflow is told of a run in numbers: settings as parameters, figures as metrics."""

import re
from typing import Any

from models.fairness import Audit, GroupAudit
from training.evaluate import Measured
from training.fairness_report import list_fairness_metrics
from training.pipeline import Trained

_NOT_IN_A_NAME = re.compile(r"[^\w\-. ]")


def flatten_settings(info: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a run, one value by one name."""
    parameters = {"seed": info["seed"], "trained_on": info["trained_on"]}
    for section in ("contract", "screenings", "windows", "shape", "calibration"):
        parameters |= {f"{section}.{key}": value for key, value in info[section].items()}
    for table, one in info["data"].items():
        parameters |= {f"data.{table}.{key}": value for key, value in one.items()}
    parameters |= {"shipped": info["shipped"], "gain.status": info["gain"]["status"]}
    for section, settings in info["config"].items():
        parameters |= {f"{section}.{key}": value for key, value in settings.items()}
    return parameters


def list_metrics(trained: Trained) -> dict[str, float]:
    """Return every figure, with both ends of its interval: overall, per window and per group."""
    columns = {**trained.figures, **trained.groups, "brier_less_ours": trained.more_error}
    columns |= {f"window/{name}": figures for name, figures in trained.by_window.items()}
    if trained.gain.known is not None:
        known = trained.gain.known
        columns["gain"] = {"mean": known.mean, "ranking_slope_90": known.skill.slope}
    if trained.refutation is not None:
        columns["refutation"] = trained.refutation.metrics
    if trained.judged is not None:
        columns["policy"] = trained.judged.policies.figures
    columns["fairness"] = list_fairness_metrics(trained.fairness.audit)
    columns |= _list_groups(trained.fairness.audit)
    metrics = {}
    for name, figures in columns.items():
        for key, measured in figures.items():
            metrics[f"{name}.{key}"] = measured.value
            if measured.low < measured.high:
                metrics[f"{name}.{key}.low"] = measured.low
                metrics[f"{name}.{key}.high"] = measured.high
    return metrics


def _list_groups(audit: Audit) -> dict[str, dict[str, Measured]]:
    """Return the figures of the groups of one attribute; those too small have none."""
    return {
        _name_group(one): {name: Measured(*found) for name, found in one.figures.items()}
        for one in audit.of_one()
    }


def _name_group(one: GroupAudit) -> str:
    parts = (_NOT_IN_A_NAME.sub("_", part) for part in one.attributes + one.group)
    return "/".join(["group", *parts])
