"""A challenger scores beside the champion: nobody sees it, waits for it, or is hurt by it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from models.suggestion import read_limits
from serving.forget import forget_cases
from serving.intake_file import Intake
from tests.factories import make_extract_tables, write_extract
from tests.running_service import FUND, NOW, PASSWORD, Service, get_bundle, make_own_case
from tests.serving.referred_cases import CASE, post
from tests.serving.released import estimate
from tests.serving.shadows import VERSION, Beside, get_challenger
from tests.serving.test_uploads import make_file, send, wait
from tests.serving.whole_import import import_cases


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

    saved = import_cases(path, intake).saved
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


def test_an_uploaded_file_is_scored_too(quick: Beside, tmp_path: Path) -> None:
    done = wait(quick.service, send(quick.service, make_file(tmp_path, 6, sickness_fund=FUND)))
    quick.service.app.state.service.uploads.stop()

    assert quick.score() == {"scored": done["counts"]["saved"]}
    assert done["counts"]["saved"] > 0
