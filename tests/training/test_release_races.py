"""Two releases at once: one wins, the others are told, and the alias follows the log."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from features.errors import KantelpuntError
from tests.training.conftest import Road
from tests.training.released import REGISTRY, Desk
from training import release as releasing
from training.config import read_config
from training.release import judge_version, read_history, release_version
from training.tracking import set_champion


@pytest.fixture
def desk(tmp_path: Path, road: Road) -> Desk:
    return Desk.at(tmp_path, road)


def test_of_two_releases_at_once_exactly_one_wins_and_the_alias_follows(desk: Desk) -> None:
    config = read_config()
    versions = [desk.register() for _ in range(3)]
    judged = [judge_version(version, config, desk.uri) for version in versions]
    ready = Barrier(len(judged))

    def try_one(place: int) -> str | None:
        ready.wait()
        try:
            release_version(judged[place], {}, f"person {place}", "", config, desk.uri)
        except KantelpuntError as error:
            return str(error)
        return None

    with ThreadPoolExecutor(len(judged)) as pool:
        results = list(pool.map(try_one, range(len(judged))))

    log, champion = read_history(REGISTRY, desk.uri)
    winner = versions[results.index(None)]
    assert results.count(None) == 1
    assert champion.number == log.live == winner
    assert all(f"version {winner} the champion" in why for why in results if why)
    assert log.faults == ()


def test_a_release_after_another_that_was_not_seen_is_refused(desk: Desk) -> None:
    config = read_config()
    late = judge_version(desk.register(), config, desk.uri)
    desk.say("release", desk.register(), "--by", "Alex")

    with pytest.raises(KantelpuntError, match="meanwhile Alex made version 2 the champion"):
        release_version(late, {}, "Robin", "", config, desk.uri)

    assert desk.champion == "2"
    assert "[too late]" in desk.say("history")


def test_a_winner_that_was_overtaken_before_it_set_the_alias_leaves_it_to_the_last(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = read_config()
    first, second = desk.register(), desk.register()
    overtaken: list[str] = []

    def set_late(version: str, *where: object) -> None:
        if not overtaken:
            overtaken.append(version)
            beside = judge_version(second, config, desk.uri)
            release_version(beside, {}, "Alex", "", config, desk.uri)
        set_champion(version, *where)  # type: ignore[arg-type]

    monkeypatch.setattr(releasing, "set_champion", set_late)
    release_version(judge_version(first, config, desk.uri), {}, "Robin", "", config, desk.uri)

    assert overtaken == [first]
    assert desk.champion == second
