"""A challenger scores beside the champion: nobody sees it, waits for it, or is hurt by it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from structlog.testing import capture_logs

from features.contract import parse_contract
from models.bundle import Bundle, read_bundle
from models.screening import ScreeningModel
from models.suggestion import read_limits
from serving import shadow as shadows
from serving import swapping
from serving.following import FollowState
from serving.forget import forget_cases
from serving.intake_file import Intake, import_cases
from serving.permissions import Scope
from serving.registry import RegistryError
from serving.shadow import Outcome, Shadow
from serving.store.engine import StoreGoneError
from serving.store.shadow import ShadowScore, list_scores
from tests.factories import make_extract_tables, write_extract
from tests.running_service import FUND, NOW, PASSWORD, Service, get_bundle, make_own_case
from tests.serving.referred_cases import CASE, post
from tests.serving.released import estimate, make_version, under

VERSION = "9-op-proef"


def get_challenger(version: str = VERSION) -> Bundle:
    return read_bundle(make_version(0.25), version)


@dataclass(frozen=True)
class Beside:
    """A service with a challenger that scores when it is told to."""

    service: Service

    @property
    def shadow(self) -> Shadow:
        found: Shadow = self.service.app.state.service.shadow
        return found

    def score(self) -> dict[str, int]:
        """Score what waits, and return what was counted so far."""
        self.shadow.work_off()
        text = self.service.client.get("/metrics").text
        lines = [
            line for line in text.splitlines() if line.startswith("kantelpunt_shadow_scores_t")
        ]
        found = {line.split('"')[1]: int(float(line.split()[1])) for line in lines}
        return {name: count for name, count in found.items() if count}

    def find(self, number: int = 1) -> list[ShadowScore]:
        with self.service.store.reading(FUND) as connection:
            return list_scores(connection, Scope(FUND), f"C-{number:04d}")


@pytest.fixture
def beside(either_service: Service) -> Beside:
    made = Beside(either_service)
    made.shadow.use(get_challenger())
    return made


@pytest.fixture
def quick(service: Service) -> Beside:
    made = Beside(service)
    made.shadow.use(get_challenger())
    return made


def test_what_was_assessed_is_scored_by_the_challenger_and_kept_apart(beside: Beside) -> None:
    answer = beside.service.post(make_own_case(1)).json()

    counted = beside.score()

    [found] = beside.find()
    assert counted == {"scored": 1}
    assert found.usual[0] == estimate(get_challenger(), 1) != answer["p_usual"]
    assert found.usual[1] <= found.usual[0] <= found.usual[2]
    assert (found.model_version, found.bundle_digest) == (VERSION, get_challenger().digest)
    assert found.assessment_id == answer["assessment_id"]
    assert list(found.champion_reasons) == [c["field"] for c in answer["contributions"][:3]]
    assert len(found.reasons) == 3
    assert found.seconds > 0


def test_nobody_reads_of_it_but_the_person_in_the_access_report(quick: Beside) -> None:
    service = quick.service
    alone = service.post(make_own_case(1), query="?save=false").json()
    beside = service.post(make_own_case(1)).json()
    quick.score()
    service.log_on()

    read = [
        *(service.get(path).text for path in ("/api/v1/cases", CASE, "/api/v1/cases.csv")),
        *(service.client.get(path).text for path in ("/", "/dossiers/C-0001", "/model/versies")),
    ]
    report = service.get(f"{CASE}/access-report").json()

    assert beside | {"assessment_id": None} == alone
    assert [VERSION in text for text in read] == [False] * len(read)
    assert report["trials"][0]["model_version"] == VERSION


def test_a_batch_a_correction_and_a_file_are_scored_too(quick: Beside, tmp_path: Path) -> None:
    service = quick.service
    cases = [make_own_case(n) for n in (1, 2)]
    service.client.post("/api/v1/assessments/batch", json=cases, auth=("arts", PASSWORD))
    asked = post(service, f"{CASE}/requests", {"kind": "correction"}).json()["request"]
    given = {"outcome": "done", "corrected": {"age_years": 50}}
    post(service, f"{CASE}/requests/{asked['request_id']}/handle", given, "arts")
    tables = make_extract_tables(5, sickness_fund=FUND)
    path = write_extract(tmp_path, {"cases": tables["cases"]})
    intake = Intake(service.store, get_bundle(), read_limits(), NOW, tell_kept=quick.shadow.offer)

    saved = import_cases(path, intake, count=lambda _: None).saved
    counted = quick.score()

    assert saved > 0
    assert counted == {"scored": 2 + 1 + saved}
    assert len(quick.find(1)) == 2


def test_an_estimate_that_is_not_kept_is_not_scored(quick: Beside) -> None:
    quick.service.post(make_own_case(1), query="?save=false")

    assert quick.score() == {}


def object_to(service: Service) -> None:
    assert post(service, f"{CASE}/requests", {"kind": "objection"}).status_code == 201


def close(service: Service) -> None:
    case = service.get(CASE).json()
    given = {"kind": "not_opportune", "state_version": case["state_version"]}
    given["assessment_id"] = case["latest"]["assessment_id"]
    answer = post(service, f"{CASE}/decisions", given, "arts")
    assert answer.status_code == 201, answer.text


def forget(service: Service) -> None:
    forget_cases(service.store, now=NOW, key=(FUND, "C-0001"), remove=True)


@pytest.mark.parametrize("meanwhile", [object_to, close, forget])
def test_who_objects_is_closed_or_forgotten_meanwhile_is_not_scored(
    beside: Beside, meanwhile: Callable[[Service], None]
) -> None:
    for number in (1, 2):
        beside.service.post(make_own_case(number))
    meanwhile(beside.service)

    counted = beside.score()

    assert counted == {"scored": 1, "skipped": 1}
    assert (len(beside.find(1)), len(beside.find(2))) == (0, 1)


def test_what_was_scored_is_forgotten_with_the_case(beside: Beside) -> None:
    beside.service.post(make_own_case(1))
    beside.score()

    forget(beside.service)

    assert beside.find() == []


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

    assert quick.score() == {}


def test_switched_off_nothing_is_scored(
    start_service: Callable[..., Service], sqlite_url: str
) -> None:
    off = Beside(start_service(sqlite_url, shadow=False))
    off.shadow.use(get_challenger())
    off.service.post(make_own_case(1))

    assert off.score() == {}
    assert off.service.app.state.service.challenger.now.state is FollowState.OFF


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
    assert done.wait(20)
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

    def follow(alias: str) -> tuple[FollowState, str | None]:
        pointing.alias = alias
        state = follower.follow().state
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
