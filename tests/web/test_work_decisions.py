import re

import pytest

from models.suggestion import Suggestion
from serving.states import FOLLOWS, DecisionKind
from tests.running_service import PASSWORD, Service
from tests.web.test_pages import Outline
from tests.web.work_pages import Clerk, read_faults


def find_case(service: Service, suggestion: Suggestion, place: int) -> str:
    """Return one of the cases, none twice, with a suggestion that a physician may deviate from."""
    listed = service.get("/api/v1/cases?limit=200").json()["cases"]
    fitting = [one for one in listed if one["suggestion"] == suggestion and one["state"] == "open"]
    return str(fitting[place]["case_id"])


@pytest.fixture
def clerk(filled: Service) -> Clerk:
    """Return a physician before a case for which support is suggested."""
    return Clerk(filled, find_case(filled, Suggestion.REFER, 0)).log_on("arts")


def deviate(**changes: str) -> dict[str, str]:
    return {"kind": "own_return", "reason": "knows_more_of_work"} | changes


def test_a_decision_is_kept_and_the_page_says_so_and_what_comes_next(clerk: Clerk) -> None:
    answer = clerk.send("beslissing", kind="refer")

    assert answer.headers["location"] == f"{clerk.address}?gedaan=beslissing#gedaan"
    page = clerk.follow(answer)
    assert "Uw beslissing is bewaard." in page.text
    assert "Toestand Door te verwijzen" in page.text
    assert "Vraag de persoon om toestemming en noteer die." in page.text
    assert "Laatste beslissing: doorverwijzen naar VDAB, door Dr. Arts" in page.text


def test_the_choices_that_follow_the_suggestion_are_marked(clerk: Clerk) -> None:
    page = clerk.open()

    marked = re.findall(r'value="(\w+)"[^>]*> <span>[^<]* <span class="kp-follows">', page)
    assert {DecisionKind(one) for one in marked} == FOLLOWS[Suggestion.REFER]
    assert 'data-when="look_again own_return"' in page


def test_a_deviation_without_a_reason_comes_back_with_the_fault_at_the_field(clerk: Clerk) -> None:
    answer = clerk.send("beslissing", kind="own_return", reason_text="")

    status, told = read_faults(answer)
    assert status == 422
    assert "Waarom u afwijkt van het voorstel : een reden uit de lijst" in told
    page = Outline(answer.text)
    reason = next(one for one in page.all("select") if one["id"] == "beslissing-reason")
    assert reason["aria-invalid"] == "true"
    assert "beslissing-reason-fout" in (reason["aria-describedby"] or "")
    assert "#beslissing-reason" in [one.get("href") for one in page.all("a")]
    chosen = [one["value"] for one in page.all("input") if "checked" in one]
    assert chosen == ["own_return"]


REFUSED = [
    ({}, "Uw keuze : een antwoord, want dit mag niet leeg blijven"),
    ({"kind": "weg"}, "Uw keuze : een van de mogelijkheden op de pagina"),
    ({"kind": "look_again"}, "Opnieuw bekijken op : een dag na vandaag, binnen 24 maanden"),
    ({"kind": "look_again", "look_again_on": "31/31"}, "een datum die bestaat"),
    ({"kind": "own_return", "reason": "other"}, "Korte uitleg : een korte uitleg"),
    ({"kind": "not_opportune", "reason": "other"}, "wordt niet gevraagd"),
    ({"kind": "refer", "state_version": "x"}, "Dit formulier: een geheel getal"),
]


@pytest.mark.parametrize(("fields", "expected"), REFUSED)
def test_what_is_wrong_in_a_decision_is_told_in_dutch(
    clerk: Clerk, fields: dict[str, str], expected: str
) -> None:
    status, told = read_faults(clerk.send("beslissing", **fields))

    assert status == 422
    assert expected in told
    assert "docs" not in told


def test_the_second_physician_is_told_what_happened_and_loses_nothing(clerk: Clerk) -> None:
    seen = clerk.open()
    first = clerk.send("beslissing", kind="coordinator_first")
    assert first.status_code == 303

    answer = clerk.send("beslissing", seen, **deviate(reason_text="Weet dat er werk is."))

    status, told = read_faults(answer)
    assert status == 409
    assert "Laatste beslissing: eerst de coördinator, door Dr. Arts" in told
    assert "Er is niets overschreven" in told
    page = Outline(answer.text)
    assert [one["value"] for one in page.all("input") if "checked" in one] == ["own_return"]
    assert "Weet dat er werk is." in page.text
    again = clerk.send("beslissing", answer.text, **deviate())
    assert again.status_code == 303


def test_what_cannot_be_sent_any_more_can_still_be_read(clerk: Clerk) -> None:
    seen = clerk.open()
    clerk.send("beslissing", kind="refer")
    clerk.send("toestemming", purpose="share_with_vdab", given_on="2026-04-14")
    assert clerk.send("aanmelding/versturen", needs="coaching").status_code == 303

    answer = clerk.send("beslissing", seen, **deviate(reason_text="Er is al werk."))

    status, told = read_faults(answer)
    assert status == 409
    assert "Wat u had ingevuld, kunt u hier nog lezen" in told
    assert "keert op eigen kracht terug" in told
    assert "Er is al werk." in told
    assert 'id="beslissing"' not in answer.text


def test_taking_a_case_shows_who_works_at_it(clerk: Clerk) -> None:
    assert "Nog niemand werkt hieraan." in clerk.open()

    page = clerk.follow(clerk.send("nemen", naar=clerk.address))

    assert "U werkt hieraan." in page.text
    assert "Dr. Arts werkt hieraan." in Outline(clerk.log_on("coordinator").open()).text
    assert "Nog niemand werkt hieraan." in clerk.follow(clerk.send("vrijgeven")).text


def test_a_case_that_a_colleague_took_meanwhile_is_told_in_place(clerk: Clerk) -> None:
    other = Clerk(clerk.service, clerk.case_id).log_on("coordinator")
    other.follow(other.send("nemen"))
    clerk.log_on("arts")

    status, told = read_faults(clerk.send("nemen", clerk.open(), naar=clerk.address))

    assert status == 409
    assert "Een collega nam dit dossier al" in told
    assert "Coördinator werkt hieraan." in clerk.open()


def test_a_coordinator_has_no_form_of_a_physician(filled: Service) -> None:
    clerk = Clerk(filled, "C-0020").log_on("coordinator")

    page = clerk.open()

    assert "Een arts beslist eerst." in page
    for path in ("beslissing", "eigen-inschatting", "inschatten", "inzage"):
        assert f"{clerk.address}/{path}" not in page
    assert clerk.send("beslissing", page, kind="refer").status_code == 403


FORMS = (
    *("eigen-inschatting", "beslissing", "toestemming", "toestemming/intrekken"),
    *("aanmelding/nalezen", "aanmelding/aanpassen", "aanmelding/ontwerp.pdf"),
    *("aanmelding/versturen", "traject", "terugnemen", "vragen", f"vragen/{'0' * 32}"),
    *(f"vragen/{'0' * 32}/verbeteren", "inschatten"),
)


@pytest.mark.parametrize("path", FORMS)
def test_a_form_without_its_token_or_of_another_fund_changes_nothing(
    filled: Service, path: str
) -> None:
    clerk = Clerk(filled, "C-0022").log_on("arts")
    before = filled.get("/api/v1/cases/C-0022").json()["state_version"]
    page = clerk.open()

    without = filled.client.post(f"{clerk.address}/{path}", data={"kind": "refer"})
    clerk.log_on("arts.b")
    token = clerk.carry(filled.client.get("/").text)["token"]
    elsewhere = filled.client.post(
        f"{clerk.address}/{path}", data=clerk.carry(page) | {"token": token, "kind": "refer"}
    )

    assert without.status_code == 403
    assert elsewhere.status_code == 404
    assert clerk.case_id not in elsewhere.text
    after = filled.client.get("/api/v1/cases/C-0022", auth=("arts", PASSWORD)).json()
    assert after["state_version"] == before
