"""From consent to the end of a pathway, by physician or coordinator."""

import pytest
from playwright.sync_api import expect

from tests.running_service import TODAY
from tests.web.browser.cases import Cases
from tests.web.browser.hands import Hand

PREVIEW = "Lees de aanmelding na"
WISH = "Liefst dicht bij huis."


def agree(hand: Hand) -> None:
    hand.choose("en aan de partner van VDAB", within="Waarmee stemt de persoon in?")
    hand.fill("Dag van de toestemming", TODAY)
    hand.press("Noteer de toestemming")
    hand.visit.sees("De toestemming is genoteerd.")


def compose(hand: Hand) -> None:
    hand.choose("Halve dagen werken", within="Wat kan de persoon?")
    hand.choose("Extra pauzes", within="Wat heeft de persoon nodig?")
    hand.fill("Wat is er nog nodig?", WISH)
    hand.press("Lees het formulier na")
    hand.visit.reads(PREVIEW)
    hand.visit.sees("halve dagen werken", WISH)


def send(hand: Hand) -> None:
    hand.press("Bewaar als verstuurd")
    hand.visit.sees("Het aanmeldingsformulier is bewaard als verstuurd.", "Doorverwezen")


def step(hand: Hand, what: str, state: str, partner: str = "", why: str = "") -> None:
    """Note what VDAB did; where only one thing can happen it is not asked which."""
    if hand.page.get_by_role("radio", name=what, exact=True).count():
        hand.choose(what, within="Wat is er gebeurd?")
    hand.fill("Op welke dag?", TODAY)
    if partner:
        hand.fill("Partner die begeleidt", partner)
    if why:
        hand.fill("Reden", why)
    hand.press("Noteer dit")
    hand.visit.sees("De stap is genoteerd.", state)


@pytest.mark.parametrize("user", ["arts", "coordinator"])
def test_a_referral_goes_from_consent_to_the_end_of_the_pathway(
    hand: Hand, cases: Cases, user: str
) -> None:
    case_id, visit = cases.to_refer(), hand.visit
    visit.enter(cases.service, user)
    visit.open(f"/dossiers/{case_id}")

    agree(hand)
    compose(hand)
    draft = hand.take("Ontwerp als pdf")
    hand.press("Pas aan")
    expect(hand.page.get_by_label("Wat is er nog nodig?")).to_have_value(WISH)
    hand.press("Lees het formulier na")
    visit.reads(PREVIEW)
    send(hand)
    sent = hand.take("Aanmeldingsformulier voor VDAB")
    hand.unfold("Formulier terugnemen")
    hand.choose("Per vergissing verstuurd", within="Waarom neemt u het terug?")
    hand.press("Neem het formulier terug")
    visit.sees("Het formulier is teruggenomen en blijft bewaard als gestopt.")
    compose(hand)
    send(hand)
    step(hand, "VDAB aanvaardt de aanmelding", "Aanvaard door VDAB", partner="GTB")
    step(hand, "Het traject is gestart", "Traject gestart")
    step(hand, "Het traject is beëindigd", "Traject beëindigd", why="De persoon werkt weer.")

    assert (draft[:4], sent[:4]) == (b"%PDF", b"%PDF")
    assert draft != sent


@pytest.mark.parametrize("user", ["arts", "coordinator"])
def test_a_consent_that_is_withdrawn_stops_the_referral(
    hand: Hand, cases: Cases, user: str
) -> None:
    case_id, visit = cases.to_refer(), hand.visit
    visit.enter(cases.service, user)
    visit.open(f"/dossiers/{case_id}")
    agree(hand)
    compose(hand)
    send(hand)

    hand.unfold("Toestemming intrekken")
    with visit.refused(422):
        hand.press("Trek de toestemming in")
        visit.sees("een vinkje: de persoon trekt de toestemming in")
    hand.choose("Ja, de persoon trekt de toestemming in")
    hand.press("Trek de toestemming in")

    visit.sees("de doorverwijzing is gestopt", "Verwittig VDAB", "Te beslissen")
