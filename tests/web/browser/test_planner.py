"""A planner at work: reads what to expect, asks what if, compares, takes it away, sets places."""

from datetime import date
from io import BytesIO
from zipfile import ZipFile

from tests.planning_plans import keep_plan
from tests.running_service import Service
from tests.web.browser.hands import Hand


def test_a_planner_reads_what_to_expect_and_how_sure_it_is(busy: Service, hand: Hand) -> None:
    keep_plan(busy)
    visit = hand.visit

    hand.log_on("planner")
    visit.reads("Instroom")
    hand.unfold("Toon de getallen: Gestarte trajecten per maand")
    visit.sees("september 2027", "geteld")
    hand.pick("Waar", "Limburg")
    hand.press("Tonen")
    visit.sees("Gestarte trajecten per maand, Limburg")
    hand.follow("Doelen")
    visit.reads("Doelen")
    hand.follow("Terugblik")
    visit.reads("Terugblik")
    hand.follow("Instroom")

    visit.reads("Instroom")


def test_a_planner_compares_what_ifs_and_takes_them_away(
    busy: Service, hand: Hand, kind: type[Hand]
) -> None:
    keep_plan(busy)
    visit, names = hand.visit, [f"{kind.__name__}: {text}" for text in ("meer", "minder")]
    hand.log_on("planner")
    hand.follow("Wat als")

    hand.fill("Toestemming, op 100 mensen", "te veel")
    with visit.refused(422):
        hand.press("Reken uit")
        visit.sees("Er is nog niets berekend.", "Vul een geheel getal in van 1 tot 100.")
    for name, share in zip(names, ("90", "60"), strict=True):
        hand.fill("Toestemming, op 100 mensen", share)
        hand.press("Reken uit")
        visit.sees("Het antwoord", f"toestemming {share} op 100")
        hand.fill("Bewaar onder een naam", name)
        hand.press("Bewaren")
        visit.sees("Het scenario is bewaard.")
    for name in names:
        hand.choose(name)
    hand.press("Vergelijken")
    visit.reads("Scenario's naast elkaar")
    visit.sees(*names, "Lopende trajecten")
    book = hand.take("Haal op als Excel")

    sheets = ZipFile(BytesIO(book)).read("xl/workbook.xml").decode()
    texts = ZipFile(BytesIO(book)).read("xl/sharedStrings.xml").decode()
    assert "Gestart, als er plaats is" in sheets
    assert all(f"{name}: midden" in texts for name in names)
    assert hand.take("Haal op als CSV").startswith(b"\xef\xbb\xbfScenario;Wat;Regio;Maand")


def test_a_planner_sets_places_and_confirms_a_limit(busy: Service, hand: Hand) -> None:
    keep_plan(busy)
    visit = hand.visit
    hand.log_on("planner")
    hand.follow("Capaciteit")

    hand.pick("Regio", "Limburg")
    hand.fill("Trajecten tegelijk", "veel")
    with visit.refused(422):
        hand.press("Bewaren")
        visit.sees("Verwacht: een geheel getal")
    hand.fill("Trajecten tegelijk", "640")
    hand.fill("Vanaf", date(2026, 5, 1))
    hand.fill("Waarom", "Twee coaches meer.")
    hand.press("Bewaren")
    visit.sees("De capaciteit is bewaard.")
    hand.unfold("Toon wie wanneer")
    visit.sees("Twee coaches meer.")
    hand.fill("Waarom u dit bevestigt voor Antwerpen", "Er komt plaats vrij.")
    hand.press("Bevestigen voor Antwerpen")

    visit.sees("De grens is bevestigd.")
