"""Files that are there whole or not at all, also where the disk is full half-way."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a file beside a path to write to, which takes its place once all of it is written."""
    beside = path.with_name(f"{path.name}.part")
    try:
        yield beside
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def flush_file(path: Path) -> None:
    """Wait until all of a file is on disk: else its name could outlive a power cut without it."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def flush_names(folder: Path) -> None:
    """Wait until the names in a folder are on disk: else a power cut could undo a rename.

    Some network disks know no such thing, and then nothing is lost that they could have kept.
    """
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
