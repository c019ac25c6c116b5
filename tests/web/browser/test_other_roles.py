"""Who watches over the work and the model: their pages, and those that are not theirs."""

from dataclasses import dataclass

import pytest

from tests.web.browser.cases import Cases
from tests.web.browser.hands import Hand


@dataclass(frozen=True)
class Place:
    """What a role finds: the pages of its menu by their titles, and addresses of others."""

    user: str
    menu: dict[str, str]
    closed: tuple[str, ...]


LOG, MODEL, HELP = {"Logboek": "Logboek"}, {"Model": "Model"}, {"Hulp": "Wat het getal zegt"}
PLANNING = {"Planning": "Instroom"}
PLACES = (
    Place("dataspecialist", MODEL | HELP, ("/dossiers/C-0001", "/logboek", "/invoer")),
    Place(
        "planner", PLANNING | MODEL | HELP, ("/dossiers/C-0001", "/overeenstemming", "/lijst.csv")
    ),
    Place("auditor", LOG | PLANNING | MODEL | HELP, ("/dossiers/C-0001", "/invoer")),
    Place("coordinator", HELP, ("/logboek", "/model", "/dossiers/C-0001/inzage")),
    Place("arts", MODEL | HELP, ("/logboek", "/overeenstemming")),
)


@pytest.mark.parametrize("place", PLACES, ids=[place.user for place in PLACES])
def test_every_role_goes_round_its_menu_and_is_shown_the_way_back(hand: Hand, place: Place) -> None:
    visit = hand.visit
    hand.log_on(place.user)

    for label, title in place.menu.items():
        hand.follow(label)
        visit.reads(title)
    for address in place.closed:
        with visit.refused(403):
            visit.open(address)
            visit.reads("Dit is niet voor uw account")
        hand.follow("Naar het begin")
        visit.sees("Afmelden")
    hand.press("Afmelden")

    visit.sees("U bent afgemeld.")


def test_an_auditor_finds_who_saw_a_case_and_checks_the_log(hand: Hand, cases: Cases) -> None:
    case_id, visit = cases.open(), hand.visit
    hand.log_on("auditor")

    hand.fill("Dossiernummer", case_id)
    hand.pick("Handeling", "dossier ingeschat")
    hand.press("Filteren")
    visit.sees(f"Dit zijn alle handelingen rond dossier {case_id}", "Dr. Arts")
    hand.follow("Wis filters")
    hand.follow("Oudere regels")
    hand.follow("Naar de nieuwste")
    hand.follow("Is het logboek heel?")
    hand.press("Kijk het logboek na")
    visit.sees("Het logboek is heel")
    hand.follow("Overeenstemming")
    visit.reads("Overeenstemming")
    hand.pick("Periode", "laatste 12 maanden")
    hand.press("Tonen")
    visit.reads("Overeenstemming")
    hand.follow("Model")
    visit.reads("Model")
    hand.follow("Alle versies")

    visit.reads("Versies van het model")
