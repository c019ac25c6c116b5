"""What an advising physician does between two consultations, from logging on to logging off."""

from dataclasses import dataclass
from datetime import date

from playwright.sync_api import expect

from tests.web.browser.cases import OWN_WAY, Cases
from tests.web.browser.hands import Hand

LATER = date(2026, 7, 1)


def test_a_physician_finds_a_case_takes_it_and_logs_off(hand: Hand, cases: Cases) -> None:
    case_id, visit = cases.open(), hand.visit
    hand.log_on("arts")

    hand.pick("Vragenlijst", "niet beantwoord")
    hand.page.wait_for_url("**/?vragenlijst=nee")
    visit.sees("zonder vragenlijst")
    hand.follow("Haal weg: Vragenlijst niet beantwoord")
    hand.turn_page()
    visit.sees("Rang 51 tot")
    hand.fill("Dossiernummer", case_id)
    hand.press("Filteren")
    expect(hand.page.locator(".kp-case")).to_have_count(1)
    listed = hand.take("Deze lijst als CSV-bestand")
    hand.press(f"Neem dossier {case_id}")
    visit.sees("bij u")
    hand.open_row(case_id)
    visit.reads(f"Dossier {case_id}")
    visit.sees("U werkt hieraan.")
    letter = hand.take("Brief voor de persoon")
    hand.press("Vrijgeven")
    visit.sees("Nog niemand werkt hieraan.")
    hand.press("Ik werk eraan")
    visit.sees("U werkt hieraan.")
    hand.follow("Terug naar de triagelijst")
    hand.press("Afmelden")
    visit.sees("U bent afgemeld.")

    assert case_id in listed.decode("utf-8-sig")
    assert letter.startswith(b"%PDF")


@dataclass(frozen=True)
class Choice:
    """A decision on a case of which only the own return was suggested."""

    label: str
    state: str
    deviates: bool = True
    day: date | None = None


CHOICES = (
    Choice("Doorverwijzen naar VDAB", "Door te verwijzen"),
    Choice("Eerst de coördinator", "Eerst bij de coördinator"),
    Choice("Later opnieuw bekijken", "Later opnieuw te bekijken", day=LATER),
    Choice("Nu niet opportuun", "Afgesloten", deviates=False),
    Choice("Keert op eigen kracht terug", "Afgesloten", deviates=False),
)


def decide(hand: Hand, choice: Choice) -> None:
    """Decide; the form is folded where a decision was taken before and nothing is asked."""
    if not hand.page.get_by_role("radio", name=choice.label).is_visible():
        hand.unfold("De beslissing wijzigen")
    hand.choose(choice.label)
    if choice.day:
        hand.fill("Opnieuw bekijken op", choice.day)
    if choice.deviates:
        hand.pick("Waarom u afwijkt van het voorstel", "Ik weet meer over het werk")
        hand.fill("Korte uitleg", "Er is een plaats bij de werkgever.")
    hand.press("Bewaar de beslissing")
    hand.visit.sees("Uw beslissing is bewaard.", choice.state)


def test_a_physician_takes_each_decision_and_says_why_it_deviates(hand: Hand, cases: Cases) -> None:
    case_id, visit = cases.open(**OWN_WAY), hand.visit
    hand.log_on("arts")
    visit.open(f"/dossiers/{case_id}")

    hand.choose("Doorverwijzen naar VDAB")
    with visit.refused(422):
        hand.press("Bewaar de beslissing")
        visit.sees("Verwacht: ")
    hand.follow("Waarom u afwijkt van het voorstel")

    for choice in CHOICES:
        decide(hand, choice)


def test_a_physician_estimates_first_where_that_is_optional_and_assesses_again(
    hand: Hand, cases: Cases
) -> None:
    case_id, visit = cases.open(), hand.visit
    hand.log_on("arts")
    visit.open(f"/dossiers/{case_id}")

    hand.unfold("Eerst zelf inschatten")
    hand.choose("Ja", within="Zijn stappen naar werk mogelijk?")
    hand.choose("Weet het niet", within="Is steun van VDAB")
    hand.press("Bewaar mijn inschatting")
    visit.sees("Uw eigen inschatting is bewaard.", "Zijn stappen naar werk mogelijk? Ja.")
    hand.follow("Opnieuw inschatten met nieuwe gegevens")
    visit.reads("Opnieuw inschatten")
    hand.fill("Leeftijd", "51")
    hand.choose("Ik keek na of ze nog kloppen", within="De gemarkeerde gegevens")
    hand.press("Schat opnieuw in")

    visit.sees("Er is opnieuw ingeschat met wat nu ingevuld is.")
