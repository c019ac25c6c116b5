"""What is released and cannot be served is refused; a registry that is away changes nothing."""

import json
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import structlog

from features.contract import default_contract, parse_contract
from serving import following
from serving.following import Follower, Following, FollowState, Road, Why
from serving.registry_process import NotFetchedError, RegistryError, RegistryGoneError
from serving.settings import SettingsError, read_settings
from serving.swapping import build_follower
from tests.running_service import NOW, Service, get_bundle, make_own_case, make_settings
from tests.serving.released import Registry, make_version, under, write_version
from tests.waiting import AGES


@pytest.fixture
def registry() -> Registry:
    return Registry({"3": make_version(0.5), "4": make_version(0.25)})


def change(file: str, text: str) -> Callable[[Path], Path]:
    """Return what copies the folder of a version and changes one of its files."""

    def make(folder: Path) -> Path:
        copy = shutil.copytree(make_version(0.25), folder / "changed")
        (copy / file).write_text(text)
        return copy

    return make


def change_format(folder: Path) -> Path:
    copy = shutil.copytree(make_version(0.25), folder / "other")
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps(manifest | {"format": 99}))
    return copy


def change_smoke(folder: Path) -> Path:
    """As if a library computed otherwise here than where the version was trained."""
    copy = shutil.copytree(make_version(0.25), folder / "smoke")
    rows = json.loads((copy / "smoke.json").read_text())
    rows[0][0] += 0.001
    (copy / "smoke.json").write_text(json.dumps(rows))
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["sha256"]["smoke.json"] = sha256((copy / "smoke.json").read_bytes()).hexdigest()
    (copy / "manifest.json").write_text(json.dumps(manifest))
    return copy


def change_contract(_: Path) -> Path:
    text = default_contract().text
    return under(parse_contract(text.replace("horizon_days = 365", "horizon_days = 180")))


def change_info(_: Path) -> Path:
    """Sealed, but with notes that training never writes so."""
    return write_version(get_bundle().model, {"fairness": "fair enough"})


REFUSALS = {
    Why.DAMAGED: change("card.md", "changed"),
    Why.FORMAT: change_format,
    Why.SMOKE: change_smoke,
    Why.CONTRACT: change_contract,
    Why.INFO: change_info,
}


@pytest.mark.parametrize("why", REFUSALS)
def test_a_version_that_cannot_be_served_is_refused_and_the_old_one_stays(
    service: Service, registry: Registry, tmp_path: Path, why: Why
) -> None:
    registry.versions["9"] = REFUSALS[why](tmp_path)
    registry.alias = "9"

    with structlog.testing.capture_logs() as logs:
        how = registry.follow(service, registry.versions["3"].name).follow()

    made, ready = service.post(make_own_case()).json(), service.client.get("/readyz")
    metrics = service.client.get("/metrics").text
    [line] = [one for one in logs if one["log_level"] == "warning"]
    assert (how.state, made["model_version"]) == (FollowState.REFUSED, "3")
    assert (line["version"], line["why"]) == ("9", why)
    assert ready.status_code == 200
    assert ready.json()["following"]["refused_version"] == "9"
    assert ready.json()["following"]["refused_why"] == why
    assert f'kantelpunt_model_refused_total{{why="{why}"}} 1.0' in metrics
    assert 'kantelpunt_model_following{state="refused"} 1.0' in metrics


MISSHAPEN = [
    {"fairness": {"groups": [{"group": ["female"]}]}},
    {"screenings": {"test": 839}, "windows": {"test_from": "spring", "test_until": "autumn"}},
    {"gain": "none"},
]


@pytest.mark.parametrize("noted", MISSHAPEN, ids=lambda noted: min(noted))
def test_a_version_that_the_page_of_the_model_cannot_show_leaves_that_page_as_it_was(
    service: Service, registry: Registry, noted: dict[str, Any]
) -> None:
    figures = {"figures": {"kantelpunt": {"auc": [0.7, 0.6, 0.8]}}}
    registry.versions["9"] = write_version(get_bundle().model, figures | noted)
    registry.alias = "9"
    service.log_on()

    how = registry.follow(service).follow()

    page = service.client.get("/model")
    assert how.refused is not None
    assert how.refused.why is Why.INFO
    assert (page.status_code, "Model, versie 3" in page.text) == (200, True)


def test_a_refused_version_is_not_read_again_until_an_hour_later(
    service: Service, registry: Registry, tmp_path: Path
) -> None:
    registry.versions["9"] = change("card.md", "changed")(tmp_path)
    registry.alias = "9"
    follower = registry.follow(service)

    follower.follow()
    registry.later(minutes=59)
    soon, asked = follower.follow(), list(registry.asked)
    registry.versions["9"] = make_version(0.75)
    registry.later(minutes=1)
    later = follower.follow()

    assert asked == ["sign", "fetch", "sign"]
    assert soon.state is FollowState.REFUSED
    assert later.state is FollowState.SERVED
    assert service.post(make_own_case()).json()["model_version"] == "9"


def test_after_a_refusal_the_next_release_is_served_and_nothing_is_refused(
    service: Service, registry: Registry, tmp_path: Path
) -> None:
    registry.versions["9"] = change("card.md", "changed")(tmp_path)
    registry.alias = "9"
    follower = registry.follow(service)
    follower.follow()
    registry.alias = "4"

    follower.follow()

    ready = service.client.get("/readyz").json()
    assert ready["model_version"] == "4"
    assert "refused_version" not in ready["following"]


def test_a_contract_that_asks_nothing_more_is_served_and_described(
    service: Service, registry: Registry
) -> None:
    registry.versions["9"] = under(parse_contract(f"# worded anew\n{default_contract().text}"))
    registry.alias = "9"
    follower = registry.follow(service)

    how = follower.follow()

    described = service.client.get("/openapi.json").json()
    assert how.state is FollowState.SERVED
    assert service.get("/api/v1/model").json()["contract_fingerprint"] != (
        default_contract().fingerprint
    )
    assert "age_years" in described["components"]["schemas"]["Case"]["properties"]


AWAY = {
    FollowState.GONE: RegistryGoneError("gone"),
    FollowState.NOBODY: RegistryError("no version is the champion"),
    FollowState.NOT_FETCHED: NotFetchedError("no files"),
}


@pytest.mark.parametrize("state", AWAY)
def test_a_registry_that_gives_nothing_leaves_the_old_one_and_is_told_once(
    service: Service, registry: Registry, state: FollowState
) -> None:
    follower = registry.follow(service)
    registry.alias = "4"
    follower.follow()
    registry.alias, registry.error = "", AWAY[state]

    with structlog.testing.capture_logs() as logs:
        found = {follower.follow().state for _ in range(30)}

    assert found == {state}
    assert [one["why"] for one in logs if one["log_level"] == "warning"] == [state]
    assert service.client.get("/readyz").json()["model_version"] == "4"
    # each question takes a process of seconds: one that fails is not asked at every turn
    assert registry.asked.count("fetch") < 8


def test_a_registry_that_comes_back_is_followed_again(service: Service, registry: Registry) -> None:
    follower = registry.follow(service)
    registry.alias = "4"
    follower.follow()
    registry.unreachable = RegistryGoneError("gone")
    gone = follower.follow()
    registry.later(minutes=2)
    registry.unreachable = None

    back = follower.follow()

    assert (gone.state, gone.at) == (FollowState.GONE, NOW)
    assert (back.state, back.at) == (FollowState.SERVED, registry.now)
    assert registry.asked.count("fetch") == 1


def test_what_nobody_expected_does_not_end_the_following(
    service: Service, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = registry.follow(service)
    registry.alias = "4"
    monkeypatch.setattr("serving.swapping.prepare", lambda *_: 1 / 0)
    failed = follower.follow()
    monkeypatch.undo()

    found = [follower.follow().state for _ in range(3)]

    assert failed.state is FollowState.NOT_FETCHED
    assert found[-1] is FollowState.SERVED


def test_a_follower_that_waits_for_an_answer_stops_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(following, "LAST_SECONDS", AGES)
    began = Event()

    def fetch(stopped: Event) -> tuple[Path, str]:
        began.set()
        stopped.wait(2 * AGES)
        raise RegistryGoneError("stopped")

    road = Road(lambda _: None, fetch, lambda *_: None, lambda *_: None)  # type: ignore[arg-type]
    follower = Follower(road, lambda: NOW, 30)
    follower.start(at_once=True)

    asked = began.wait(AGES)
    follower.stop()

    assert asked
    assert follower.now == Following(FollowState.GONE)


def test_nothing_is_followed_where_a_folder_is_served_or_it_is_set_off(
    service: Service, sqlite_url: str, tmp_path: Path
) -> None:
    changes: list[dict[str, object]] = [{"bundle": tmp_path}, {"follow_seconds": 0}]

    found = [build_follower(service.app, make_settings(sqlite_url, **c)) for c in changes]

    assert [one.now.state for one in found] == [FollowState.OFF] * 2
    assert found[0].follow().state is FollowState.OFF


@pytest.mark.parametrize("seconds", ["0.0001", "0.999"])
def test_following_without_a_pause_is_refused(
    monkeypatch: pytest.MonkeyPatch, seconds: str
) -> None:
    monkeypatch.setenv("KANTELPUNT_FOLLOW_SECONDS", seconds)

    with pytest.raises(SettingsError, match="follow_seconds") as caught:
        read_settings()

    assert "expected 1 or more, or 0 to ask only at the start" in str(caught.value)


@pytest.mark.parametrize("seconds", ["0", "1", "30"])
def test_following_is_off_or_pauses_a_second_at_least(
    monkeypatch: pytest.MonkeyPatch, seconds: str
) -> None:
    monkeypatch.setenv("KANTELPUNT_FOLLOW_SECONDS", seconds)

    assert read_settings().follow_seconds == float(seconds)
