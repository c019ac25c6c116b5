"""A run that MLflow or the disk cannot take: nothing is lost, nothing is there by half or twice."""

import errno
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from typer.testing import CliRunner

import kantelpunt
from features.tables import Extract
from tests.running_service import get_bundle_folder
from tests.tracking import make_tracking
from tests.training.conftest import Road
from tests.training.waiting_runs import BEGAN, REGISTRY, list_runs, make_waiting
from training import keep, pending, tracking
from training.fingerprint import ExtractChangedError
from training.pending import Note, RunNotKeptError, RunNotSentError, list_pending, send, write_note
from training.tracking import RegistryError, fetch_bundle, find_latest

NOBODY = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")


@pytest.fixture
def uri(tmp_path: Path) -> str:
    return make_tracking(tmp_path)


@pytest.fixture
def waiting(tmp_path: Path) -> Path:
    """Return the folder of a run that waits."""
    return make_waiting(tmp_path / "runs", "a")


def count_versions(uri: str) -> int:
    return len(MlflowClient(uri).search_model_versions("name = 'kantelpunt'"))


def test_a_server_that_does_not_answer_leaves_the_run_whole_on_this_disk(
    waiting: Path, uri: str
) -> None:
    with pytest.raises(RunNotSentError, match="kantelpunt sync"):
        send(waiting, NOBODY, REGISTRY)
    assert (waiting / "files" / "bundle" / "manifest.json").is_file()

    made = send(waiting, uri, REGISTRY)

    run = MlflowClient(uri).get_run(made.run_id)
    assert (made.version, run.info.status) == ("1", "FINISHED")
    assert (run.info.start_time, run.info.end_time) == (BEGAN, BEGAN + 60_000)
    assert run.data.tags["kantelpunt.by"] == "An"
    assert (run.data.params, run.data.metrics) == ({"seed": "1"}, {"ours.auc": 0.7})
    assert not waiting.exists()


def test_a_run_that_is_sent_twice_is_there_once(waiting: Path, uri: str, tmp_path: Path) -> None:
    shutil.copytree(waiting, tmp_path / "copy")

    first, second = send(waiting, uri, REGISTRY), send(tmp_path / "copy", uri, REGISTRY)

    assert first == second
    assert list_runs(uri) == [(first.run_id, "FINISHED")]
    assert count_versions(uri) == 1


def test_a_disk_that_fills_up_while_logging_leaves_no_version_and_the_rest_is_sent_later(
    waiting: Path, uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = shutil.copyfile

    def fill_up(source: str, target: str, **more: bool) -> str:
        if str(target).endswith("model.json"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return str(copy(source, target, **more))

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfile", fill_up)
        with pytest.raises(RunNotSentError, match=r"No space left on device.*nothing of it was"):
            send(waiting, uri, REGISTRY)
    [(failed, status)] = list_runs(uri)
    assert (status, count_versions(uri)) == ("FAILED", 0)
    with pytest.raises(RegistryError, match="no version is registered"):
        find_latest(REGISTRY, uri)
    made = send(waiting, uri, REGISTRY)

    assert made.run_id == failed
    assert list_runs(uri) == [(failed, "FINISHED")]
    folder, _ = fetch_bundle(made.version, REGISTRY, uri)
    names = sorted(path.name for path in get_bundle_folder().iterdir())
    assert sorted(path.name for path in folder.iterdir()) == names


def test_a_registry_that_does_not_answer_keeps_the_run_until_it_does(
    waiting: Path, uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise MlflowException("gone")

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "create_model_version", refuse)
        with pytest.raises(RunNotSentError, match="kantelpunt sync"):
            send(waiting, uri, REGISTRY)
    assert count_versions(uri) == 0
    send(waiting, uri, REGISTRY)

    assert [status for _, status in list_runs(uri)] == ["FINISHED"]
    assert count_versions(uri) == 1


def test_an_answer_that_is_lost_makes_no_second_version(
    waiting: Path, uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = MlflowClient.create_model_version

    def lose(*given: Any) -> None:
        make(*given)
        raise MlflowException("the answer was lost")

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "create_model_version", lose)
        with pytest.raises(RunNotSentError):
            send(waiting, uri, REGISTRY)
    made = send(waiting, uri, REGISTRY)

    assert list_runs(uri) == [(made.run_id, "FINISHED")]
    assert count_versions(uri) == 1


def test_sync_sends_what_is_whole_and_says_so(tmp_path: Path, uri: str) -> None:
    runs = tmp_path / "runs"
    make_waiting(runs, "a")
    make_waiting(runs, "b")
    (runs / "half" / "files").mkdir(parents=True)
    words = ["sync", "--runs-to-sync", str(runs), "--tracking-uri", uri]

    first = CliRunner().invoke(kantelpunt.app, words, catch_exceptions=False)
    second = CliRunner().invoke(kantelpunt.app, words, catch_exceptions=False)

    assert first.output.count("registered version") == 2
    assert second.output == f"no run waits in {runs}\n"
    assert count_versions(uri) == 2
    assert list_pending(runs) == []


def test_a_run_without_a_whole_note_is_told(waiting: Path, uri: str) -> None:
    (waiting / pending.NOTE).write_text('{"parameters": {}}')

    with pytest.raises(RunNotKeptError, match="holds no whole run"):
        send(waiting, uri, REGISTRY)


def test_a_damaged_run_holds_up_none_of_the_others(tmp_path: Path, uri: str) -> None:
    runs = tmp_path / "runs"
    damaged = make_waiting(runs, "a") / pending.NOTE
    damaged.write_text('{"parameters": {}}')
    os.utime(damaged, (0, 0))
    make_waiting(runs, "b")
    words = ["sync", "--runs-to-sync", str(runs), "--tracking-uri", uri]

    ended = CliRunner().invoke(kantelpunt.app, words)

    assert isinstance(ended.exception, RunNotKeptError)
    assert ended.output.count("registered version") == count_versions(uri) == 1
    assert list_pending(runs) == [damaged.parent]


def test_the_command_ends_with_a_code_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise RunNotSentError("not sent")

    monkeypatch.setattr(kantelpunt, "app", fail)

    with pytest.raises(SystemExit) as ended:
        kantelpunt.main()

    assert ended.value.code == 3
    assert capsys.readouterr().err == "error: not sent\n"


def test_a_disk_that_is_full_before_logging_leaves_nothing(
    road: Road, tmp_path: Path, uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keep, "RECORD", "/dev/full")
    monkeypatch.setattr(keep, "draw_plots", lambda *_: None)

    with pytest.raises(RunNotKeptError, match=r"No space left on device.*make room"):
        keep.keep_run(road.trained, road.extract, 1, uri, runs_to_sync=tmp_path / "runs")

    assert list((tmp_path / "runs").iterdir()) == []
    assert list_runs(uri) == []


def test_an_extract_that_changes_under_a_run_is_not_registered(
    road: Road, tmp_path: Path, uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    shutil.copytree(road.folder, data)

    def change(_: Extract) -> None:
        with (data / "cases.parquet").open("ab") as file:
            file.write(b"later")

    monkeypatch.setattr(keep, "train", lambda *_, **__: road.trained)

    with pytest.raises(ExtractChangedError, match=r"^cases\.parquet in .* nothing was registered"):
        keep.train_and_keep(
            data, uri=uri, runs_to_sync=tmp_path / "runs", tell_extract=change, seed=1
        )

    assert list_runs(uri) == []
    assert not (tmp_path / "runs").exists()


def test_a_run_of_another_store_is_made_anew_in_this_one(waiting: Path, uri: str) -> None:
    note = pending.read_note(waiting)
    about = tracking.About(**{**vars(note.about), "mlflow_run": "0" * 32})
    write_note(waiting, Note(note.parameters, note.metrics, REGISTRY, about))

    made = send(waiting, uri, REGISTRY)

    assert made.run_id != "0" * 32
    assert list_runs(uri) == [(made.run_id, "FINISHED")]
