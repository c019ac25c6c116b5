"""Which bundle was served last, for a start without MLflow."""

import hashlib
import json
import os
from pathlib import Path

import structlog

from features.errors import KantelpuntError
from serving.settings import Settings

log = structlog.get_logger("kantelpunt")


def note_last(settings: Settings, folder: Path, version: str) -> None:
    """Note which bundle is served, for a start without MLflow; whole or not at all.

    Where the cache takes nothing more it is served all the same, and that is logged.
    """
    try:
        _write(_get_note(settings), folder, version)
    except OSError as error:
        # only a start without MLflow would serve an older one
        log.warning("the model that is served could not be noted", kind=type(error).__name__)


def _write(note: Path, folder: Path, version: str) -> None:
    note.parent.mkdir(parents=True, exist_ok=True)
    # by the name of the process: of two workers neither takes away what the other writes
    half = note.with_suffix(f".{os.getpid()}")
    half.write_text(json.dumps({"folder": folder.name, "version": version}), "utf-8")
    half.replace(note)


def has_last(settings: Settings) -> bool:
    """Tell whether a bundle was noted."""
    return _get_note(settings).is_file()


def find_last(settings: Settings, error: KantelpuntError) -> tuple[Path, str]:
    """Return the folder and the version that were noted last; raises `error` where none was."""
    try:
        last = json.loads(_get_note(settings).read_text("utf-8"))
        return settings.cache / last["folder"], str(last["version"])
    except (OSError, ValueError, LookupError, TypeError):
        raise error from None


def _get_note(settings: Settings) -> Path:
    """Return where the last bundle of this model of this MLflow is noted."""
    of = f"{settings.tracking_uri} {settings.model_name}"
    return settings.cache / f"last-{hashlib.sha256(of.encode()).hexdigest()[:16]}.json"
