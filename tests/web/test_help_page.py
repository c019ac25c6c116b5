import pytest

from features.deadlines import DEADLINES
from tests.running_service import Service
from tests.web.test_pages import read

MENUS = {
    "arts": ["/", "/invoer", "/model", "/hulp"],
    "coordinator": ["/", "/hulp"],
    "planner": ["/planning", "/model", "/hulp"],
    "dataspecialist": ["/model", "/hulp"],
    "auditor": ["/logboek", "/overeenstemming", "/model", "/hulp"],
    "systeem": ["/invoer", "/hulp"],
}


@pytest.mark.parametrize("user", MENUS)
def test_each_role_has_a_menu_begins_with_its_first_page_and_gets_help(
    pages: Service, user: str
) -> None:
    pages.client.cookies.clear()
    pages.log_on(user)

    begin = pages.client.get("/")
    page = read(pages, "/hulp")

    links = [str(a["href"]) for a in page.all("a")]
    places = [links.index(address) for address in MENUS[user]]
    assert places == sorted(places)
    assert begin.url.path == MENUS[user][0]
    assert [a["href"] for a in page.all("a") if a.get("aria-current")] == ["/hulp"]
    assert "31 → en met steun 44 op 100 (+13)" in page.text
    assert "/docs" in links
    for address in {link for link in links if link.startswith("/")} - {"/docs"}:
        assert pages.client.get(address).status_code == 200, address


def test_a_physician_reads_how_to_disagree_the_keys_and_the_clocks_with_their_source(
    pages: Service,
) -> None:
    page = read(pages, "/hulp")

    assert "Bent u het niet eens? Volg uw oordeel en kies een reden." in page.text
    assert "De punten tellen op tot precies het getal." in page.text
    assert {"Tab", "j", "k", "Enter"} <= set(page.words)
    for deadline in DEADLINES:
        assert deadline.label_nl in page.text
        assert deadline.source in page.text
    assert "na 10 weken" in page.text
    assert "Het logboek noteert wanneer u aanmeldt" in page.text


def test_a_coordinator_reads_what_a_coordinator_does_and_nothing_of_points(pages: Service) -> None:
    pages.client.cookies.clear()
    pages.log_on("coordinator")

    page = read(pages, "/hulp")

    assert "Noteer de toestemming: wanneer, en waarvoor." in page.text
    assert "De punten tellen op" not in page.text
    assert "/logboek" not in {a["href"] for a in page.all("a")}


def test_an_auditor_reads_of_oversight_and_not_of_cases(pages: Service) -> None:
    pages.client.cookies.clear()
    pages.log_on("auditor")

    page = read(pages, "/hulp")

    assert "Noteer het controlegetal geregeld" in page.text
    assert "Wat u doet" not in page.text
