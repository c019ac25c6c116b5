"""Trials of a search, kept as lines of a file as they end, so that a search can go on with them."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Any

from features.errors import KantelpuntError
from models.usual import Sample, UsualConfig
from training.config import TuneConfig
from training.tune_windows import Stages

FOLDER = "tuning"
TRIALS = "trials.jsonl"  # among the artefacts of a run
RECIPE = 1  # of the search: one more whenever the same settings would no longer give the same error
ASPECTS = {"data": "the extract", "config": "the configuration", "seed": "the seed"}


class TrialsFileError(KantelpuntError):
    """A file of trials that cannot be read or written."""


class TrialState(StrEnum):
    """How a trial ended."""

    COMPLETE = "complete"
    PRUNED = "pruned"
    FAILED = "failed"


@dataclass(frozen=True)
class Trial:
    """Settings that were tried. `errors` are squared errors, one per stage that was reached.

    `error` is their mean with the one shape that suits all stages best; None unless complete.
    `began` counts seconds since 1970. Trial 0 is that of the untuned settings.
    """

    number: int
    state: TrialState
    parameters: Mapping[str, float]
    errors: tuple[float, ...]
    error: float | None
    leaves: int | None
    rounds: int | None
    fault: str | None
    began: float = field(compare=False)
    seconds: float = field(compare=False)


@dataclass
class TrialsFile:
    """The trials of one search: read when it is opened, one line added per trial that ends."""

    path: Path
    kept: list[Trial]

    def add(self, trial: Trial) -> None:
        """Keep a trial, whole or not at all; it outlives a crash from now on."""
        _append(self.path, asdict(trial))
        self.kept.append(trial)


def describe_search(
    stages: Stages, sample: Sample, config: UsualConfig, settings: TuneConfig, seed: int
) -> dict[str, Any]:
    """Return what a search follows from: fingerprints of all that it reads, and the seed."""
    digest = hashlib.sha256(sample.contract.fingerprint.encode())
    parts = [sample, *(p for one in (*stages.search, stages.aside) for p in (one.learn, one.judge))]
    for part in parts:
        for column in (part.matrix, part.target, part.weight, part.person):
            digest.update(column.tobytes())
    chosen = [RECIPE, asdict(config), asdict(settings), version("lightgbm"), version("optuna")]
    return {
        "data": digest.hexdigest()[:16],
        "config": hashlib.sha256(json.dumps(chosen).encode()).hexdigest()[:16],
        "seed": seed,
    }


def open_trials(folder: Path, search: Mapping[str, Any]) -> TrialsFile:
    """Return the file of a search in `folder`, made when there is none; raises TrialsFileError."""
    name = hashlib.sha256(json.dumps(search, sort_keys=True).encode()).hexdigest()[:12]
    path = folder / f"{name}.jsonl"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _append(path, dict(search))
    except OSError as error:
        raise TrialsFileError(
            f"{path}: trials cannot be kept there ({error.strerror}): make {folder} writable"
        ) from error
    return TrialsFile(path, read_trials(path))


def tell_what_changed(folder: Path, search: Mapping[str, Any]) -> str:
    """Return why no search in `folder` can go on: what differs from the newest one there."""
    others = sorted(folder.glob("*.jsonl"), key=lambda one: (one.stat().st_mtime, one.name))
    heads = [head for one in others if (head := _read_lines(one)[0:1]) and head[0] != search]
    if not heads:
        return "no earlier search is kept"
    differing = [said for name, said in ASPECTS.items() if heads[-1][0].get(name) != search[name]]
    return f"{' and '.join(differing)} differ from the last search"


def find_folder(uri: str) -> Path:
    """Return where searches are kept: beside an SQLite store, else in the current folder."""
    if uri.startswith("sqlite:///"):
        return Path(uri.removeprefix("sqlite:///").partition("?")[0]).parent / FOLDER
    return Path(FOLDER)


def write_trials(path: Path, trials: Sequence[Trial]) -> None:
    """Write trials as `read_trials` reads them."""
    rows = [{"trials": len(trials)}, *(asdict(one) for one in trials)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def read_trials(path: Path) -> list[Trial]:
    """Return the trials of a file in order; a line that a crash cut off is left out."""
    found: dict[int, Trial] = {}
    for line in _read_lines(path)[1:]:
        try:
            trial = Trial(**line | {"state": TrialState(line["state"])})
        except (TypeError, KeyError, ValueError) as error:
            raise TrialsFileError(f"{path} holds no trials: remove it to search anew") from error
        found.setdefault(trial.number, _freeze(trial))
    kept: list[Trial] = []
    while len(kept) in found:
        kept.append(found[len(kept)])
    return kept


def _freeze(trial: Trial) -> Trial:
    return Trial(**vars(trial) | {"errors": tuple(trial.errors)})


def _read_lines(path: Path) -> list[dict[str, Any]]:
    found: list[Any] = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return [one for one in found if isinstance(one, dict)]


def _append(path: Path, row: dict[str, Any]) -> None:
    """Add a line in one write; a half line before it, left by a crash, is closed first."""
    with path.open("ab+") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")
        file.write(json.dumps(row).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
