"""Whatever befalls a challenger, every answer is given, and what became of each is counted."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from structlog.testing import capture_logs

from features.contract import parse_contract
from models.bundle import read_bundle
from models.screening import ScreeningModel
from serving import shadow as shadows
from serving import swapping
from serving.following import FollowState
from serving.registry import RegistryError
from serving.shadow import Outcome, Shadow
from serving.store.engine import StoreGoneError
from tests.running_service import NOW, Service, get_bundle, make_own_case
from tests.serving.released import make_version, under
from tests.serving.shadows import VERSION, Beside, get_challenger
from tests.waiting import AGES


@pytest.fixture
def quick(service: Service) -> Beside:
    made = Beside(service)
    made.shadow.use(get_challenger())
    return made


def test_a_full_queue_drops_and_counts_and_every_answer_is_given(quick: Beside) -> None:
    store, count = quick.service.store, quick.shadow._count
    small = Shadow(store, lambda: NOW, count, most_waiting=2)
    small.use(get_challenger())
    held = quick.service.app.state.service
    quick.service.app.state.service = replace(held, shadow=small)

    answers = [quick.service.post(make_own_case(number)).status_code for number in range(1, 6)]

    assert answers == [201] * 5
    assert quick.score() == {"scored": 2, "dropped": 3}


class Crashing(ScreeningModel):
    """A model that cannot do with people of 41, and says whom it could not do with."""

    def estimate_many(self, matrix: Any, threads: int = 2) -> Any:
        if (matrix[:, self.contract.names.index("age_years")] == 41).any():
            raise ZeroDivisionError("P-0002 is 41")
        return super().estimate_many(matrix, threads)


def test_a_challenger_that_crashes_on_a_case_is_counted_and_leaves_the_answer_as_it_was(
    quick: Beside,
) -> None:
    challenger = get_challenger()
    crashing = replace(challenger, model=Crashing(**vars(challenger.model)))
    quick.shadow.use(crashing)

    with capture_logs() as logged:
        answers = [quick.service.post(make_own_case(n, age_years=39 + n)) for n in (1, 2, 3)]
        counted = quick.score()

    told = [line for line in logged if "challenger" in line["event"]]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert answers[1].json()["p_usual"] > 0
    assert counted == {"scored": 2, "failed": 1}
    assert told == [
        {
            "event": "the challenger gave no score",
            "log_level": "warning",
            "cases": 1,
            "kind": "ZeroDivisionError",
        }
    ]


def test_a_store_that_is_gone_loses_scores_and_nothing_else(
    quick: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick.service.post(make_own_case(1))

    def fail(*_: Any) -> int:
        raise StoreGoneError("the store does not answer")

    monkeypatch.setattr(shadows, "keep_scores", fail)
    counted = quick.score()
    monkeypatch.undo()

    assert counted == {"failed": 1}
    assert quick.service.post(make_own_case(2)).status_code == 201


def test_a_challenger_that_is_the_champion_itself_does_not_score(quick: Beside) -> None:
    quick.shadow.use(get_bundle())
    quick.service.post(make_own_case(1))

    ready = quick.service.client.get("/readyz").json()
    assert quick.score() == {}
    assert ready["challenger"] == {"state": "is-champion"}


def test_switched_off_nothing_is_scored(
    start_service: Callable[..., Service], sqlite_url: str
) -> None:
    off = Beside(start_service(sqlite_url, shadow=False))
    off.shadow.use(get_challenger())
    off.service.post(make_own_case(1))

    assert off.score() == {}
    assert off.service.client.get("/readyz").json()["challenger"] == {"state": "off"}


def test_a_challenger_of_another_contract_scores_what_that_contract_takes(quick: Beside) -> None:
    other = parse_contract(get_bundle().contract.text.replace("high = 67", "high = 50", 1))
    quick.shadow.use(read_bundle(under(other), VERSION))
    for number, age in ((1, 40), (2, 60)):
        quick.service.post(make_own_case(number, age_years=age))

    assert quick.score() == {"scored": 1, "failed": 1}
    assert len(quick.find(1)) == 1


def test_the_thread_scores_what_comes_in_and_ends_when_told(service: Service) -> None:
    done, counted = Event(), dict.fromkeys(Outcome, 0)

    def count(outcome: Outcome, cases: int) -> None:
        counted[outcome] += cases
        done.set()

    one = Shadow(service.store, lambda: NOW, count)
    one.use(get_challenger())
    held = service.app.state.service
    service.app.state.service = replace(held, shadow=one)
    one.start()

    service.post(make_own_case(1))
    assert done.wait(AGES)
    one.stop()
    service.post(make_own_case(2))
    one.stop()

    assert (counted[Outcome.SCORED], counted[Outcome.DROPPED]) == (1, 1)


class Pointing:
    """Where the alias of the challenger points."""

    def __init__(self, folders: dict[str, Path]) -> None:
        self.folders, self.alias = folders, ""

    def find_sign(self, *_: Any, alias: str) -> str:
        assert alias == "challenger"
        return self.alias

    def fetch(self, *given: Any) -> tuple[Path, str]:
        assert "challenger" in given
        if not self.alias:
            raise RegistryError("no version is the challenger")
        return self.folders[self.alias], self.alias


def test_the_alias_is_followed_and_what_cannot_be_served_cannot_score_either(
    monkeypatch: pytest.MonkeyPatch, start_service: Callable[..., Service], sqlite_url: str
) -> None:
    contract = get_bundle().contract
    field = contract.columns[0].name
    broken = under(parse_contract(contract.text.replace(f'"{field}"', '"renamed_field"')))
    pointing = Pointing({"4": make_version(0.25), "5": make_version(0.75), "6": broken})
    monkeypatch.setattr(swapping, "find_sign", pointing.find_sign)
    monkeypatch.setattr(swapping, "fetch_champion", pointing.fetch)
    service = start_service(sqlite_url)
    follower, one = service.app.state.service.challenger, Beside(service).shadow

    told: list[dict[str, str]] = []

    def follow(alias: str) -> tuple[FollowState, str | None]:
        pointing.alias = alias
        state = follower.follow().state
        ready = service.client.get("/readyz")
        assert ready.status_code == 200
        told.append({k: v for k, v in ready.json()["challenger"].items() if k != "at"})
        return state, one.challenger.version if one.challenger else None

    found: Sequence[Any] = [follow(alias) for alias in ("", "4", "5", "6", "5", "", "5")]

    assert found == [
        (FollowState.NOBODY, None),
        (FollowState.SERVED, "4"),
        (FollowState.SERVED, "5"),
        (FollowState.REFUSED, None),
        (FollowState.SERVED, "5"),
        (FollowState.NOBODY, None),
        (FollowState.SERVED, "5"),
    ]
    assert service.client.get("/readyz").json()["model_version"] == "3"
    assert told == [
        {"state": "nobody"},
        {"state": "scoring", "version": "4"},
        {"state": "scoring", "version": "5"},
        {"state": "refused", "refused_version": "6", "refused_why": "contract"},
        {"state": "scoring", "version": "5"},
        {"state": "nobody"},
        {"state": "scoring", "version": "5"},
    ]
