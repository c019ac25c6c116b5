"""Two at once, a case that moved on, a session that ended: told, and nothing lost."""

from playwright.sync_api import expect

from serving.store.audit import AuditEvent
from serving.store.users import end_sessions
from tests.running_service import NOW, PASSWORD, TODAY, make_own_case
from tests.web.browser.cases import OWN_WAY, STARTED, Cases
from tests.web.browser.hands import Hand

WHY = "Er is een plaats bij de werkgever."
MOVED = "Dit dossier veranderde ondertussen"


def fill_in(hand: Hand) -> None:
    hand.choose("Eerst de coördinator")
    hand.pick("Waarom u afwijkt van het voorstel", "Ik weet meer over het werk")
    hand.fill("Korte uitleg", WHY)


def keeps_what_was_typed(hand: Hand) -> None:
    expect(hand.page.get_by_role("radio", name="Eerst de coördinator")).to_be_checked()
    expect(hand.page.get_by_label("Korte uitleg")).to_have_value(WHY)


def test_the_second_of_two_physicians_is_told_and_keeps_what_was_typed(
    hand: Hand, colleague: Hand, cases: Cases
) -> None:
    case_id, visit = cases.open(region="antwerpen", **OWN_WAY), hand.visit
    visit.enter(cases.service)
    colleague.visit.enter(cases.service, "arts.antwerpen")
    for one in (visit, colleague.visit):
        one.open(f"/dossiers/{case_id}")

    fill_in(hand)
    colleague.choose("Keert op eigen kracht terug")
    colleague.press("Bewaar de beslissing")
    colleague.visit.sees("Uw beslissing is bewaard.")
    with visit.refused(409):
        hand.press("Bewaar de beslissing")
        visit.sees(MOVED, "keert op eigen kracht terug, door Dr. Regio")
    keeps_what_was_typed(hand)
    hand.press("Bewaar de beslissing")

    visit.sees("Uw beslissing is bewaard.", "Eerst bij de coördinator")


def test_a_case_that_was_assessed_again_meanwhile_is_not_decided_unseen(
    hand: Hand, cases: Cases
) -> None:
    case_id, visit = cases.open(**OWN_WAY), hand.visit
    visit.enter(cases.service)
    visit.open(f"/dossiers/{case_id}")
    fill_in(hand)
    days = {"absence_started_on": STARTED.isoformat(), "screened_on": TODAY.isoformat()}
    number = int(case_id.removeprefix("C-"))
    assert cases.service.post(make_own_case(number, **days | OWN_WAY)).status_code == 201

    with visit.refused(409):
        hand.press("Bewaar de beslissing")
        visit.sees(MOVED)
    keeps_what_was_typed(hand)
    hand.press("Bewaar de beslissing")

    visit.sees("Uw beslissing is bewaard.")


def test_a_session_that_ends_in_a_form_says_what_was_kept_and_lets_one_go_on(
    hand: Hand, cases: Cases
) -> None:
    case_id, visit = cases.open(**OWN_WAY), hand.visit
    visit.enter(cases.service)
    visit.open(f"/dossiers/{case_id}")
    fill_in(hand)
    with cases.service.store.writing() as connection:
        end_sessions(connection, "arts", audit=AuditEvent(NOW, "arts", "log_off"))

    hand.press("Bewaar de beslissing")
    visit.sees("Uw sessie is verlopen", "Vulde u net een formulier in, dan is dat niet bewaard.")
    hand.fill("Gebruikersnaam", "arts")
    hand.fill("Wachtwoord", PASSWORD)
    hand.press("Aanmelden")

    visit.reads(f"Dossier {case_id}")
    visit.sees("Te beslissen")


def test_a_form_without_its_token_is_refused_on_a_page_that_says_what_to_do(
    hand: Hand, cases: Cases
) -> None:
    case_id, visit, page = cases.open(**OWN_WAY), hand.visit, hand.page
    visit.enter(cases.service)
    visit.open(f"/dossiers/{case_id}")
    page.evaluate("document.querySelectorAll('[name=token]').forEach((one) => one.remove())")

    hand.choose("Keert op eigen kracht terug")
    with visit.refused(403):
        hand.press("Bewaar de beslissing")
        visit.reads("Het formulier is verlopen")
        visit.sees("Ga terug naar de vorige pagina en laad ze opnieuw.")
    page.go_back()
    page.reload()
    visit.sees("Te beslissen")
    hand.choose("Keert op eigen kracht terug")
    hand.press("Bewaar de beslissing")

    visit.sees("Uw beslissing is bewaard.")
