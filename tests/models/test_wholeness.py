"""Bundles that are signed and readable, but whose parts do not fit each other or the contract."""

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from models.answers import collect_answers
from models.bundle import BundleDamagedError, read_bundle, write_bundle
from models.estimate import GainStatus
from models.heads import OverlapHead
from models.screening import ScreeningModel
from tests.factories import make_curve, make_gain, make_stump
from tests.models.worlds import make_matrix


@pytest.fixture
def folder(model: ScreeningModel, tmp_path: Path) -> Path:
    contract, where = model.contract, tmp_path / "whole"
    overlap = OverlapHead(make_stump(contract, "age_years", 60), -0.5, 0.5)
    gain = make_gain(contract, slopes={"age_years": 0.004}, overlap=overlap, hidden=0.02)
    answers = collect_answers(contract, make_matrix(50))
    whole = replace(model, gain=gain, curve=make_curve(contract), answers=answers)
    write_bundle(where, whole, {"trained_on": "2026-06-30"}, "# Card\n")
    return where


def change(folder: Path, place: tuple[str | int, ...], value: Any) -> None:
    """Put a value somewhere into model.json, and sign it anew."""
    *way, last = place
    parts = json.loads((folder / "model.json").read_text())
    inner = parts
    for key in way:
        inner = inner[key]
    inner[last] = value
    text = json.dumps(parts)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["sha256"]["model.json"] = sha256(text.encode()).hexdigest()
    (folder / "model.json").write_text(text)
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_a_bundle_with_every_part_is_read(folder: Path) -> None:
    found = read_bundle(folder).model

    assert found.gain is not None
    assert found.gain.status is GainStatus.ESTIMATED
    assert None not in (found.curve, found.answers)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("gain", "status"), "unknown"),
        (("gain", "status"), "same_for_all"),
        (("gain", "hidden"), -0.02),
        (("gain", "hidden"), 10**400),
        (("gain", "head", "linear", "columns", 0), 1e300),
        (("gain", "spread", "floor"), float("nan")),
        (("gain", "spread", "floor"), -1),
        (("curve", "horizon_days"), 366),
        (("curve", "horizon_days"), float("inf")),
        (("curve", "steps", 0, "days"), -1),
        (("curve", "steps", 2, "days"), 10**9),
        (("curve", "steps", 1, "shift_error"), float("inf")),
        (("curve", "steps", 1, "head", "linear", "base"), 10**400),
        (("answers", "columns", 0), 999),
        (("answers", "columns", 0), -1),
        (("answers", "columns", 0), 0),
        (("answers", "columns"), []),
        (("answers", "values", 0), []),
        (("answers", "values", 0, 0), "high"),
        (("answers", "values", 0, 0), 10**400),
        (("spread", "variance", "encoding", "values", 0, 0), 1e300),
        (("answers", "shares", 0, 0), float("nan")),
        (("answers", "shares", 0, 0), 7.0),
        (("usual", "linear", "levels", "values", 0), [0.1]),
        (("spread", "variance", "encoding", "values", 0, 0), None),
    ],
)
def test_a_signed_model_with_a_part_that_does_not_fit_is_refused(
    folder: Path, place: tuple[str | int, ...], value: Any
) -> None:
    change(folder, place, value)

    with pytest.raises(BundleDamagedError):
        read_bundle(folder)


def test_a_manifest_without_end_is_refused(folder: Path) -> None:
    (folder / "manifest.json").write_text("[" * 100_000)

    with pytest.raises(BundleDamagedError, match="is no bundle"):
        read_bundle(folder)
