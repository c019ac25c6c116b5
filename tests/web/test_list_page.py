import csv
import gzip
import io
import re
from collections.abc import Iterator

import pytest

from models.estimate import GainStatus
from serving.pages.list_filters import FilterView
from serving.store.engine import EVERY_FUND
from serving.wording import EN_DASH
from tests.running_service import PASSWORD, Service
from tests.web.conftest import run_filled
from tests.web.test_pages import SIGNED, Outline, read


def list_ids(page: Outline) -> list[str]:
    return [str(a["href"])[-6:] for a in page.all("a") if "kp-case" in str(a.get("class"))]


def list_links(page: Outline) -> list[str]:
    return [str(a["href"]) for a in page.all("a")]


def test_the_list_tells_what_a_physician_needs_to_choose(pages: Service) -> None:
    page = read(pages, "/")

    assert "70 dossiers van dag 30 tot het einde van het eerste jaar, op 15 april" in page.text
    assert re.search(
        rf"zonder extra steun \d+ → , met steun \d+ op 100 \(\S+\) "
        rf"zonder \d+{EN_DASH}\d+ · met \d+{EN_DASH}\d+",
        page.text,
    )
    assert re.search(r"dag \d+", page.text)
    assert re.search(r"nog \d+ dagen|vandaag", page.text)
    assert re.search(r"Oost-Vlaanderen met vragenlijst", page.text)
    assert "zonder vragenlijst" in page.text
    assert "te beslissen" in page.text
    assert re.search(SIGNED, page.text)


def test_the_list_says_who_stands_at_the_top_and_why(pages: Service) -> None:
    by_order = {
        "/": 'Bovenaan: voorstel "Ondersteuning bespreken", en daarin eerst wie naar schatting',
        "/?volgorde=termijn": "Bovenaan: van wie de volgende termijn het eerst komt.",
        "/?volgorde=afwezig": "Bovenaan: wie het langst afwezig is.",
    }

    for address, says in by_order.items():
        assert says in read(pages, address).text


def test_the_list_explains_its_numbers_and_its_doubt(pages: Service) -> None:
    text = read(pages, "/").text

    assert "31 binnen een jaar duurzaam terug naar werk zonder extra steun, en 44 met" in text
    assert "Hoe breder de blauwe balk, hoe minder zeker." in text
    assert "U beslist." in text


def test_ranks_go_on_over_pages_and_filters_stay_in_the_address(pages: Service) -> None:
    first = read(pages, "/?vragenlijst=ja")
    onward = next(a for a in first.all("a") if a.get("rel") == "next")["href"]

    second = read(pages, str(onward))

    assert "vragenlijst=ja" in str(onward)
    assert "Rang 51 tot" in second.text
    chosen = [o for o in second.all("option") if "selected" in o and o["value"]]
    assert [o["value"] for o in chosen] == ["ja"]
    assert "/?vragenlijst=ja" in list_links(second)


# each filter, how its chip reads, and whether some of the 70 cases pass it
FILTERS = [
    ("zoek=C-001", "Dossiernummer met C-001", True),
    ("voorstel=refer", "Voorstel: Ondersteuning bespreken", True),
    ("vragenlijst=nee", "Vragenlijst niet beantwoord", True),
    ("regio=oost_vlaanderen", "Regio: Oost-Vlaanderen", True),
    ("binnen=14", "Termijn binnen 14 dagen", True),
    ("binnen=0", "Termijn vandaag", None),
    ("termijn=pathway", "Volgende termijn: Traject gestart", True),
    ("status=closed", "Toestand: afgesloten", False),
    ("statuut=self_employed", "Statuut: zelfstandige", None),
    ("van=2026-03-01", "Ingeschat vanaf 1 mrt 2026", True),
    ("tot=2026-02-01", "Ingeschat tot en met 1 feb 2026", True),
    ("periode=alles", "Afwezigheid: alle afwezigheden, ook kortere en langere", True),
    ("mijn=ja", "Van mij", False),
    ("opnieuw=ja", "Opnieuw in te schatten", None),
    ("vraag=ja", "Vraag van de persoon wacht", None),
]


@pytest.mark.parametrize(("query", "chip", "some"), FILTERS)
def test_every_filter_shows_as_a_chip_that_takes_it_away(
    pages: Service, query: str, chip: str, some: bool | None
) -> None:
    page = read(pages, f"/?{query}&volgorde=afwezig")
    name, _, value = query.partition("=")

    assert f"Haal weg: {chip} " in page.text
    assert "/?volgorde=afwezig" in list_links(page)
    kept = [o["value"] for o in page.all("option") if "selected" in o and o["value"] == value]
    ticked = [i["name"] for i in page.all("input") if "checked" in i and i.get("name") == name]
    filled = [i["value"] for i in page.all("input") if i.get("name") == name]
    assert kept or ticked or filled == [value]
    if some is not None:
        assert bool(list_ids(page)) == some


def test_rare_filters_are_folded_until_one_of_them_is_set(pages: Service) -> None:
    folded, unfolded = read(pages, "/?voorstel=refer"), read(pages, "/?status=closed")

    def is_open(page: Outline) -> bool:
        return "open" in next(d for d in page.all("details") if d.get("class") == "kp-more")

    assert (is_open(folded), is_open(unfolded)) == (False, True)


def test_one_click_gives_the_views_of_a_working_day(pages: Service) -> None:
    page = read(pages, "/?binnen=14")

    here = [a["href"] for a in page.all("a") if a.get("aria-current") == "page"]
    assert "/?binnen=14" in here
    assert {"/", "/?mijn=ja", "/?opnieuw=ja", "/?vraag=ja"} <= set(list_links(page))


def test_a_filter_that_nothing_meets_says_what_to_do(pages: Service) -> None:
    page = read(pages, "/?zoek=bestaat-niet")

    assert "Geen enkel dossier voldoet aan deze filters" in page.text
    assert "op een deel van het dossiernummer, niet op een naam" in page.text
    assert not page.all("table")


def test_filters_that_cannot_be_read_count_as_not_set(pages: Service) -> None:
    wrong = "voorstel=misschien&van=gisteren&vragenlijst=soms&zoek=%00&regio=%00&binnen=veel"
    more = "status=weg&termijn=ooit&statuut=%00&periode=nu&mijn=nee&volgorde=naam&cursor=%20!"

    page = read(pages, f"/?{wrong}&{more}")

    assert "70 dossiers" in page.text
    assert "Gefilterd op" not in page.text


def test_the_address_of_a_filter_is_what_it_was_read_from() -> None:
    query = dict(pair.split("=") for pair, _, _ in FILTERS) | {"volgorde": "termijn"}

    chosen = FilterView.of(query)

    assert FilterView.of({k: v for k, v in vars(chosen).items() if v}) == chosen
    assert all(f"{name}=" in chosen.to_address() for name in query)


def test_a_page_beyond_the_last_has_no_next(pages: Service) -> None:
    page = read(pages, "/?voorstel=&zoek=C-0001")

    assert "1 dossier gevonden, ook bij wat afgesloten is" in page.text
    assert not [a for a in page.all("a") if a.get("rel") == "next"]


def test_the_file_holds_what_the_page_shows_and_no_more(pages: Service) -> None:
    page = read(pages, "/?vragenlijst=nee&volgorde=afwezig")

    address = next(a["href"] for a in page.all("a") if "download" in a)
    answer = pages.client.get(str(address))

    rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff")), delimiter=";"))
    assert [row[1] for row in rows[1:]] == list_ids(page)
    assert "attachment" in answer.headers["content-disposition"]
    with pages.store.reading(EVERY_FUND) as connection:
        last = connection.exec_driver_sql("select action from audit order by audit_id desc limit 1")
        assert last.scalar_one() == "export_list"


@pytest.fixture(scope="module")
def blind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("blind")
    with run_filled(folder, GainStatus.ESTIMATED, own_estimate="required") as made:
        made.log_on()
        yield made


def test_before_the_own_estimate_the_list_tells_nothing_and_asks_for_it(blind: Service) -> None:
    page = read(blind, "/")

    table = page.text.partition("in punten op 100 Toestand")[2]
    assert "Eerst uw eigen inschatting, dan ziet u de onze. Schat zelf in" in table
    assert not re.search(r"op 100|Ondersteuning bespreken|Onzeker", table)
    assert "Bovenaan: wie het langst afwezig is." in page.text
    assert "dringendste" not in page.text


def test_an_objection_hides_what_was_estimated_but_not_the_case(pages: Service) -> None:
    asked = pages.client.post(
        "/api/v1/cases/C-0069/requests", json={"kind": "objection"}, auth=("arts", PASSWORD)
    )

    row = read(pages, "/?zoek=C-0069").text.partition("in punten op 100 Toestand")[2]

    assert asked.status_code == 201
    assert "Bovenaan: wie bezwaar maakt of maakte; daarna voorstel" in read(pages, "/").text
    assert "Bezwaar in behandeling. Wat ingeschat was, wordt niet getoond." in row
    assert "op 100" not in row


def test_a_list_without_any_case_says_so(pages: Service) -> None:
    pages.client.cookies.clear()
    pages.log_on("arts.b")

    page = read(pages, "/")

    assert "Er staat niets open" in page.text
    assert "/?periode=alles" in list_links(page)
    assert not [a for a in page.all("a") if "download" in a]


def test_the_first_page_stays_far_below_200_kilobytes(pages: Service) -> None:
    answer = pages.client.get("/")
    page = Outline(answer.text)

    linked = [str(s["src"]) for s in page.all("script")] + [
        str(x["href"]) for x in page.all("link")
    ]
    files = [pages.client.get(address).content for address in linked]

    weight = sum(len(gzip.compress(content, 9)) for content in (answer.content, *files))
    assert len(list_ids(page)) == 50
    assert weight < 60_000
    assert answer.headers["content-encoding"] == "gzip"
