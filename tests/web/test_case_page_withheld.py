import re
from collections.abc import Iterator

import pytest

from models.estimate import GainStatus
from serving.routes.parts import PREFIX
from tests.running_service import PASSWORD, Service
from tests.serving.referred_cases import post
from tests.web.conftest import run_filled
from tests.web.test_pages import read

FIRST, WAITS, UPHELD, DECIDED = "C-0010", "C-0013", "C-0012", "C-0021"
HIDDEN = (
    *("op 100", "Waarom deze kans", "Hoe de inschatting is opgebouwd", "Terugkeer in de tijd"),
    *("Wat de inschatting het meest zou verscherpen", "Eerdere inschattingen", "De twee vragen"),
    *("nders dan het voorstel", "weet meer over het werk", "brief.pdf"),
)


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Run a service in which a physician estimates first, and two persons object."""
    folder = tmp_path_factory.mktemp("first")
    with run_filled(folder, GainStatus.ESTIMATED, own_estimate="required") as made:
        object_to(made, WAITS)
        request_id = object_to(made, UPHELD)
        handled = f"{PREFIX}/cases/{UPHELD}/requests/{request_id}/handle"
        assert post(made, handled, {"outcome": "upheld"}, user="arts").status_code == 200
        decide_otherwise(made, DECIDED)
        yield made


def object_to(service: Service, case_id: str) -> str:
    asked = post(service, f"{PREFIX}/cases/{case_id}/requests", {"kind": "objection"}, user="arts")
    found: str = asked.json()["request"]["request_id"]
    return found


def decide_otherwise(service: Service, case_id: str) -> None:
    """Have a colleague estimate first and decide otherwise than was suggested."""
    address, auth = f"{PREFIX}/cases/{case_id}", ("arts.antwerpen", PASSWORD)
    shown = service.get(address, user="arts.antwerpen").json()
    given = {"assessment_id": shown["latest"]["assessment_id"]}
    own = given | {"is_possible": "yes", "is_needed": "no"}
    assert service.client.post(f"{address}/own-estimate", json=own, auth=auth).status_code == 201
    shown = service.get(address, user="arts.antwerpen").json()
    kind = next(one["kind"] for one in shown["allowed"]["decisions"] if not one["follows"])
    body = given | {"kind": kind, "state_version": shown["state_version"]}
    body |= {"reason": "knows_more_of_work"} if kind != "not_opportune" else {}
    body |= {"look_again_on": "2026-07-01"} if kind == "look_again" else {}
    decided = service.client.post(f"{address}/decisions", json=body, auth=auth)
    assert decided.status_code == 201


@pytest.fixture
def opened(asking: Service) -> Service:
    asking.client.cookies.clear()
    asking.log_on()
    return asking


@pytest.mark.parametrize(
    ("case_id", "says"),
    [
        (FIRST, "Eerst uw eigen inschatting Beantwoord eerst zelf de twee vragen"),
        (DECIDED, "Eerst uw eigen inschatting"),
        (WAITS, "Er loopt een bezwaar"),
        (UPHELD, "Er wordt niets ingeschat De persoon maakte bezwaar"),
    ],
)
def test_a_withheld_case_shows_what_was_known_and_nothing_that_was_estimated(
    opened: Service, case_id: str, says: str
) -> None:
    page = read(opened, f"/dossiers/{case_id}")

    raw = opened.client.get(f"/dossiers/{case_id}").text.replace("&nbsp;", " ")
    assert says in page.text
    assert [words for words in HIDDEN if words in page.text or words in raw] == []
    assert not re.search(r"\d+ (→|tot) \d+ op", page.text)
    assert "Wat bekend was op" in page.text
    assert "Leeftijd" in page.text
    assert "Wat nog komt" in page.text
    assert "Ingeschat" in page.text


def test_a_decision_of_a_colleague_is_told_without_why(opened: Service) -> None:
    text = read(opened, f"/dossiers/{DECIDED}").text

    assert "Beslist: " in text
    assert "Reden: " not in text


def test_offers_are_shown_once_it_is_sure_that_there_will_be_no_estimate(opened: Service) -> None:
    shown = {
        case_id: "Aanbod dat past" in read(opened, f"/dossiers/{case_id}").text
        for case_id in (FIRST, WAITS, UPHELD)
    }

    assert shown == {FIRST: False, WAITS: False, UPHELD: True}


def test_the_coordinator_reads_on_without_an_own_estimate(opened: Service) -> None:
    opened.client.cookies.clear()
    opened.log_on("coordinator")

    text = read(opened, f"/dossiers/{DECIDED}").text

    assert "De twee vragen" in text
    assert "Anders dan het voorstel" in text


def test_after_the_own_answers_everything_is_shown(opened: Service) -> None:
    address = f"{PREFIX}/cases/C-0030"
    shown = opened.get(address).json()
    own = {"assessment_id": shown["latest"]["assessment_id"]}
    own |= {"is_possible": "yes", "is_needed": "unsure"}

    answered = opened.client.post(f"{address}/own-estimate", json=own, auth=("arts", PASSWORD))

    assert answered.status_code == 201
    text = read(opened, "/dossiers/C-0030").text
    assert "De twee vragen" in text
    assert "Uw eigen inschatting" in text
