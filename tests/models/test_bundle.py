import json
from pathlib import Path

import numpy as np
import pytest

from models.bundle import (
    BundleDamagedError,
    BundleMismatchError,
    read_bundle,
    write_bundle,
)
from models.screening import ScreeningModel
from tests.factories import make_field, make_head
from tests.models.worlds import make_matrix


def test_a_bundle_gives_back_the_model_that_was_written(
    model: ScreeningModel, bundle_folder: Path
) -> None:
    matrix = make_matrix(50)

    bundle = read_bundle(bundle_folder, version="7")

    assert bundle.version == "7"
    assert bundle.trained_on.isoformat() == "2026-06-30"
    before, after = model.estimate_many(matrix), bundle.estimate_many(matrix)
    assert (before.usual.value == after.usual.value).all()
    assert (before.usual.low == after.usual.low).all()
    assert (before.usual.contributions == after.usual.contributions).all()


def test_a_bundle_that_was_never_registered_is_known_by_its_checksum(bundle_folder: Path) -> None:
    bundle = read_bundle(bundle_folder)

    assert bundle.version == bundle.digest[:12]


def test_the_same_model_gives_the_same_bytes(
    model: ScreeningModel, bundle_folder: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again"

    write_bundle(again, model, {"trained_on": "2026-06-30"}, "# Card\n")

    assert {p.name: p.read_bytes() for p in again.iterdir()} == {
        p.name: p.read_bytes() for p in bundle_folder.iterdir()
    }


@pytest.mark.parametrize(
    "name", ["contract.toml", "usual.txt", "spread.txt", "model.json", "info.json", "card.md"]
)
def test_a_changed_file_is_refused(bundle_folder: Path, name: str) -> None:
    path = bundle_folder / name
    path.write_bytes(path.read_bytes() + b" ")

    with pytest.raises(BundleDamagedError, match=f"{name} was changed after the release"):
        read_bundle(bundle_folder)


def test_a_missing_file_is_refused(bundle_folder: Path) -> None:
    (bundle_folder / "usual.txt").unlink()

    with pytest.raises(BundleDamagedError, match=r"usual\.txt is missing"):
        read_bundle(bundle_folder)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": 1}', "null"])
def test_a_folder_without_a_readable_manifest_is_refused(bundle_folder: Path, text: str) -> None:
    (bundle_folder / "manifest.json").write_text(text)

    with pytest.raises(BundleDamagedError, match="is no bundle"):
        read_bundle(bundle_folder)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleDamagedError, match="is no bundle"):
        read_bundle(tmp_path / "nowhere")


def test_a_foreign_format_is_refused(bundle_folder: Path) -> None:
    _rewrite(bundle_folder, format=99)

    with pytest.raises(BundleMismatchError, match="has format 99, this release reads 4"):
        read_bundle(bundle_folder)


@pytest.mark.parametrize(
    "name", ["../secret.txt", "/etc/passwd", "..", "", "a" * 5000, "\ud800", "line\nbreak"]
)
def test_a_manifest_can_name_no_file_but_one_of_its_folder(bundle_folder: Path, name: str) -> None:
    _rewrite(bundle_folder, sha256={name: "0" * 64})

    with pytest.raises(BundleDamagedError, match="is missing"):
        read_bundle(bundle_folder)


def test_a_manifest_whose_checksums_are_a_list_is_refused(bundle_folder: Path) -> None:
    _rewrite(bundle_folder, sha256=[[5, "0" * 64]])

    with pytest.raises(BundleDamagedError, match="is no bundle"):
        read_bundle(bundle_folder)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("usual.txt", "not a model"),
        ("usual.txt", "tree\nversion=v4\nend of trees\n"),
        ("model.json", "{}"),
        ("contract.toml", "[contract]\n"),
        ("smoke.json", "[[0.1, 0.2]]"),
        ("smoke.json", '[["a", "b", "c"]]'),
        ("info.json", "{}"),
        ("info.json", '{"trained_on": "yesterday"}'),
        ("info.json", "[" * 100_000),
        ("info.json", '{"trained_on": "2025-01-01", "gates": NaN}'),
        ("contract.toml", make_head() + make_field("a")),
    ],
)
def test_a_signed_file_with_foreign_content_is_refused(
    bundle_folder: Path, name: str, text: str
) -> None:
    replace_signed(bundle_folder, name, text)

    with pytest.raises(BundleDamagedError):
        read_bundle(bundle_folder)


def test_a_signed_file_that_is_no_text_is_refused(bundle_folder: Path) -> None:
    replace_signed(bundle_folder, "card.md", "\udcff")

    with pytest.raises(BundleDamagedError, match=r"card\.md cannot be read"):
        read_bundle(bundle_folder)


def test_a_bundle_without_a_card_is_refused(bundle_folder: Path) -> None:
    sums = json.loads((bundle_folder / "manifest.json").read_text())["sha256"]
    _rewrite(bundle_folder, sha256={name: sums[name] for name in sums if name != "card.md"})

    with pytest.raises(BundleDamagedError, match="does not hold what it should"):
        read_bundle(bundle_folder)


def test_smoke_cases_that_come_out_differently_are_refused(bundle_folder: Path) -> None:
    smoke = np.array(json.loads((bundle_folder / "smoke.json").read_text()))
    replace_signed(bundle_folder, "smoke.json", json.dumps((smoke + 1e-6).tolist()))

    with pytest.raises(BundleDamagedError, match="smoke cases come out differently"):
        read_bundle(bundle_folder)


def _rewrite(folder: Path, **changes: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def replace_signed(folder: Path, name: str, text: str) -> None:
    from hashlib import sha256

    content = text.encode(errors="surrogateescape")
    (folder / name).write_bytes(content)
    sums = json.loads((folder / "manifest.json").read_text())["sha256"]
    _rewrite(folder, sha256=sums | {name: sha256(content).hexdigest()})
