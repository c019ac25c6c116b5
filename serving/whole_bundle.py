"""Keeps a fetched bundle whole, and holds it to its files and the digest of its release.

Whoever asks MLflow notes the digest beside the fetched folder. A version without one was released
before digests were kept, or never: it is held to its own manifest alone.
"""

import os
import re
import resource
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

from models.bundle import Bundle, BundleDamagedError, find_bundle, read_bundle
from serving.registry_process import NotFetchedError

# our largest file, of a thousand trees, is a hundred times smaller
MOST_FILE_BYTES = 64 * 1024**2
# what a fetch that was killed left behind; no fetch lasts as long
LEFT_SECONDS = 3600.0
_WORK = "fetch-"
_NUMBER, _RUN = re.compile(r"[0-9]{1,18}"), re.compile(r"[\w-]{0,64}", re.ASCII)


def name_folder(version: str, run_id: str) -> str:
    """Return the name under which a version is kept, which no other version ever has.

    Raises NotFetchedError for what would be a way to elsewhere: a registry can say anything.
    """
    if not _NUMBER.fullmatch(version) or not _RUN.fullmatch(run_id):
        raise NotFetchedError(
            "MLflow names a version or its run as it never does: look who answers"
        )
    return f"{version}-{run_id}"


def keep_whole(folder: Path, fetch: Callable[..., str]) -> None:
    """Have a bundle fetched into a folder, whole or not at all; raises OSError.

    A file of more than MOST_FILE_BYTES is none of ours: its fetch fails before it fills the disk.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    _clean(folder.parent)
    work = Path(mkdtemp(dir=folder.parent, prefix=_WORK))
    try:
        with _limiting_files():
            fetched = fetch(dst_path=str(work))
        find_bundle(Path(fetched)).rename(folder)
    except OSError:
        if not folder.is_dir():  # another worker fetched the same meanwhile
            raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _clean(cache: Path) -> None:
    for left in cache.glob(f"{_WORK}*"):
        with suppress(OSError):  # another worker may be done with it by now
            if abs(time.time() - left.stat().st_mtime) > LEFT_SECONDS:
                shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _limiting_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    most = min(n for n in (MOST_FILE_BYTES, soft) if n != resource.RLIM_INFINITY)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def note_digest(folder: Path, digest: str) -> None:
    """Note the digest that the bundle in a folder of the cache was released with."""
    note = _get_note(folder)
    if _is_noted(note, digest):  # or a disk that is full would keep us from a bundle that we have
        return
    half = note.with_suffix(f".{os.getpid()}")
    half.write_text(digest, "utf-8")
    half.replace(note)


def _is_noted(note: Path, digest: str) -> bool:
    try:
        return note.read_text("utf-8") == digest
    except (OSError, UnicodeDecodeError):
        return False


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
