"""Runs that wait on this disk until MLflow has them: written whole first, sent after."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from features.errors import KantelpuntError
from models.bundle import BundleDamagedError, BundleMismatchError, read_bundle
from training.config import RegistryConfig
from training.record import RECORD
from training.tracking import BUNDLE, MODEL, About, Registered, RegistryError, log_run

PENDING = Path("var/runs-to-sync")
NOTE = "run.json"
FILES = "files"
UNREADABLE = (OSError, ValueError, TypeError, LookupError, AttributeError)


class RunNotKeptError(KantelpuntError):
    """The files of a run could not be written on this disk; nothing of it was registered."""


class RunNotSentError(KantelpuntError):
    """A run that is whole on this disk, but that MLflow does not have yet."""

    exit_code = 3


@dataclass(frozen=True)
class Note:
    """What is told to MLflow of a run, beside its files; some runs register no model."""

    parameters: Mapping[str, Any]
    metrics: Mapping[str, float]
    registry: RegistryConfig
    about: About
    registers: bool = True


def send(folder: Path, uri: str, registry: RegistryConfig) -> Registered:
    """Send a run to MLflow and remove it from this disk; sent twice, it is there once.

    Raises RunNotKeptError for one that is not what a training wrote, RunNotSentError where MLflow
    cannot take it: the folder stays as it was.
    """
    note = read_note(folder)
    _check(folder, note, registry)
    try:
        made = log_run(
            folder / FILES,
            note.parameters,
            note.metrics,
            registry,
            uri,
            note.about,
            registers=note.registers,
        )
    except RegistryError as error:
        raise RunNotSentError(
            f"{error}. The run is whole in {folder}, and nothing of it was registered: "
            "send it with `kantelpunt sync` once MLflow can be used"
        ) from error
    shutil.rmtree(folder, ignore_errors=True)
    return made


def _check(folder: Path, note: Note, registry: RegistryConfig) -> None:
    """Raise RunNotKeptError where the note asks for other names, or the files tell otherwise."""
    asked, ours = ((one.model, one.experiment) for one in (note.registry, registry))
    if asked != ours:
        raise RunNotKeptError(
            f"{folder} is of another [registry] model or experiment than {'/'.join(ours)}: give "
            "`kantelpunt sync` the --config that it was trained with, or remove the folder"
        )
    files = folder / FILES
    try:
        told = About.of(json.loads((files / RECORD).read_text(encoding="utf-8")))
        if note.registers:
            read_bundle(files / (MODEL if (files / MODEL).is_dir() else BUNDLE))
    except UNREADABLE as error:
        raise _build_error(folder, type(error).__name__) from error
    except (BundleDamagedError, BundleMismatchError) as error:
        raise _build_error(folder, str(error)) from error
    if replace(told, mlflow_run=note.about.mlflow_run) != note.about:
        raise _build_error(folder, f"{NOTE} and {RECORD} tell of another run")


def _build_error(folder: Path, why: str) -> RunNotKeptError:
    return RunNotKeptError(f"{folder} holds no whole run ({why}): train again, and remove it")


def write_note(folder: Path, note: Note) -> None:
    """Say that the files of a run are complete, and what else MLflow should know."""
    half = folder / f"{NOTE}.half"
    half.write_text(json.dumps(asdict(note)), encoding="utf-8")
    half.replace(folder / NOTE)


def read_note(folder: Path) -> Note:
    """Return what is to be told of a run; raises RunNotKeptError for a folder that holds none."""
    try:
        read = json.loads((folder / NOTE).read_text(encoding="utf-8"))
        about, registry = About(**read.pop("about")), RegistryConfig(**read.pop("registry"))
        return Note(**read, about=about, registry=registry)
    except UNREADABLE as error:
        raise _build_error(folder, type(error).__name__) from error


def list_pending(folder: Path) -> list[Path]:
    """Return the folders of the runs that are whole and wait; the oldest first."""
    found = sorted(folder.glob(f"*/{NOTE}"), key=lambda note: note.stat().st_mtime)
    return [note.parent for note in found]
