import re
from html.parser import HTMLParser

import pytest
from jinja2 import UndefinedError

from serving.assessment import INTERVAL_LEVEL
from serving.pages.templating import HERE, build_pages
from serving.wording import MINUS
from tests.running_service import Service, make_own_case

SIGNED = rf"[+{MINUS}]\d+,\d"


class Outline(HTMLParser):
    """Collects what a test looks for: tags with their attributes, and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data.split()

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def read(service: Service, path: str, status: int = 200) -> Outline:
    answer = service.client.get(path)
    assert answer.status_code == status, path
    return Outline(answer.text)


PAGES = [("/", 200), ("/dossiers/C-0001", 200), ("/model", 200), ("/bestaat-niet", 404)]


@pytest.mark.parametrize(("path", "status"), PAGES)
def test_every_page_is_dutch_has_one_title_and_a_way_past_the_menu(
    pages: Service, path: str, status: int
) -> None:
    page = read(pages, path, status)

    assert page.all("html")[0]["lang"] == "nl"
    assert len(page.all("h1")) == 1
    assert page.all("a")[0]["href"] == "#inhoud"
    assert [m["id"] for m in page.all("main")] == ["inhoud"]


@pytest.mark.parametrize(("path", "status"), [*PAGES, ("/login", 200)])
def test_no_page_holds_script_or_style_of_its_own(pages: Service, path: str, status: int) -> None:
    page = read(pages, path, status)

    assert page.all("style") == []
    assert all((s["src"] or "").startswith("/static/") for s in page.all("script"))
    assert not [a for _, attributes in page.tags for a in attributes if a.startswith(("on", "sty"))]


def test_the_estimate_is_one_sentence_that_decides_nothing(pages: Service) -> None:
    page = read(pages, "/dossiers/C-0010")

    assert re.search(
        r"De inschatting is dat van 100 mensen .* er \d+ binnen een jaar duurzaam terugkeren",
        page.text,
    )
    assert f"{INTERVAL_LEVEL:.0%}".replace("%", " %") in page.text
    assert "u beslist" in page.text
    assert "deze persoon valt uit" not in page.text.lower()


def test_the_chart_adds_up_to_the_estimate(pages: Service) -> None:
    page = pages.client.get("/dossiers/C-0010").text

    chart = page.partition('class="kp-chart"')[2].partition("</table>")[0]
    rows = [re.sub(r"<[^>]+>", " ", row).split() for row in chart.split("<tr")[2:]]
    numbers = [[_number(w) for w in row if re.fullmatch(rf"[+{MINUS}]?\d+,\d", w)] for row in rows]
    total = numbers[0][-1] + sum(row[-2] for row in numbers if len(row) == 2)
    middle = next(place for place, row in enumerate(rows) if "Zonder" in row)
    assert "Gemiddeld" in rows[0]
    assert "Met steun" in " ".join(rows[-1])
    assert total == pytest.approx(numbers[-1][-1], abs=0.05 * len(rows))
    for place in (middle, len(rows) - 1):
        assert numbers[place - 1][-1] == numbers[place][-1]


def _number(text: str) -> float:
    return float(text.replace(MINUS, "-").replace(",", "."))


def test_bars_stay_within_the_picture(pages: Service) -> None:
    for case_id in ("C-0001", "C-0004", "C-0033"):
        bars = [
            r for r in read(pages, f"/dossiers/{case_id}").all("rect") if str(r["x"]).endswith("%")
        ]

        for bar in bars:
            start, width = (float(str(bar[k]).rstrip("%")) for k in ("x", "width"))
            assert 0 <= start <= start + width <= 100.01
        assert len(bars) > 12


def test_reasons_are_split_in_what_can_change_and_what_cannot(pages: Service) -> None:
    text = read(pages, "/dossiers/C-0010").text

    changeable, _, fixed = text.partition("Wat vastligt")
    changeable = changeable.partition("Wat kan veranderen")[2]
    assert "werkvermogen" in changeable
    assert "Leeftijd" in fixed.partition("Hoe de inschatting")[0]


def test_the_clocks_of_a_case_are_shown_with_the_next_one_marked(pages: Service) -> None:
    page = read(pages, "/dossiers/C-0070")

    marked = [li for li in page.all("li") if li.get("aria-current") == "step"]
    assert len(marked) == 1
    for label in ("Arbeidsarts informeert", "Traject gestart", "Invaliditeit begint"):
        assert label in page.text


def test_earlier_assessments_are_shown_with_their_model(pages: Service) -> None:
    twice, once = read(pages, "/dossiers/C-0001"), read(pages, "/dossiers/C-0050")

    assert "versie 3" in twice.text.partition("Eerdere inschattingen")[2]
    assert "Wat bekend was op 10 april 2026" in twice.text
    assert "Dit is de eerste inschatting van dit dossier." in once.text


def test_a_coordinator_sees_the_case_without_the_chart_and_its_points(pages: Service) -> None:
    pages.client.cookies.clear()
    pages.log_on("coordinator")

    listed, case = read(pages, "/"), read(pages, "/dossiers/C-0010")

    assert "Hoe de inschatting is opgebouwd" not in case.text
    assert "(verlaagt de inschatting)" in case.text
    assert not re.search(SIGNED, listed.text + case.text)
    assert not [a for a in listed.all("a") if a.get("href") == "/model"]


@pytest.mark.parametrize("user", ["planner", "dataspecialist", "auditor"])
def test_who_sees_no_cases_opens_none(pages: Service, user: str) -> None:
    pages.client.cookies.clear()
    pages.log_on(user)

    assert pages.client.get("/dossiers/C-0001").status_code == 403


def test_text_of_a_case_is_never_markup(pages: Service) -> None:
    pages.post(make_own_case(901, region="<b>x</b>"))

    page = pages.client.get("/dossiers/C-0901").text

    assert "&lt;b&gt;x&lt;/b&gt;" in page
    assert "<b>x</b>" not in page


def test_an_undefined_name_in_a_template_is_an_error() -> None:
    pages = build_pages()

    with pytest.raises(UndefinedError):
        pages.from_string("{{ bestaat_niet }}").render()


def test_every_template_is_used() -> None:
    folder = HERE / "templates"
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*.html")}
    sources = [*HERE.rglob("*.py"), *folder.rglob("*.html")]
    texts = "".join(path.read_text("utf-8") for path in sources)

    assert [name for name in sorted(names) if f'"{name}"' not in texts] == []
