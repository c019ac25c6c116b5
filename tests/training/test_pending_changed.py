"""A run that somebody changed while it waited on the disk is not sent."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from mlflow import MlflowClient
from typer.testing import CliRunner

import kantelpunt
from tests.tracking import make_tracking
from tests.training.waiting_runs import REGISTRY, list_runs, make_waiting
from training import pending
from training.pending import RunNotKeptError, send


@pytest.fixture
def uri(tmp_path: Path) -> str:
    return make_tracking(tmp_path)


@pytest.fixture
def waiting(tmp_path: Path) -> Path:
    return make_waiting(tmp_path / "runs", "a")


def name_log_of_releases(folder: Path) -> None:
    change_note(folder, "registry", {"model": "kantelpunt-releases", "experiment": "kantelpunt"})


def name_somebody_else(folder: Path) -> None:
    change_note(folder, "about", {"by": "Somebody else"})


def change_note(folder: Path, part: str, changed: dict[str, str]) -> None:
    read = json.loads((folder / pending.NOTE).read_text())
    read[part] |= changed
    (folder / pending.NOTE).write_text(json.dumps(read))


def hide_who_trained(folder: Path) -> None:
    name_somebody_else(folder)
    (folder / "files" / "record.json").unlink()


def put_foreign_files(folder: Path) -> None:
    shutil.rmtree(folder / "files" / "bundle")
    (folder / "files" / "model").mkdir()
    (folder / "files" / "model" / "evil.pkl").write_bytes(b"\x80")


def change_bundle(folder: Path) -> None:
    (folder / "files" / "bundle" / "card.md").write_text("changed")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (name_log_of_releases, r"another \[registry\] model .* than kantelpunt/kantelpunt"),
        (name_somebody_else, "run.json and record.json tell of another run"),
        (hide_who_trained, "FileNotFoundError"),
        (put_foreign_files, "is no bundle"),
        (change_bundle, "card.md was changed"),
    ],
)
def test_a_run_that_was_changed_while_it_waited_is_refused_before_anything_is_sent(
    waiting: Path, uri: str, change: Callable[[Path], None], why: str
) -> None:
    change(waiting)

    with pytest.raises(RunNotKeptError, match=why):
        send(waiting, uri, REGISTRY)

    assert list_runs(uri) == []
    assert MlflowClient(uri).search_registered_models() == []
    assert waiting.is_dir()


def test_sync_sends_a_run_of_other_names_with_its_configuration(tmp_path: Path, uri: str) -> None:
    waiting = make_waiting(tmp_path / "runs", "a")
    change_note(waiting, "registry", {"model": "other"})
    own = tmp_path / "own.toml"
    own.write_text('[registry]\nmodel = "other"\nexperiment = "kantelpunt"\n')
    words = ["sync", "--runs-to-sync", str(waiting.parent), "--tracking-uri", uri]

    without = CliRunner().invoke(kantelpunt.app, words)
    given = CliRunner().invoke(kantelpunt.app, [*words, "--config", str(own)])

    assert isinstance(without.exception, RunNotKeptError)
    assert "registered version 1" in given.output
