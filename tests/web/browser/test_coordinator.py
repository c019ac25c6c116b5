"""What a terug-naar-werk-coördinator does, sees and may not do."""

from playwright.sync_api import expect

from tests.web.browser.cases import Cases
from tests.web.browser.hands import Hand
from tests.web.browser.test_person import ask


def test_a_coordinator_takes_a_case_and_notes_what_the_person_asks(
    hand: Hand, cases: Cases
) -> None:
    case_id, visit, page = cases.open(), hand.visit, hand.page
    hand.log_on("coordinator")

    hand.fill("Dossiernummer", case_id)
    hand.press("Filteren")
    expect(page.locator(".kp-case")).to_have_count(1)
    listed_points = page.locator(".kp-points").count()
    hand.open_row(case_id)
    visit.reads(f"Dossier {case_id}")
    letter = hand.take("Brief voor de persoon")
    hand.press("Ik werk eraan")
    visit.sees("U werkt hieraan.", "Een arts beslist eerst. Van u wordt nu niets gevraagd.")
    ask(hand, "Bezwaar tegen de inschatting")
    visit.sees("Het bezwaar is genoteerd.", "Een arts antwoordt hierop.")

    assert letter.startswith(b"%PDF")
    assert (listed_points, page.locator(".kp-points").count()) == (0, 0)
    assert page.get_by_role("button", name="Bewaar het antwoord").count() == 0


def test_a_coordinator_finds_no_form_to_decide_and_is_refused_without_it(
    hand: Hand, cases: Cases
) -> None:
    case_id, visit, page = cases.open(), hand.visit, hand.page
    visit.enter(cases.service, "coordinator")
    visit.open(f"/dossiers/{case_id}")

    # what no page offers: the form of another, pointed elsewhere
    page.locator(f"form[action$='{case_id}/nemen']").evaluate(
        "(form, to) => { form.action = to; }", f"/dossiers/{case_id}/beslissing"
    )
    decisions = page.get_by_role("button", name="Bewaar de beslissing")
    expect(decisions).to_have_count(0)
    with visit.refused(403):
        hand.press("Ik werk eraan")
        visit.reads("Dit is niet voor uw account")
    hand.follow("Naar het begin")

    visit.reads("Triagelijst")
