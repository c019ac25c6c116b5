"""What people and registries put into words around a release: never more than one line of a log."""

import json
from pathlib import Path
from typing import Any

import mlflow
import pytest

from tests.training.conftest import Road
from tests.training.released import REASON, REGISTRY, SOUND, Desk
from training.config import read_config
from training.release import judge_version
from training.release_rules import GATES

UNFAIR: dict[str, Any] = {
    "fairness": {"verdict": "fail", "groups": [], "pairs": [], "most_ratio": 1.25}
}
FORGED = f"{REASON}\n   2  2026-01-01T00:00:00Z  release of version 7, by Chief"


@pytest.fixture
def desk(tmp_path: Path, road: Road) -> Desk:
    return Desk.at(tmp_path, road)


@pytest.mark.parametrize(
    ("by", "reason"),
    [("Alex", FORGED), ("Al\nex", REASON), ("Alex\x1b[2J", REASON), ("Alex", REASON + "\u202e")],
)
def test_words_that_could_pass_for_an_entry_of_the_log_are_refused(
    desk: Desk, by: str, reason: str
) -> None:
    version = desk.register(**UNFAIR)
    words = ("release", version, "--waive", "fairness", "--reason", reason, "--by", by)

    assert "takes one line of text" in desk.refuse(*words)
    assert "takes one line of text" in desk.refuse(*words, "--dry-run")
    assert "nothing was released yet" in desk.say("history")


def test_a_reason_that_is_a_book_is_refused(desk: Desk) -> None:
    version = desk.register()

    assert "2000 characters" in desk.refuse("release", version, "--reason", "x" * 2001)
    assert "2000 characters" in desk.refuse("rollback", "--by", "Alex", "--reason", "x" * 2001)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--waive", "fairness", "--reason", "ok", "--by", "Alex"), "20 characters or more"),
        (("--waive", "beauty", "--reason", REASON, "--by", "Alex"), "no gate is called 'beauty'"),
        (("--waive", "fairness", "--reason", REASON), "needs --by NAME"),
        (("--waive", "fairness", "--by", "Alex"), "--waive fairness needs --reason TEXT"),
        (("--reason", "two\nlines"), "takes one line of text"),
    ],
)
def test_words_that_cannot_do_are_refused_before_the_version_is_judged(
    desk: Desk, words: tuple[str, ...], why: str
) -> None:
    result = desk.run("release", "998", *words)

    assert why in str(result.exception)
    assert "gate " not in result.output


def test_every_gate_can_be_named_before_a_version_is_judged(desk: Desk) -> None:
    judged = judge_version(desk.register(), read_config(), desk.uri)

    assert [gate.name for gate in judged.gates] == list(GATES)


def test_what_was_written_into_the_log_past_us_is_shown_on_one_line(desk: Desk) -> None:
    desk.say("release", desk.register(), "--by", "Alex")
    client = mlflow.MlflowClient(desk.uri)
    entry = json.loads(client.get_model_version(REGISTRY.releases, "1").tags["entry"])
    client.set_model_version_tag(
        REGISTRY.releases, "1", "entry", json.dumps(entry | {"by": "Al\n   2  forged"})
    )

    result = desk.run("history")

    assert result.exit_code == 1
    assert "by Al\\n   2  forged" in result.output


@pytest.mark.parametrize(
    "told", [{"gates": {}}, {"fairness": None}, {"gates": SOUND | {"baselines": {}}}]
)
def test_a_training_that_cannot_be_judged_is_refused_in_a_sentence(
    desk: Desk, told: dict[str, Any]
) -> None:
    version = desk.register(**told)

    assert "cannot be judged" in desk.refuse("gates", version)


def test_signs_of_markup_in_a_bundle_are_shown_as_they_stand(desk: Desk) -> None:
    version = desk.register(gates=SOUND | {"baselines": {"[/red]": [0.002, 0.001, 0.003]}})

    assert "[/red]" in desk.say("gates", version)
