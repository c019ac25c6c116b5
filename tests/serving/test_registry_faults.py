"""A registry that is slow, gone, full or lies: what is served goes on, and the operator is told."""

import gzip
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models.bundle import DIGEST_TAG
from serving import asking, swapping, whole_bundle
from serving.following import Follower, FollowState, Why
from serving.registry import RegistryGoneError, find_champion
from serving.swapping import build_follower
from tests.full_disk import full_after
from tests.running_service import Service, make_own_case, make_settings
from tests.serving.released import make_version
from tests.serving.running_registry import ALIAS, RunningRegistry


@pytest.fixture
def follow(
    service: Service, lying: RunningRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], Follower]:
    """Return what follows the registry by its whole road, without the process in between."""

    def find(*of: Any, **_: Any) -> Any:
        return find_champion(*of[:4])

    monkeypatch.setattr(swapping, "fetch_champion", find)
    settings = make_settings("sqlite:///x.db", tracking_uri=lying.address, cache=tmp_path / "cache")
    made = build_follower(service.app, settings)
    service.app.state.service = replace(service.app.state.service, follower=made)
    made.follow()

    def look() -> Follower:
        made._skipped = 0  # as after the turns in which it leaves a registry in peace
        made.follow()
        return made

    return look


def check_told(service: Service, state: FollowState) -> None:
    """Check that version 1 is served, that all who ask get it, and that its operator knows."""
    ready = service.client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["model_version"] == "1"
    assert ready.json()["following"]["state"] == state
    assert (
        f'kantelpunt_model_following{{state="{state}"}} 1.0' in service.client.get("/metrics").text
    )
    assert service.post(make_own_case()).json()["model_version"] == "1"


def test_a_release_of_a_registry_that_is_well_is_served(
    service: Service, lying: RunningRegistry, follow: Callable[[], Follower]
) -> None:
    check_told(service, FollowState.SERVED)

    lying.release("2", "b", make_version(0.25))
    follow()

    assert service.post(make_own_case()).json()["model_version"] == "2"


@pytest.mark.parametrize("trickle", [b"", b"HTTP/1.1 200 OK\r\n", b"x"])
def test_a_registry_that_hangs_or_trickles_changes_nothing(
    service: Service,
    lying: RunningRegistry,
    follow: Callable[[], Follower],
    monkeypatch: pytest.MonkeyPatch,
    trickle: bytes,
) -> None:
    lying.release("2", "b", make_version(0.25))
    lying.hangs, lying.trickle = True, trickle

    with monkeypatch.context() as hurried:
        hurried.setattr(asking, "SECONDS", 0.3)
        follow()

    check_told(service, FollowState.GONE)
    lying.hangs = False
    assert follow().now.state is FollowState.SERVED


HTML = b"<!doctype html><title>Log on</title>"
NO_ANSWERS = {
    "a log-on page": HTML,
    "nothing": b"",
    "another form": b'{"model_version": []}',
    "brackets in brackets": b"[" * 100_000,
    "no end": b" " * 1_000_001,
    "what is small on its way": gzip.compress(b" " * 50_000_000),
}


@pytest.mark.parametrize("answer", NO_ANSWERS)
def test_an_answer_that_mlflow_never_gives_changes_nothing(
    service: Service, lying: RunningRegistry, follow: Callable[[], Follower], answer: str
) -> None:
    lying.lies = {ALIAS: NO_ANSWERS[answer]}

    follow()

    check_told(service, FollowState.GONE)


PATHS = [
    ("../../elsewhere", "run"),
    ("2", "/../../elsewhere-run"),
    ("2", "..\\x"),
    ("", "b"),
    ("champion", "b"),
    ("२", "b"),
    ("2", "b" * 65),
    ("2\n", "b"),
]


@pytest.mark.parametrize(("version", "run_id"), PATHS)
def test_a_version_that_is_a_way_to_elsewhere_writes_and_removes_nothing_there(
    service: Service,
    lying: RunningRegistry,
    follow: Callable[[], Follower],
    tmp_path: Path,
    version: str,
    run_id: str,
) -> None:
    elsewhere = tmp_path.parent / "elsewhere-run"
    shutil.rmtree(elsewhere, ignore_errors=True)
    elsewhere.mkdir()
    (elsewhere / "ours.txt").write_text("ours")
    lying.release(version, run_id)

    follow()
    with pytest.raises(RegistryGoneError):
        find_champion(lying.address, "kantelpunt", tmp_path / "cache")

    check_told(service, FollowState.GONE)
    assert [one.name for one in elsewhere.iterdir()] == ["ours.txt"]


@pytest.mark.parametrize("name", ["../../../stolen.txt", "/stolen.txt", "a/../../stolen.txt"])
def test_a_file_of_a_bundle_that_is_a_way_to_elsewhere_is_not_written(
    service: Service,
    lying: RunningRegistry,
    follow: Callable[[], Follower],
    tmp_path: Path,
    name: str,
) -> None:
    lying.release("2", "b", make_version(0.25))
    lying.more_files = {name: 3}

    follow()

    check_told(service, FollowState.NOT_FETCHED)
    assert not list(tmp_path.rglob("stolen.txt"))
    assert not Path("/stolen.txt").exists()
    assert [one.name for one in (tmp_path / "cache").iterdir() if one.is_dir()] == ["1-a"]


# MLflow lets go of a connection that it broke off without closing it
BROKEN_OFF = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@BROKEN_OFF
def test_a_gigantic_file_is_not_fetched_to_its_end(
    service: Service,
    lying: RunningRegistry,
    follow: Callable[[], Follower],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(whole_bundle, "MOST_FILE_BYTES", 1_000_000)
    lying.release("2", "b", make_version(0.25))
    lying.more_files = {"big.bin": 3_000_000}

    follow()

    check_told(service, FollowState.NOT_FETCHED)
    assert [one.name for one in (tmp_path / "cache").iterdir() if one.is_dir()] == ["1-a"]


@BROKEN_OFF
def test_a_disk_that_is_full_in_the_middle_of_a_fetch_leaves_no_half_and_is_tried_again(
    service: Service, lying: RunningRegistry, follow: Callable[[], Follower], tmp_path: Path
) -> None:
    lying.release("2", "b", make_version(0.25))

    with full_after(20_000):
        state = follow().now.state

    assert state is FollowState.NOT_FETCHED
    check_told(service, FollowState.NOT_FETCHED)
    assert [one.name for one in (tmp_path / "cache").iterdir() if one.is_dir()] == ["1-a"]
    assert follow().now.state is FollowState.SERVED


def test_what_a_fetch_that_was_killed_left_is_cleaned_up_later(
    lying: RunningRegistry, tmp_path: Path
) -> None:
    old, new = tmp_path / "fetch-old", tmp_path / "fetch-new"
    for one in (old, new):
        one.mkdir()
    os.utime(old, (0, 0))

    find_champion(lying.address, "kantelpunt", tmp_path)

    assert {one.name for one in tmp_path.iterdir()} == {"1-a", "fetch-new"}


def strip(folder: Path, tmp_path: Path) -> Path:
    """Return a copy of a bundle without its manifest, as of a version that never had one."""
    copy = shutil.copytree(folder, tmp_path / "stripped")
    (copy / "manifest.json").unlink()
    return copy


def change(folder: Path, tmp_path: Path) -> Path:
    copy = shutil.copytree(folder, tmp_path / "changed")
    (copy / "usual.txt").write_bytes((copy / "usual.txt").read_bytes().replace(b"1", b"2", 1))
    return copy


@pytest.mark.parametrize("spoil", [strip, change])
def test_a_version_without_a_bundle_or_with_another_file_is_refused(
    service: Service,
    lying: RunningRegistry,
    follow: Callable[[], Follower],
    tmp_path: Path,
    spoil: Callable[[Path, Path], Path],
) -> None:
    lying.release("2", "b", spoil(make_version(0.25), tmp_path))

    how = follow().now

    check_told(service, FollowState.REFUSED)
    assert how.refused is not None
    assert (how.refused.version, how.refused.why) == ("2", Why.DAMAGED)


def test_a_version_that_is_not_what_its_label_says_is_refused(
    service: Service, lying: RunningRegistry, follow: Callable[[], Follower]
) -> None:
    lying.tags = {DIGEST_TAG: "0" * 64}
    lying.release("2", "b", make_version(0.25))

    follow()

    check_told(service, FollowState.REFUSED)


def test_a_number_that_is_used_again_is_another_version(
    service: Service, lying: RunningRegistry, follow: Callable[[], Follower]
) -> None:
    before = service.post(make_own_case(1)).json()

    # a registered model that was deleted and made anew counts from 1 again
    lying.release("1", "b", make_version(0.25))
    follow()

    after = service.post(make_own_case(2)).json()
    assert before["model_version"] == after["model_version"] == "1"
    assert before["p_usual"] != after["p_usual"]
