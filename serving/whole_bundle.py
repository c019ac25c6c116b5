"""Holds a fetched bundle to its files, and to the digest that it was released with.

Whoever asks MLflow notes the digest beside the fetched folder. A version without one was released
before digests were kept, or never: it is held to its own manifest alone.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from models.bundle import Bundle, BundleDamagedError, read_bundle


def note_digest(folder: Path, digest: str) -> None:
    """Note the digest that the bundle in a folder of the cache was released with."""
    note = _get_note(folder)
    half = note.with_suffix(f".{os.getpid()}")
    half.write_text(digest, "utf-8")
    half.replace(note)


def read_released(folder: Path, version: str) -> Bundle:
    """Return a fetched bundle; raises BundleDamagedError for another than was released."""
    found = read_bundle(folder, version)
    note = _get_note(folder)
    try:
        released = note.read_text("utf-8")
    except FileNotFoundError:
        return found
    except (OSError, UnicodeDecodeError) as error:
        raise BundleDamagedError(
            f"bundle {folder.name}: {note.name} cannot be read ({type(error).__name__}); remove it"
        ) from None
    if found.digest != released:
        raise BundleDamagedError(
            f"bundle {folder.name} is another than was released: find out who changed the "
            "artefacts of MLflow, and release another version"
        )
    return found


def read_whole(folder: Path, version: str, fetch: Callable[[], tuple[Path, str]]) -> Bundle:
    """Return a fetched bundle; one that is damaged is fetched once more."""
    try:
        return read_released(folder, version)
    except BundleDamagedError:
        # the copy of an earlier fetch may have suffered: what MLflow keeps decides
        shutil.rmtree(folder, ignore_errors=True)
        return read_released(*fetch())


def _get_note(folder: Path) -> Path:
    return folder.with_name(f"digest-{folder.name}.txt")
