"""A registry that is gone in the middle of a release: told in one line, and mended by the same."""

from pathlib import Path

import pytest

from tests.training.conftest import Road
from tests.training.released import Desk
from training import release as releasing
from training.tracking import RegistryError

STEPS = ["append_entry", "tag_digest", "set_champion", "keep_note", "tag_waivers"]


@pytest.fixture
def desk(tmp_path: Path, road: Road) -> Desk:
    return Desk.at(tmp_path, road)


@pytest.mark.parametrize("step", STEPS)
def test_a_release_that_was_broken_off_is_told_and_mended_by_releasing_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    first = desk.register()
    desk.say("release", first)
    second = desk.register(beside=first)

    def break_off(*_: object) -> None:
        raise RegistryError("MLflow at a server could not be used (RESOURCE_EXHAUSTED)")

    with monkeypatch.context() as broken:
        broken.setattr(releasing, step, break_off)
        why = desk.refuse("release", second)
    # whatever was done, the alias points at a version that passed
    meanwhile = desk.champion
    desk.say("release", second)

    assert "could not be used" in why
    assert meanwhile in (first, second)
    assert desk.champion == second
    assert "too late" not in desk.say("history")
