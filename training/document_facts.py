"""The facts that a document of a version is written from: only what its run and registry kept."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from features.contract import Contract
from features.errors import KantelpuntError
from models.bundle import Bundle, find_bundle, read_bundle
from training.record import BESIDE_CHAMPION, FAIRNESS, RECORD

INSIDE, PLOTS = ("model", "bundle"), "plots"  # a run keeps its bundle in one of these
NOT_REGISTERED = "not registered"


class FactsMissingError(KantelpuntError):
    """A folder that holds neither a run nor a bundle."""


@dataclass(frozen=True)
class Facts:
    """What is known of a version; what was not kept is an empty mapping, or None.

    `releases` are the entries of the log of releases, oldest first; None where no log was at hand.
    `standing` says whether the version is served, `mlflow_run` what MLflow calls its run.
    """

    version: str
    standing: str | None
    contract: Contract
    card: str
    info: Mapping[str, Any]
    record: Mapping[str, Any]
    fairness: Mapping[str, Any]
    champion: Mapping[str, Any] | None
    plots: Mapping[str, bytes]
    releases: Sequence[Mapping[str, Any]] | None = None
    release_faults: Sequence[str] = field(default=())
    mlflow_run: str | None = None


def read_facts(
    folder: Path,
    version: str = NOT_REGISTERED,
    standing: str | None = None,
    releases: Sequence[Mapping[str, Any]] | None = None,
    release_faults: Sequence[str] = (),
) -> Facts:
    """Return the facts of the files of a run, or of a bundle alone; raises FactsMissingError."""
    inside = (folder / name for name in INSIDE if (folder / name).is_dir())
    home = find_bundle(next(inside, folder))
    if not (home / "manifest.json").is_file():
        raise FactsMissingError(
            f"{folder} holds no run and no bundle: give a version, an alias, or the folder of a run"
        )
    bundle = read_bundle(home, version)
    return build_facts(folder, bundle, version, standing, releases, release_faults)


def build_facts(
    folder: Path,
    bundle: Bundle,
    version: str = NOT_REGISTERED,
    standing: str | None = None,
    releases: Sequence[Mapping[str, Any]] | None = None,
    release_faults: Sequence[str] = (),
) -> Facts:
    """Return the facts of a bundle and of the files that a run kept in `folder`."""
    plots = folder / PLOTS
    pictures = sorted(plots.glob("*.png")) if plots.is_dir() else []
    return Facts(
        version=version,
        standing=standing,
        contract=bundle.contract,
        card=bundle.card,
        info=bundle.info,
        record=_read(folder / RECORD) or {},
        fairness=_read(folder / FAIRNESS) or {},
        champion=_read(folder / BESIDE_CHAMPION),
        plots={path.name: path.read_bytes() for path in pictures},
        releases=releases,
        release_faults=release_faults,
    )


def _read(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise FactsMissingError(f"{path} is not readable: fetch the run anew") from error
    return found
