"""Runs that wait on a disk, made without training anything, and what MLflow has of them."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

from mlflow import MlflowClient

from tests.running_service import get_bundle_folder
from training.config import RegistryConfig
from training.pending import Note, write_note
from training.tracking import About

REGISTRY = RegistryConfig("kantelpunt", "kantelpunt")
BEGAN = 1_780_000_000_000


def make_waiting(runs: Path, run: str) -> Path:
    folder = runs / run
    shutil.copytree(get_bundle_folder(), folder / "files" / "bundle")
    (folder / "files" / "card.md").write_text("# A card")
    began = datetime.fromtimestamp(BEGAN / 1000, UTC).isoformat()
    record = {"run": run, "by": "An", "began": began, "seconds": 60, "git": None, "command": None}
    (folder / "files" / "record.json").write_text(json.dumps(record))
    write_note(folder, Note({"seed": 1}, {"ours.auc": 0.7}, REGISTRY, About.of(record)))
    return folder


def list_runs(uri: str) -> list[tuple[str, str]]:
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name("kantelpunt")
    found = client.search_runs([experiment.experiment_id]) if experiment else []
    return [(run.info.run_id, run.info.status) for run in found]
