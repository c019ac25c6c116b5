"""The list of versions: what somebody looks for who has only a number, or not even that."""

from pathlib import Path

import pytest

from tests.training.conftest import Road
from tests.training.released import Desk
from training.config import read_config
from training.tracking_versions import list_versions


@pytest.fixture
def desk(tmp_path: Path, road: Road) -> Desk:
    return Desk.at(tmp_path, road)


def test_versions_are_listed_newest_first_with_who_and_what_the_gates_said(desk: Desk) -> None:
    first, second = desk.register(by="Robin"), desk.register(by="Alex")
    desk.say("release", first)

    newest, oldest = desk.say("versions").strip().splitlines()[-2:]

    assert newest.split()[0] == second
    assert "Alex" in newest
    assert "not released" in newest
    assert oldest.split()[0] == first
    assert "Robin" in oldest
    assert "champion" in oldest
    assert " pass" in oldest


def test_only_the_newest_are_listed_and_the_others_counted(desk: Desk) -> None:
    for _ in range(3):
        desk.register()

    shown, more = list_versions(read_config().registry, desk.uri, 2)

    assert [one.number for one in shown] == ["3", "2"]
    assert more == 1


def test_a_registry_without_versions_says_what_to_do(desk: Desk) -> None:
    assert "train with `kantelpunt train`" in desk.say("versions")


def test_an_unknown_version_leads_to_the_list(desk: Desk) -> None:
    desk.register()

    assert "`kantelpunt versions`" in desk.refuse("gates", "998")
    assert "`kantelpunt versions`" in desk.refuse("document", "998", "--out", str(desk.folder))
