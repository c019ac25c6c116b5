"""What a person asks, from who writes it down to who answers it."""

from tests.web.browser.cases import Cases
from tests.web.browser.hands import Hand

OWN_WORDS = "Ik wil dit niet."


def ask(hand: Hand, what: str, words: str = "") -> None:
    hand.unfold("De persoon vraagt iets")
    hand.choose(what, within="Wat vraagt de persoon?")
    if words:
        hand.fill("In de woorden van de persoon", words)
    hand.press("Noteer de vraag")


def answer(hand: Hand, outcome: str, why: str = "") -> None:
    hand.choose(outcome, within="Uw antwoord")
    if why:
        hand.fill("Uitleg voor de persoon", why)
    hand.press("Bewaar het antwoord")
    hand.visit.sees("Uw antwoord is bewaard.")


def test_an_objection_hides_the_estimate_until_a_physician_answers(
    hand: Hand, cases: Cases
) -> None:
    case_id, visit = cases.open(), hand.visit
    visit.enter(cases.service)
    visit.open(f"/dossiers/{case_id}")

    for outcome in ("Het bezwaar niet aanvaarden", "Het bezwaar aanvaarden"):
        ask(hand, "Bezwaar tegen de inschatting", OWN_WORDS)
        visit.sees("Het bezwaar is genoteerd.", OWN_WORDS, "Bezwaar in behandeling")
        assert hand.page.get_by_role("heading", name="Waarom deze kans").count() == 0
        answer(hand, outcome, "Wij bespraken dit samen.")

    visit.sees("Bezwaar aanvaard: er wordt niets meer ingeschat")


def test_data_are_corrected_and_all_that_is_kept_is_given(hand: Hand, cases: Cases) -> None:
    case_id, visit = cases.open(), hand.visit
    visit.enter(cases.service)
    visit.open(f"/dossiers/{case_id}")

    ask(hand, "Verbetering van gegevens", "Mijn leeftijd klopt niet.")
    visit.sees("De vraag van de persoon is genoteerd.")
    hand.follow("Verbeter de gegevens")
    visit.reads("Gegevens verbeteren")
    hand.fill("Leeftijd", "seven")
    with visit.refused(422):
        hand.press("Bewaar de verbetering")
        visit.sees("Verwacht: ")
    hand.follow("Leeftijd")
    hand.fill("Leeftijd", "49")
    hand.press("Bewaar de verbetering")
    visit.sees("De gegevens zijn verbeterd en er is opnieuw ingeschat.")
    ask(hand, "Inzage in alles wat bewaard is")
    visit.sees("De persoon vraagt inzage")
    hand.follow("Open het overzicht om te geven")
    visit.reads("Wat van u bewaard is")
    visit.sees("Wie dit dossier zag of er iets mee deed", "Mijn leeftijd klopt niet.")
    hand.follow("Terug naar het dossier")
    answer(hand, "De persoon kreeg het overzicht")
