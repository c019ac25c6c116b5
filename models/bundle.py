"""A released model as a folder of readable files, checked on loading; nothing in it is run."""

import json
import re
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from features.contract import Contract, ContractError, parse_contract
from features.errors import KantelpuntError
from features.matrix import Matrix
from models.curve import Band, trace_curves
from models.estimate import Estimate, Estimates, Sums
from models.parts import PartReader, PartWriter, read_answers
from models.people import read_people
from models.reference import Reference, read_reference
from models.screening import ScreeningModel
from models.trees import TreesUnreadableError
from models.wholeness import check_whole

FORMAT = 4
# the names under which a registry knows the version that is served, and the one in its shadow
CHAMPION, CHALLENGER = "champion", "challenger"
# the tag of a released version that holds the digest of its bundle as it was then
DIGEST_TAG = "kantelpunt.digest"
MANIFEST = "manifest.json"
CARD = "card.md"
PEOPLE = "people.json"
REFERENCE = "reference.json"  # not in bundles of before it was kept
INSIDE = Path("artifacts/bundle")  # where a model of MLflow has its bundle
SMOKE_TOLERANCE = 1e-9
NOT_KNOWN = -9.0
_FILE = re.compile(r"\w[\w.-]{0,99}", re.ASCII)
# what comes of files that are whole, but were not written by `write_bundle`
_FOREIGN: tuple[type[Exception], ...] = (LookupError, TypeError, ValueError, AttributeError)
_FOREIGN += (OSError, OverflowError, RecursionError, ContractError, TreesUnreadableError)


class BundleDamagedError(KantelpuntError):
    """A bundle that is not what was released: a file is gone, changed, or not readable."""


class SmokeDiffersError(BundleDamagedError):
    """A bundle that is whole, but whose smoke cases come out differently on this machine."""


class BundleMismatchError(KantelpuntError):
    """A bundle that another release of Kantelpunt made, in a format that this one does not read."""


@dataclass(frozen=True)
class Bundle:
    """A model with everything needed to explain what it says.

    `version` is the number in the registry, or the first characters of the bundle's checksum where
    it never was registered. `info` holds the windows, figures and data fingerprint of the training.
    """

    model: ScreeningModel
    version: str
    digest: str
    info: dict[str, Any]
    card: str

    @property
    def contract(self) -> Contract:
        """The contract that the model was trained with."""
        return self.model.contract

    @property
    def trained_on(self) -> date:
        """The last day of which the training data knew anything."""
        return date.fromisoformat(self.info["trained_on"])

    def estimate(self, row: Matrix) -> Estimate:
        """Return the estimate of one case from its row of the matrix."""
        return self.model.estimate(row)

    def estimate_many(self, matrix: Matrix, threads: int = 2) -> Estimates:
        """Return the estimates of all rows of a matrix."""
        return self.model.estimate_many(matrix, threads)


def write_bundle(folder: Path, model: ScreeningModel, info: dict[str, Any], card: str) -> None:
    """Write a bundle into a new folder: the same model and info give the same bytes."""
    folder.mkdir(parents=True)
    texts = {
        "contract.toml": model.contract.text,
        **_describe(model),
        "smoke.json": _dump(_smoke(model)),
        "info.json": _dump(info),
        CARD: card,
    }
    for name, text in texts.items():
        (folder / name).write_bytes(text.encode())
    sums = {name: sha256(text.encode()).hexdigest() for name, text in sorted(texts.items())}
    (folder / MANIFEST).write_bytes(_dump({"format": FORMAT, "sha256": sums}).encode())


def find_bundle(folder: Path) -> Path:
    """Return the folder of the bundle: the one given, or that inside a model of MLflow."""
    inside = folder / INSIDE
    return inside if inside.is_dir() else folder


def read_bundle(folder: Path, version: str | None = None) -> Bundle:
    """Return the bundle in a folder, or in the model of MLflow that the folder is.

    Raises BundleDamagedError when a file differs from the manifest, SmokeDiffersError when the
    smoke cases come out differently, BundleMismatchError for a format that this release does not
    read.
    """
    folder = find_bundle(folder)
    texts, digest = _read_checked(folder)
    try:
        model = _rebuild(texts)
        info = json.loads(texts["info.json"], parse_constant=_refuse_constant)
        found = Bundle(model, version or digest[:12], digest, info, texts[CARD])
        date.fromisoformat(info["trained_on"])
        _check_smoke(folder, model, json.loads(texts["smoke.json"]))
    except _FOREIGN as error:
        raise BundleDamagedError(
            f"bundle {folder.name}: a file does not hold what it should ({type(error).__name__}); "
            "release the version again"
        ) from error
    return found


def _read_checked(folder: Path) -> tuple[dict[str, str], str]:
    try:
        raw = (folder / MANIFEST).read_bytes()
        manifest = json.loads(raw)
        found_format, sums = manifest["format"], manifest["sha256"].items()
    except _FOREIGN as error:
        raise BundleDamagedError(
            f"{folder} is no bundle: expected a folder with a readable {MANIFEST}"
        ) from error
    if found_format != FORMAT:
        raise BundleMismatchError(
            f"bundle {folder.name} has format {found_format!r}, this release reads {FORMAT}: "
            "serve the release that trained it, or train anew"
        )
    return {name: _read_file(folder, name, expected) for name, expected in sums}, sha256(
        raw
    ).hexdigest()


def _read_file(folder: Path, name: str, expected: str) -> str:
    path = folder / name
    if not _FILE.fullmatch(name):
        raise BundleDamagedError(f"bundle {folder.name}: a file that no bundle has is missing")
    if not path.is_file():
        raise BundleDamagedError(f"bundle {folder.name}: {name} is missing")
    try:
        raw = path.read_bytes()
        text = raw.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise BundleDamagedError(
            f"bundle {folder.name}: {name} cannot be read ({type(error).__name__}); "
            "fetch the bundle again"
        ) from None
    if sha256(raw).hexdigest() != expected:
        raise BundleDamagedError(
            f"bundle {folder.name}: {name} was changed after the release; fetch the bundle again"
        )
    return text


def _describe(model: ScreeningModel) -> dict[str, str]:
    """Return the files that hold the model."""
    writer = PartWriter()
    parts = {
        "usual": writer.describe_head("usual", model.usual),
        "spread": writer.describe_spread("spread", model.spread),
        "gain": writer.describe_gain(model.gain),
        "curve": writer.describe_curve(model.curve),
        "answers": model.answers and asdict(model.answers),
    }
    people = model.people and model.people.plain()
    texts = {"model.json": _dump(parts), PEOPLE: _dump(people), **writer.files}
    return texts | ({REFERENCE: _dump(model.reference.plain())} if model.reference else {})


def _rebuild(texts: dict[str, str]) -> ScreeningModel:
    parts = json.loads(texts["model.json"], parse_constant=_refuse_constant)
    reader = PartReader(texts)
    contract = parse_contract(texts["contract.toml"], where="in the bundle")
    model = ScreeningModel(
        contract=contract,
        usual=reader.read_head(parts["usual"]),
        spread=reader.read_spread(parts["spread"]),
        gain=reader.read_gain(parts["gain"]),
        curve=reader.read_curve(parts["curve"]),
        answers=read_answers(parts["answers"]),
        people=read_people(json.loads(texts[PEOPLE], parse_constant=_refuse_constant)),
        reference=_read_reference(texts.get(REFERENCE), contract),
    )
    check_whole(model)
    return model


def _read_reference(text: str | None, contract: Contract) -> Reference | None:
    if text is None:
        return None
    return read_reference(json.loads(text, parse_constant=_refuse_constant), contract)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")


def build_smoke_rows(contract: Contract) -> Matrix:
    """Return made-up rows that reach every field: lowest, highest, middle, and all missing."""
    low = [0.0 if f.low is None else f.low for f in contract.fields]
    high = [
        len(f.levels) - 1 if f.levels else 1 if f.high is None else f.high for f in contract.fields
    ]
    middle = [np.floor((a + b) / 2) for a, b in zip(low, high, strict=True)]
    return np.array([low, high, middle, [np.nan] * len(low)], dtype=float)


def _smoke(model: ScreeningModel) -> list[list[float]]:
    matrix = build_smoke_rows(model.contract)
    found = model.estimate_many(matrix, threads=1)
    bands: list[Sums | Band] = [found.usual, found.gain, found.support]
    if model.curve is not None:
        curves = trace_curves(model.curve, found, matrix)
        bands += [curves.usual, curves.support]
    columns = [column for one in bands for column in (one.value, one.low, one.high)]
    # what is not known has no number in JSON
    rows: list[list[float]] = np.nan_to_num(np.column_stack(columns), nan=NOT_KNOWN).tolist()
    return rows


def _check_smoke(folder: Path, model: ScreeningModel, expected: list[list[float]]) -> None:
    found, wanted = np.array(_smoke(model)), np.array(expected)
    if found.shape != wanted.shape or not np.abs(found - wanted).max() <= SMOKE_TOLERANCE:
        raise SmokeDiffersError(
            f"bundle {folder.name}: its smoke cases come out differently here than where it was "
            "trained; do not serve it"
        )


def _dump(value: Any) -> str:
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
