import re
from typing import Any

import pytest

from tests.running_service import Service
from tests.serving.referred_cases import agree, make_case_to_refer, make_sent_case
from tests.web.test_pages import Outline
from tests.web.work_pages import Clerk, read_faults

TODAY, LATER = "2026-04-15", "2026-04-16"


@pytest.fixture
def number(request: pytest.FixtureRequest) -> int:
    """Return a number that no other test of this file uses."""
    names = [item.name for item in request.session.items if item.path == request.path]
    return 600 + names.index(request.node.name)


@pytest.fixture
def clerk(filled: Service, number: int) -> Clerk:
    """Return a coordinator before a case that is to be referred."""
    return Clerk(filled, make_case_to_refer(filled, number)).log_on("coordinator")


@pytest.fixture
def agreed(clerk: Clerk) -> Clerk:
    assert agree(clerk.service, clerk.case_id).status_code == 201
    return clerk


@pytest.fixture
def sent(filled: Service, number: int) -> Clerk:
    return Clerk(filled, make_sent_case(filled, number)).log_on("coordinator")


def test_without_consent_the_page_asks_for_it_and_offers_no_form_for_vdab(clerk: Clerk) -> None:
    page = clerk.open()

    assert "Vraag de persoon om toestemming en noteer die." in page
    assert 'id="aanmelding"' not in page


def test_a_consent_is_recorded_and_opens_the_form_for_vdab(clerk: Clerk) -> None:
    answer = clerk.send("toestemming", purpose="share_with_vdab", given_on=TODAY)

    page = clerk.follow(answer)
    assert "De toestemming is genoteerd." in page.text
    assert "15 april 2026: het ziekenfonds geeft aan VDAB door" in page.text
    assert "Aanmelding bij VDAB" in page.text
    assert "ips_severe_mental_illness" not in clerk.open()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"given_on": TODAY}, "Waarmee de persoon instemt : een antwoord"),
        ({"purpose": "share_with_vdab", "given_on": LATER}, "Dag van de toestemming : een dag"),
    ],
)
def test_what_is_wrong_in_a_consent_is_told(
    clerk: Clerk, fields: dict[str, str], expected: str
) -> None:
    status, told = read_faults(clerk.send("toestemming", **fields))

    assert status == 422
    assert expected in told


def test_a_form_is_read_over_then_sent_and_nothing_else_goes(agreed: Clerk) -> None:
    chosen: dict[str, Any] = {
        "capacities": ["half_days", "seated"],
        "needs_text": "Liefst dicht bij huis.",
    }

    read = agreed.send("aanmelding/nalezen", **chosen)
    page = Outline(read.text)
    carried = [(one["name"], one["value"]) for one in page.all("input") if one["name"] != "token"]

    assert read.status_code == 200
    assert "halve dagen werken zittend werk doen" in page.text
    assert "Aanbod in overleg met het ziekenfonds" in page.text
    assert ("capacities", "seated") in carried
    assert "diagnosis" not in read.text
    assert agreed.service.get(f"/api/v1/cases/{agreed.case_id}/referral").status_code == 404
    draft = agreed.send("aanmelding/ontwerp.pdf", read.text, **chosen)
    assert draft.headers["content-type"] == "application/pdf"
    assert draft.headers["content-disposition"] == 'attachment; filename="ONTWERP.pdf"'
    sent = agreed.follow(agreed.send("aanmelding/versturen", read.text, **chosen))
    assert "Toestand Doorverwezen" in sent.text
    assert "Verstuurd op 15 april 2026" in sent.text


def test_a_form_that_was_read_over_can_still_be_changed(agreed: Clerk) -> None:
    answer = agreed.send("aanmelding/aanpassen", needs="coaching", needs_text="Dicht bij huis.")

    page = Outline(answer.text)
    assert answer.status_code == 200
    assert [one["value"] for one in page.all("input") if "checked" in one] == ["coaching"]
    assert "Dicht bij huis." in page.text
    assert 'id="fouten"' not in answer.text


def test_what_was_read_over_is_not_lost_where_it_cannot_go_any_more(agreed: Clerk) -> None:
    seen = agreed.open()
    agreed.follow(agreed.send("toestemming/intrekken", sure="yes"))

    answer = agreed.send("aanmelding/aanpassen", seen, needs_text="Dicht bij huis.")

    assert "Dit kan nu niet met dit dossier" in read_faults(answer)[1]
    assert "Dicht bij huis." in read_faults(answer)[1]


REFUSED = [
    ({}, "Wat de persoon kan : minstens één keuze of tekst"),
    ({"needs_text": "Heeft een depressie."}, "zonder diagnose, behandeling, geneesmiddel"),
    ({"capacities_text": "Bel 0478 12 34 56."}, "geen nummer van een persoon, telefoon"),
    ({"needs": "weg"}, "Wat de persoon nodig heeft :"),
]


@pytest.mark.parametrize(("fields", "expected"), REFUSED)
@pytest.mark.parametrize("path", ["nalezen", "versturen", "ontwerp.pdf"])
def test_what_may_not_go_to_vdab_comes_back_with_the_fault_at_the_field(
    agreed: Clerk, path: str, fields: dict[str, str], expected: str
) -> None:
    answer = agreed.send(f"aanmelding/{path}", **fields)

    status, told = read_faults(answer)
    assert status == 422
    assert expected in told
    assert all(text in answer.text for name, text in fields.items() if name.endswith("text"))
    assert 'aria-invalid="true"' in answer.text


def test_a_form_of_before_the_consent_was_withdrawn_is_not_sent(agreed: Clerk) -> None:
    seen = agreed.open()
    ended = agreed.follow(agreed.send("toestemming/intrekken", sure="yes"))
    assert "De toestemming is ingetrokken. Er liep geen doorverwijzing." in ended.text

    answer = agreed.send("aanmelding/versturen", seen, needs_text="Dicht bij huis.")

    status, told = read_faults(answer)
    assert status == 409
    assert "Dit dossier veranderde ondertussen" in told
    assert "Dicht bij huis." in told


def test_withdrawing_is_confirmed_first_and_stops_what_runs(sent: Clerk) -> None:
    page = sent.open()
    assert "De aanmelding bij VDAB stopt. Verwittig daarna zelf VDAB." in page

    status, told = read_faults(sent.send("toestemming/intrekken"))
    done = sent.follow(sent.send("toestemming/intrekken", sure="yes"))

    assert status == 422
    assert "Bevestiging : een vinkje: de persoon trekt de toestemming in" in told
    assert "de doorverwijzing is gestopt. Verwittig VDAB" in done.text
    assert "Toestand Te beslissen" in done.text


def test_withdrawing_from_a_page_that_is_no_longer_true_is_refused(sent: Clerk) -> None:
    seen = sent.open()
    sent.follow(sent.send("traject", event="accept", on=TODAY))

    status, told = read_faults(sent.send("toestemming/intrekken", seen, sure="yes"))

    assert status == 409
    assert "Dit dossier is nu: aanvaard door VDAB." in told


def test_a_pathway_is_followed_from_acceptance_to_its_end(sent: Clerk) -> None:
    assert "Het traject moet" in sent.open()

    accepted = sent.follow(sent.send("traject", event="accept", on=TODAY, partner="GTB"))
    started = sent.follow(sent.send("traject", event="start", on=TODAY))
    ended = sent.follow(sent.send("traject", event="end", on=TODAY, why="Heeft werk."))

    assert "Aanvaard op 15 april 2026 Partner: GTB De toestemming geldt niet" in accepted.text
    assert "Traject gestart op 15 april 2026" in started.text
    assert "Traject beëindigd op 15 april 2026: Heeft werk." in ended.text
    assert "Toestand Traject beëindigd" in ended.text


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"on": TODAY}, "Wat is er gebeurd? : een van de mogelijkheden"),
        ({"event": "accept"}, "Op welke dag : een antwoord"),
        ({"event": "accept", "on": LATER}, "Op welke dag : een dag vanaf de vorige stap"),
        ({"event": "accept", "on": TODAY, "why": "Zo."}, "Reden : enkel bij een weigering"),
        ({"event": "decline", "on": TODAY, "why": "Kanker."}, "Reden : een tekst zonder diagnose"),
        ({"event": "accept", "on": TODAY, "partner": "a\tb"}, "een korte naam op één regel"),
        ({"event": "accept", "on": TODAY, "state_version": ""}, "mag niet leeg blijven"),
    ],
)
def test_what_is_wrong_in_a_step_is_told(
    sent: Clerk, fields: dict[str, str], expected: str
) -> None:
    status, told = read_faults(sent.send("traject", **fields))

    assert status == 422
    assert expected in told


def test_a_step_that_cannot_happen_is_refused_in_place(sent: Clerk) -> None:
    status, told = read_faults(sent.send("traject", event="end", on=TODAY))

    assert status == 409
    assert "Dit kan nu niet met dit dossier" in told


def test_a_form_is_taken_back_with_a_reason(sent: Clerk) -> None:
    refused, _ = read_faults(sent.send("terugnemen"))
    done = sent.follow(sent.send("terugnemen", why="mistake"))

    assert refused == 422
    assert "Het formulier is teruggenomen" in done.text
    assert "Gestopt op 15 april 2026: per vergissing verstuurd" in done.text
    assert "Toestand Door te verwijzen" in done.text


def test_the_clock_of_month_five_warns_once_it_has_passed(filled: Service, number: int) -> None:
    late = {"absence_started_on": "2025-11-10", "screened_on": "2026-02-01"}
    clerk = Clerk(filled, make_case_to_refer(filled, number, **late)).log_on("coordinator")

    page = clerk.open()

    assert "Het traject moest ten laatste op 10 april 2026 gestart zijn (5 dagen geleden)." in page
    assert re.search(r'class="kp-now__late">Het traject moest', page)
