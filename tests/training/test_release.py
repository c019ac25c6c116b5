"""Releasing, waiving, going back and looking back, as a committee would ask for it."""

import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import mlflow
import pytest

from models.bundle import read_bundle, write_bundle
from tests.training.conftest import Road
from tests.training.released import REASON, REGISTRY, SOUND, Desk
from training import release as releasing
from training.tracking import fetch_bundle

UNFAIR: dict[str, Any] = {
    "fairness": {"verdict": "fail", "groups": [], "pairs": [], "most_ratio": 1.25}
}
BOLD: dict[str, Any] = {"gates": SOUND | {"calibration": SOUND["calibration"] | {"error": 0.2}}}
WAIVER = ("--waive", "fairness", "--reason", REASON, "--by", "Alex")


@pytest.fixture
def desk(tmp_path: Path, road: Road) -> Desk:
    return Desk.at(tmp_path, road)


def test_a_sound_version_is_released_and_the_log_says_by_whom(desk: Desk) -> None:
    version = desk.register()

    said = desk.say("release", version, "--by", "Alex")

    assert "version 1 is the champion now" in said
    assert desk.champion == version
    assert "release of version 1, by Alex" in desk.say("history")


def test_a_version_that_fails_is_refused_and_each_gate_is_named(desk: Desk) -> None:
    version = desk.register(**UNFAIR, **BOLD)

    why = desk.refuse("release", version)

    assert "calibration_error, fairness fail" in why
    assert desk.champion == ""
    assert "nothing was released yet" in desk.say("history")


def test_a_waiver_is_kept_in_the_log_on_the_version_and_beside_its_bundle(desk: Desk) -> None:
    version = desk.register(**UNFAIR)

    desk.say("release", version, *WAIVER)

    assert f"waived fairness: {REASON}" in desk.say("history")
    client = mlflow.MlflowClient(desk.uri)
    found = client.get_model_version("kantelpunt", version)
    assert found.tags["waiver.fairness"] == f"{REASON} (Alex)"
    note = client.download_artifacts(str(found.run_id), "release.json", str(desk.folder))
    [kept] = json.loads(Path(note).read_text())["releases"]
    assert (kept["by"], kept["waivers"]) == ("Alex", {"fairness": REASON})
    assert {"fairness": "fail"}.items() <= {g["name"]: g["verdict"] for g in kept["gates"]}.items()


def test_a_release_seals_the_version_and_a_rollback_to_another_bundle_is_refused(
    desk: Desk,
) -> None:
    first, second = desk.register(), desk.register(beside="1")
    client = mlflow.MlflowClient(desk.uri)
    kept = Path(fetch_bundle(first, REGISTRY, desk.uri)[0])
    digest = read_bundle(kept).digest
    desk.say("release", first, "--by", "Alex")
    desk.say("release", second, "--by", "Alex")
    found = client.get_model_version("kantelpunt", first)
    files = Path(urlsplit(str(found.source)).path)
    shutil.rmtree(files)
    write_bundle(files, desk.road.trained.model, desk.info | {"seed": 99}, "card")

    why = desk.refuse("rollback", "--reason", REASON, "--by", "Alex")

    assert "another than was released" in why
    assert found.tags["kantelpunt.digest"] == digest
    assert desk.champion == second


def test_two_gates_take_a_reason_each_or_one_for_both(desk: Desk) -> None:
    version = desk.register(**UNFAIR, **BOLD)
    both = ("--waive", "fairness", "--waive", "calibration_error", "--by", "Alex")

    desk.say("release", version, *both, "--reason", REASON, "--reason", "a pilot of three months")

    assert "waived calibration_error: a pilot of three months" in desk.say("history")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--waive", "fairness", "--reason", "ok", "--by", "Alex"), "20 characters or more"),
        (("--waive", "fairness", "--reason", " " * 30, "--by", "Alex"), "20 characters or more"),
        (("--waive", "fairness", "--reason", REASON), "needs --by NAME"),
        (("--waive", "fairness", "--by", "Alex"), "--waive fairness needs --reason TEXT"),
        (("--waive", "beauty", "--reason", REASON, "--by", "Alex"), "no gate is called 'beauty'"),
        (("--waive", "size", "--reason", REASON, "--by", "Alex"), "size does not fail"),
        ((*WAIVER, "--waive", "fairness"), "the same gate twice"),
    ],
)
def test_a_waiver_that_says_too_little_or_is_not_needed_is_refused(
    desk: Desk, words: tuple[str, ...], why: str
) -> None:
    version = desk.register(**UNFAIR)

    assert why in desk.refuse("release", version, *words)
    assert desk.champion == ""


def test_an_entry_point_of_mlproject_gives_empty_words_and_names_with_commas(desk: Desk) -> None:
    sound, faulty = desk.register(), desk.register("1", **UNFAIR, **BOLD)
    empty = ("--waive", "", "--reason", "", "--by", "")

    desk.say("release", sound, *empty)
    both = ("--waive", "fairness,calibration_error", "--reason", REASON, "--by", "Alex")
    desk.say("release", faulty, *both)

    assert desk.champion == faulty


def test_a_dry_run_and_gates_show_everything_and_release_nothing(desk: Desk) -> None:
    version = desk.register()

    dry, shown = desk.say("release", version, "--dry-run"), desk.say("gates", version)

    for name in ("champion", "fairness", "slope", "speed", "size", "contract"):
        assert re.search(rf"^  {name} ", dry, re.MULTILINE)
        assert re.search(rf"^  {name} ", shown, re.MULTILINE)
    assert desk.champion == ""


def test_a_champion_of_after_the_training_has_to_be_compared_with_now(desk: Desk) -> None:
    first, second, third = (desk.register(beside) for beside in ("", "1", "1"))
    desk.say("release", first)
    desk.say("release", second)

    why = desk.refuse("release", third)
    result = desk.run("release", third)
    compared = desk.say("release", third, "--data", str(desk.road.folder))

    assert "champion, reasons fail" in why
    assert "compared with version 1 at training; version 2 is the champion now" in result.output
    assert "version 3 is the champion now" in compared


def test_going_back_takes_the_champion_before_and_passes_over_deleted_ones(desk: Desk) -> None:
    for beside in ("", "1", "2", "3"):
        desk.say("release", desk.register(beside))
    mlflow.MlflowClient(desk.uri).delete_model_version("kantelpunt", "3")
    words = ("--reason", REASON, "--by", "Alex")

    back, further = desk.say("rollback", *words), desk.say("rollback", *words)
    forward = desk.say("rollback", "--to", "4", *words)

    assert "version 2 is the champion now, and no longer 4" in back
    assert "version 1 is the champion now, and no longer 2" in further
    assert "version 4 is the champion now" in forward
    assert "version 3 (deleted since)" in desk.say("history")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--reason", REASON, "--by", "Alex"), "no earlier champion to return to"),
        (("--to", "2", "--reason", REASON, "--by", "Alex"), "never was the champion"),
        (("--reason", "oops", "--by", "Alex"), "20 characters or more"),
    ],
)
def test_going_back_needs_somewhere_to_go_and_a_reason(
    desk: Desk, words: tuple[str, ...], why: str
) -> None:
    desk.say("release", desk.register())
    desk.register()

    assert why in desk.refuse("rollback", *words)


def test_nobody_goes_back_to_what_an_alias_moved_by_hand_pointed_at(desk: Desk) -> None:
    first, unseen, third = desk.register(), desk.register("1", **UNFAIR), desk.register("2")
    desk.say("release", first)
    mlflow.MlflowClient(desk.uri).set_registered_model_alias("kantelpunt", "champion", unseen)
    desk.say("release", third)

    why = desk.refuse("rollback", "--to", unseen, "--reason", REASON, "--by", "Alex")

    assert "version 2 never was the champion" in why
    assert desk.champion == third


def test_history_tells_what_was_live_on_a_day_and_why(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for moment, beside in (("2026-03-02T10:00:00Z", ""), ("2026-05-04T10:00:00Z", "1")):
        monkeypatch.setattr(releasing, "get_moment", lambda moment=moment: moment)
        desk.say("release", desk.register(beside, **UNFAIR), *WAIVER)

    before, between = (desk.say("history", "--on", day) for day in ("2026-03-01", "2026-04-01"))
    changing = desk.say("history", "--on", "2026-05-04")

    assert "no version was live on 2026-03-01" in before
    assert "version 1 was live on 2026-04-01" in between
    assert f"waived fairness: {REASON}" in between
    assert "version 1 was live on 2026-05-04, until 2026-05-04T10:00:00Z" in changing
    assert "version 2 was live on 2026-05-04" in changing


def test_a_log_that_was_changed_is_told_with_exit_code_1(desk: Desk) -> None:
    desk.say("release", desk.register(), "--by", "Alex")
    client = mlflow.MlflowClient(desk.uri)
    entry = client.get_model_version(REGISTRY.releases, "1").tags["entry"]
    changed = entry.replace("Alex", "Robin")
    client.set_model_version_tag(REGISTRY.releases, "1", "entry", changed)

    result = desk.run("history")

    assert result.exit_code == 1
    assert "entry 1 was changed after it was written" in result.output


def test_an_alias_that_was_moved_by_hand_is_told(desk: Desk) -> None:
    desk.say("release", desk.register())
    mlflow.MlflowClient(desk.uri).set_registered_model_alias(
        "kantelpunt", "champion", desk.register()
    )

    assert "version 2 is served, though the log says version 1" in desk.run("history").output


def forget_version(desk: Desk, version: str) -> None:
    """Delete a version as a hand in the database would: its alias still points at it."""
    with sqlite3.connect(desk.uri.removeprefix("sqlite:///")) as database:
        database.execute(
            "UPDATE model_versions SET current_stage = 'Deleted_Internal' "
            "WHERE name = 'kantelpunt' AND version = ?",
            (version,),
        )


def delete_version(desk: Desk, version: str) -> None:
    mlflow.MlflowClient(desk.uri).delete_model_version("kantelpunt", version)


@pytest.mark.parametrize("delete", [forget_version, delete_version])
def test_a_champion_that_was_deleted_is_told_and_can_be_replaced(
    desk: Desk, delete: Callable[[Desk, str], None]
) -> None:
    first, second = desk.register(), desk.register("1")
    desk.say("release", first)
    delete(desk, first)

    refused, told = desk.refuse("release", first), desk.run("history").output
    back = desk.refuse("rollback", "--reason", REASON, "--by", "Alex")
    released = desk.say("release", second)

    assert "version 1 of 'kantelpunt' is not there, or was deleted" in refused
    assert "deleted" in told
    assert "no earlier champion" in back
    assert "version 2 is the champion now" in released


@pytest.mark.parametrize(
    ("by", "why"),
    [
        ("Alex", None),
        (" robin ", "trained version 1 and can't release it"),
        ("\uff32obin", "trained version 1 and can't release it"),
        (None, "say who releases with --by NAME"),
    ],
)
def test_with_a_second_person_who_trained_cannot_release_alone(
    desk: Desk, by: str | None, why: str | None
) -> None:
    version = desk.register(by="Robin")
    settings = desk.folder / "strict.toml"
    settings.write_text("[registry]\nsecond_person = true\n")
    words = ("release", version, "--config", str(settings), *(("--by", by) if by else ()))

    if why is None:
        assert "is the champion now" in desk.say(*words)
    else:
        assert why in desk.refuse(*words)
        assert why in desk.refuse(*words, "--dry-run")
