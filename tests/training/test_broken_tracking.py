"""A store of MLflow that is not what it should be: told in one line, and nothing is made of it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from features.errors import KantelpuntError
from kantelpunt import app
from tests.factories import make_extract_tables, write_extract
from tests.tracking import make_tracking
from training.config import RegistryConfig
from training.tracking import fetch_bundle, find_latest, log_run, set_champion

REGISTRY = RegistryConfig(model="kantelpunt", experiment="kantelpunt")
READERS: dict[str, Callable[[str], object]] = {
    "fetch": lambda uri: fetch_bundle("champion", REGISTRY, uri),
    "newest": lambda uri: find_latest(REGISTRY, uri),
    "release": lambda uri: set_champion("1", REGISTRY, uri),
}


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_reading_a_database_that_is_not_there_makes_none(
    tmp_path: Path, read: Callable[[str], object]
) -> None:
    path = tmp_path / "mlflow.db"

    with pytest.raises(KantelpuntError, match=r"MLflow has no database at .*train first"):
        read(f"sqlite:///{path}")

    assert not path.exists()


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_a_file_that_is_no_database_is_told_so(
    tmp_path: Path, read: Callable[[str], object]
) -> None:
    path = tmp_path / "mlflow.db"
    path.write_bytes(b"no database at all" * 1000)

    with pytest.raises(KantelpuntError, match=r"could not be used .*check --tracking-uri"):
        read(f"sqlite:///{path}")

    assert path.read_bytes() == b"no database at all" * 1000


@pytest.mark.parametrize("address", ["sqlite://", "sqlite:///{}", "sqlite:///{}/none/mlflow.db"])
def test_a_run_is_kept_nowhere_but_in_a_file_in_a_folder(tmp_path: Path, address: str) -> None:
    with pytest.raises(KantelpuntError, match="MLflow has no database at"):
        log_run(tmp_path, {}, {}, REGISTRY, address.format(tmp_path))


def test_a_model_that_was_never_released_is_told_with_what_to_do(tmp_path: Path) -> None:
    uri = make_tracking(tmp_path)

    with pytest.raises(KantelpuntError, match=r"has no model 'champion' .*kantelpunt release"):
        fetch_bundle("champion", REGISTRY, uri)


def test_a_folder_is_not_released(tmp_path: Path) -> None:
    words = ["release", str(tmp_path), "--tracking-uri", make_tracking(tmp_path)]

    with pytest.raises(KantelpuntError, match="is a folder: release a version"):
        CliRunner().invoke(app, words, catch_exceptions=False)


def test_training_finds_out_first_that_its_run_cannot_be_kept(tmp_path: Path) -> None:
    words = ["train", "--data", str(tmp_path), "--tracking-uri", f"sqlite:///{tmp_path}/none/x.db"]

    with pytest.raises(KantelpuntError, match="MLflow has no database at"):
        CliRunner().invoke(app, words, catch_exceptions=False)


def test_rejected_rows_can_be_listed_elsewhere_than_beside_the_data(tmp_path: Path) -> None:
    tables = make_extract_tables(30)
    tables["cases"].loc[0, "education"] = "gemerkt"
    data, elsewhere = write_extract(tmp_path / "data", tables), tmp_path / "elsewhere"
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    words = ["train", "--data", str(data), "--tracking-uri", uri, "--rejected-to", str(elsewhere)]

    CliRunner().invoke(app, words)

    assert (elsewhere / "rejected.csv").is_file()
    assert not (data / "rejected.csv").exists()
