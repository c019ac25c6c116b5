"""What a worker of a cluster runs: it opens a bundle that was sent to it, and scores parts.

Nothing here knows of Dask. Models travel as the files of a bundle, and are checked where they
arrive as they are everywhere; cases travel as Arrow's own bytes, and come back as the files of
`training.score_parts`. A worker puts these on its disk for a moment, and nothing stays there.
"""

import platform
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

import pyarrow as pa

from features.errors import KantelpuntError
from features.raw_table import RawTable
from models.bundle import MANIFEST, Bundle, BundleDamagedError, find_bundle, read_bundle
from models.suggestion import Limits
from training.score_parts import Part, write_whole
from training.score_workers import make_ready, pack_raw, try_part, unpack_raw

ROOT = Path(__file__).resolve().parents[1]
RUN_BY_WORKERS = ("features", "models", "training")
LIBRARIES = ("numpy", "pandas", "pyarrow", "lightgbm", "dask", "distributed")
_CODEC, _PART = "zstd", "part.arrow"
_OPENED: dict[tuple[str, str], Bundle] = {}
_OPENING = Lock()


class EngineError(KantelpuntError):
    """A cluster that cannot be reached, cannot be used, or did not finish its work."""


@dataclass(frozen=True)
class Shipped:
    """A bundle on its way to workers: its files, and what it must prove to be."""

    version: str
    digest: str
    files: dict[str, bytes]


@dataclass(frozen=True)
class ScoreOrder:
    """What a worker needs beside the cases: the bundle, the limits, and the code they are for."""

    shipped: Shipped
    limits: tuple[Limits, ...]
    code: dict[str, str]


@dataclass(frozen=True)
class SentRows:
    """Rows of a file of cases on their way to a worker; `content` is compressed from `size`."""

    headers: list[str]
    path: str
    content: bytes
    size: int


@dataclass(frozen=True)
class MadePart:
    """A part on its way back: what it holds, and its files by their suffix."""

    part: Part
    files: dict[str, bytes]


def ship_bundle(folder: Path, bundle: Bundle) -> Shipped:
    """Return the files of a bundle that was opened from a folder."""
    files = find_bundle(folder)
    paths = (path for path in files.iterdir() if path.is_file())
    return Shipped(bundle.version, bundle.digest, {path.name: path.read_bytes() for path in paths})


def open_shipped(shipped: Shipped) -> Bundle:
    """Return the bundle, read once per process and digest; raises BundleDamagedError."""
    key = (shipped.digest, shipped.version)
    with _OPENING:
        if key not in _OPENED:
            found = _read_shipped(shipped)
            _OPENED.clear()  # one run scores with one model
            _OPENED[key] = found
        return _OPENED[key]


def _read_shipped(shipped: Shipped) -> Bundle:
    manifest = shipped.files.get(MANIFEST, b"")
    if sha256(manifest).hexdigest() != shipped.digest:
        raise BundleDamagedError("the bundle that a worker received is not the one that was sent")
    with TemporaryDirectory(prefix="kantelpunt-") as name:
        for file, raw in shipped.files.items():
            (Path(name) / Path(file).name).write_bytes(raw)
        return make_ready(read_bundle(Path(name), shipped.version))


def pack_rows(raw: RawTable) -> SentRows:
    """Return rows of a file of cases, ready to be sent."""
    content = pack_raw(raw)
    squeezed = pa.compress(content, codec=_CODEC, asbytes=True)
    return SentRows(raw.headers, str(raw.path), squeezed, content.size)


def make_sent(sent: SentRows, order: ScoreOrder) -> MadePart:
    """Check and score the rows of one part, on one thread: a worker runs several.

    Raises EngineError where this process runs other code than the one that gave the order.
    """
    check_alike(order.code)
    bundle = open_shipped(order.shipped)
    content = pa.decompress(sent.content, sent.size, codec=_CODEC)
    raw = unpack_raw(content, sent.headers, Path(sent.path))
    with TemporaryDirectory(prefix="kantelpunt-") as name:
        path = Path(name) / _PART
        made = try_part(raw, path, bundle, order.limits)
        if not isinstance(made, Part):
            kind, said = made
            raise EngineError(said if kind == "said" else f"a worker could not write: {said[1]}")
        stem = path.with_suffix("").name
        files = {one.name.removeprefix(stem): one.read_bytes() for one in Path(name).iterdir()}
        return MadePart(made, files)


def keep_made(made: MadePart, path: Path) -> Part:
    """Keep a part that a worker made at `path`, whole or not at all."""
    # the scores last: with them the part is there
    for suffix in sorted(made.files, key=len, reverse=True):
        write_whole(path.with_suffix(suffix), made.files[suffix])
    return replace(made.part, path=path)


def check_alike(expected: dict[str, str]) -> None:
    """Raise EngineError where this process runs other code than the one that gave the order."""
    if differing := tell_difference(describe_code(), expected):
        raise EngineError(f"a worker differs from this machine: {differing}")


def tell_difference(found: dict[str, str], expected: dict[str, str]) -> str:
    """Tell what one process has otherwise than another; "" where they are alike."""
    return ", ".join(
        f"{name} {found.get(name, 'none')} instead of {wanted}"
        for name, wanted in expected.items()
        if found.get(name) != wanted
    )


@cache
def describe_code() -> dict[str, str]:
    """Return what must be the same everywhere: Python, the libraries, and our own code."""
    found = sha256()
    for path in sorted(p for folder in RUN_BY_WORKERS for p in (ROOT / folder).rglob("*.py")):
        found.update(path.relative_to(ROOT).as_posix().encode())
        found.update(path.read_bytes())
    python = ".".join(platform.python_version_tuple()[:2])
    libraries = {name: _find_version(name) for name in LIBRARIES}
    return {"python": python, **libraries, "kantelpunt": found.hexdigest()[:12]}


def _find_version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "none"
