"""What a release keeps of its people: whole, about nobody, and refused where it was changed."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from models.bundle import Bundle, BundleDamagedError, read_bundle, write_bundle
from models.reference import FLAGS, Reference, Shape, list_keys, spread_inputs
from models.spreads import MISSING, spread_levels, spread_numbers
from tests.models.test_bundle import replace_signed
from tests.models.worlds import make_contract, make_matrix
from tests.running_service import get_bundle, get_bundle_folder

LIMITS = {"not_yet_below": 0.2, "own_way_from": 0.5, "gain_from": 0.05}


def make_reference(bundle: Bundle) -> Reference:
    rng = np.random.default_rng(1)
    matrix = rng.integers(0, 2, (400, len(bundle.contract.fields))).astype(float)
    return Reference(
        date(2025, 1, 1),
        date(2025, 12, 31),
        400,
        spread_inputs(matrix, bundle.contract),
        {
            "p_usual": spread_numbers(rng.random(400)),
            "questionnaire": spread_levels(matrix[:, 0], FLAGS),
        },
        LIMITS,
        Shape((0, 365, 730), (0.0, 0.7, 0.9)),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    model = replace(get_bundle().model, reference=make_reference(get_bundle()))
    write_bundle(tmp_path / "bundle", model, get_bundle().info, "# card\n")
    return tmp_path / "bundle"


def test_a_bundle_gives_its_reference_back_and_an_old_one_has_none(folder: Path) -> None:
    found = read_bundle(folder)

    assert found.model.reference == make_reference(get_bundle())
    assert read_bundle(get_bundle_folder()).model.reference is None


def test_no_count_in_a_reference_is_under_five() -> None:
    matrix = make_matrix(300)
    matrix[:3, 0] = np.nan
    matrix[:2, 2] = 1

    for found in spread_inputs(matrix, make_contract()).values():
        assert all(count == 0 or count >= 5 for count in (*found.counts, found.missing))


FOREIGN = [
    lambda raw: raw["inputs"].pop("age_years"),
    lambda raw: raw["inputs"]["age_years"]["counts"].append(3),
    lambda raw: raw["inputs"]["age_years"].update(missing=2),
    lambda raw: raw["told"]["questionnaire"].update(levels=["no", "yes", "x"]),
    lambda raw: raw["told"]["p_usual"].update(edges=[0.5, 0.4]),
    lambda raw: raw["limits"].pop("gain_from"),
    lambda raw: raw["shape"].update(hazard=[0.0, 0.7, 0.2]),
]


@pytest.mark.parametrize("change", FOREIGN)
def test_a_reference_that_no_training_wrote_is_refused(folder: Path, change: object) -> None:
    raw = json.loads((folder / "reference.json").read_text())
    change(raw)  # type: ignore[operator]  # one of the functions above
    replace_signed(folder, "reference.json", json.dumps(raw))

    with pytest.raises(BundleDamagedError):
        read_bundle(folder)


def test_every_value_has_a_bin_and_what_is_missing_a_code_of_its_own() -> None:
    contract, matrix = make_contract(), make_matrix(500)

    for place, field in enumerate(contract.fields):
        spread = spread_inputs(matrix, contract)[field.name]
        codes = spread.code(matrix[:, place], list_keys(field))
        counts, missing = spread.count(codes)

        assert counts.sum() + missing == 500
        assert missing == np.isnan(matrix[:, place]).sum()
        assert set(codes.tolist()) <= {*range(len(spread.counts)), MISSING}
