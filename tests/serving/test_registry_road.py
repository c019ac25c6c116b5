"""The whole road from a real MLflow to what is served, without the process in between."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models.bundle import Bundle, BundleDamagedError, read_bundle
from models.suggestion import read_limits
from serving import registry, swapping
from serving.app import build_showing
from serving.following import BundleRefusedError, Follower, FollowState, Why
from serving.last_bundle import find_last
from serving.registry import NotFetchedError, RegistryGoneError, find_champion, find_served
from serving.swapping import build_follower, check_shown
from tests.running_service import Service, get_bundle, make_own_case, make_settings
from tests.serving.released import make_version, write_version
from tests.tracking import make_tracking
from training.config import RegistryConfig
from training.tracking import log_run, set_champion
from training.tracking_releases import tag_digest

NAMES = RegistryConfig("kantelpunt", "kantelpunt")


class Mlflow:
    """A real MLflow in a folder, with two versions of a model; the first is the champion."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.uri, self.cache = make_tracking(folder), folder / "cache"
        self.runs = [self._log(folder / f"{share}", share) for share in (0.5, 0.25)]
        self.release("1")

    def _log(self, files: Path, share: float) -> str:
        shutil.copytree(make_version(share), files / "bundle")
        return log_run(files, {}, {}, NAMES, self.uri).run_id

    def release(self, version: str) -> None:
        set_champion(version, NAMES, self.uri)

    def reseal(self) -> None:
        """Put another whole bundle in the place of that of version 2, after its release."""
        tag_digest("2", read_bundle(make_version(0.25)).digest, NAMES, self.uri)
        [files] = self.cache.parent.glob(f"mlartifacts/**/{self.runs[1]}/artifacts/bundle")
        shutil.rmtree(files)
        shutil.copytree(make_version(0.75), files)

    def spoil(self) -> None:
        """Put a whole bundle whose notes no page can show in the place of that of version 2."""
        [files] = self.cache.parent.glob(f"mlartifacts/**/{self.runs[1]}/artifacts/bundle")
        shutil.rmtree(files)
        shutil.copytree(write_version(get_bundle().model, {"fairness": "fair enough"}), files)

    def ask(self, name: str, *given: str) -> None:
        import mlflow

        mlflow.set_tracking_uri(self.uri)
        getattr(mlflow.MlflowClient(), name)("kantelpunt", *given)

    def follow(self, service: Service) -> Follower:
        settings = make_settings("sqlite:///x.db", tracking_uri=self.uri, cache=self.cache)
        made = build_follower(service.app, settings)
        service.app.state.service = replace(service.app.state.service, follower=made)
        return made


@pytest.fixture
def mlflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mlflow:
    def find(uri: str, model: str, cache: Path, alias: str = "champion", *_: Any, **__: Any) -> Any:
        return find_champion(uri, model, cache, alias)

    monkeypatch.setattr(swapping, "fetch_champion", find)
    monkeypatch.setattr(registry, "fetch_champion", find)
    return Mlflow(tmp_path / "mlflow")


def test_a_release_a_rollback_and_a_deleted_version_are_followed(
    service: Service, mlflow: Mlflow
) -> None:
    follower, found = mlflow.follow(service), []
    steps: list[Callable[[], None]] = [
        lambda: None,
        lambda: mlflow.release("2"),
        lambda: mlflow.release("1"),
        lambda: mlflow.release("2"),
        lambda: mlflow.ask("delete_model_version", "2"),
        lambda: mlflow.release("1"),
        lambda: mlflow.ask("delete_registered_model_alias", "champion"),
    ]

    for step in steps:
        step()
        how = follower.follow()
        found.append((how.state.value, service.app.state.service.bundle.version))

    assert found == [
        ("served", "1"),
        ("served", "2"),
        ("served", "1"),
        ("served", "2"),
        ("no-champion", "2"),
        ("served", "1"),
        ("no-champion", "1"),
    ]
    assert service.post(make_own_case()).json()["model_version"] == "1"
    folder, version = find_last(
        make_settings("sqlite:///x.db", tracking_uri=mlflow.uri, cache=mlflow.cache),
        RegistryGoneError("none"),
    )
    assert (folder.name, version) == (f"1-{mlflow.runs[0]}", "1")


def test_a_version_whose_files_are_gone_from_mlflow_is_not_served(
    service: Service, mlflow: Mlflow
) -> None:
    follower = mlflow.follow(service)
    follower.follow()
    mlflow.release("2")
    [files] = Path(mlflow.cache.parent).glob(f"mlartifacts/**/{mlflow.runs[1]}")
    shutil.move(files, files.with_name("away"))

    how = follower.follow()

    assert how.state is FollowState.NOT_FETCHED
    assert service.app.state.service.bundle.version == "1"
    assert [p.name for p in mlflow.cache.iterdir() if p.is_dir()] == [f"1-{mlflow.runs[0]}"]


def test_a_copy_that_suffered_is_fetched_anew_before_anything_is_refused(
    service: Service, mlflow: Mlflow
) -> None:
    mlflow.release("2")
    folder, _ = find_champion(mlflow.uri, "kantelpunt", mlflow.cache)
    (folder / "card.md").write_text("changed")

    how = mlflow.follow(service).follow()

    assert how.state is FollowState.SERVED
    assert service.app.state.service.bundle.version == "2"


def test_a_start_on_a_damaged_champion_serves_the_model_of_the_last_start(
    mlflow: Mlflow,
) -> None:
    settings = make_settings("sqlite:///x.db", tracking_uri=mlflow.uri, cache=mlflow.cache)
    first = find_served(settings)
    [files] = Path(mlflow.cache.parent).glob(f"mlartifacts/**/{mlflow.runs[1]}/artifacts/bundle")
    (files / "card.md").write_text("changed")
    mlflow.release("2")

    again = find_served(settings)
    (mlflow.cache / again.folder / "card.md").write_text("changed too")

    assert (first.bundle.version, first.from_cache) == ("1", False)
    assert (again.bundle.version, again.from_cache) == ("1", True)
    with pytest.raises(BundleDamagedError):
        find_served(settings)


def test_a_bundle_that_was_resealed_after_its_release_is_refused_and_the_old_one_stays(
    service: Service, mlflow: Mlflow
) -> None:
    follower = mlflow.follow(service)
    follower.follow()
    mlflow.reseal()
    mlflow.release("2")

    how = follower.follow()

    assert how.refused is not None
    assert (how.state, how.refused.why) == (FollowState.REFUSED, Why.DAMAGED)
    assert "another than was released" in how.refused.told
    assert service.app.state.service.bundle.version == "1"


def test_a_start_on_a_resealed_champion_serves_the_last_model_or_nothing(mlflow: Mlflow) -> None:
    settings = make_settings("sqlite:///x.db", tracking_uri=mlflow.uri, cache=mlflow.cache)
    find_served(settings)
    mlflow.reseal()
    mlflow.release("2")

    again = find_served(settings)
    shutil.rmtree(mlflow.cache)

    assert (again.bundle.version, again.from_cache) == ("1", True)
    with pytest.raises(BundleDamagedError, match="another than was released"):
        find_served(settings)


def check(bundle: Bundle) -> None:
    check_shown(build_showing(read_limits()), bundle)


def test_a_start_on_a_champion_whose_notes_cannot_be_shown_serves_the_last_model(
    mlflow: Mlflow,
) -> None:
    settings = make_settings("sqlite:///x.db", tracking_uri=mlflow.uri, cache=mlflow.cache)
    find_served(settings, check)
    mlflow.spoil()
    mlflow.release("2")

    again = find_served(settings, check)
    shutil.rmtree(mlflow.cache)

    assert (again.bundle.version, again.from_cache) == ("1", True)
    with pytest.raises(BundleRefusedError, match=r"info\.json: .* release or serve another"):
        find_served(settings, check)


def test_a_start_does_not_fall_back_to_a_last_model_that_cannot_be_shown_either(
    mlflow: Mlflow,
) -> None:
    settings = make_settings("sqlite:///x.db", tracking_uri=mlflow.uri, cache=mlflow.cache)
    mlflow.spoil()
    mlflow.release("2")
    find_served(settings)
    Path(mlflow.uri.removeprefix("sqlite:///")).unlink()

    with pytest.raises(BundleRefusedError):
        find_served(settings, check)


def test_a_version_that_is_what_was_released_is_served(mlflow: Mlflow) -> None:
    settings = make_settings("sqlite:///x.db", tracking_uri=mlflow.uri, cache=mlflow.cache)
    tag_digest("1", read_bundle(make_version(0.5)).digest, NAMES, mlflow.uri)

    found = find_served(settings)

    assert (found.bundle.version, found.from_cache) == ("1", False)
    [note] = mlflow.cache.glob("digest-*.txt")
    assert note.read_text() == found.bundle.digest


def test_two_workers_that_fetch_the_same_version_at_once_both_have_it(
    mlflow: Mlflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def rename_second(path: Path, target: Path) -> Path:
        if not target.exists():
            shutil.copytree(path, target)  # the other worker was first
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", rename_second)
    folder, version = find_champion(mlflow.uri, "kantelpunt", mlflow.cache)

    assert (folder / "manifest.json").is_file()
    assert version == "1"
    assert [p.name for p in mlflow.cache.iterdir()] == [folder.name]


@pytest.mark.parametrize("text", ["null", "[]", "{}", '{"folder": 5, "version": 1}'])
def test_a_start_whose_note_of_the_last_model_is_nonsense_says_what_is_wrong(
    mlflow: Mlflow, text: str
) -> None:
    settings = make_settings("sqlite:///x.db", tracking_uri=mlflow.uri, cache=mlflow.cache)
    find_served(settings)
    [note] = mlflow.cache.glob("last-*.json")
    note.write_text(text)
    Path(mlflow.uri.removeprefix("sqlite:///")).unlink()

    with pytest.raises(RegistryGoneError):
        find_served(settings)


def test_a_start_whose_cache_takes_no_note_serves_all_the_same(
    mlflow: Mlflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_settings("sqlite:///x.db", tracking_uri=mlflow.uri, cache=mlflow.cache)

    def refuse(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", refuse)

    assert find_served(settings).bundle.version == "1"


def test_a_cache_that_cannot_be_written_is_told_apart_from_a_registry_that_is_away(
    mlflow: Mlflow,
) -> None:
    mlflow.cache.write_text("a file where a folder should be")

    with pytest.raises(NotFetchedError, match="KANTELPUNT_CACHE"):
        find_champion(mlflow.uri, "kantelpunt", mlflow.cache)
