import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from models.estimate import GainStatus
from models.suggestion import Suggestion
from serving.estimate_view import EstimateView, view_estimate
from serving.pages.chart import build_chart
from serving.pages.curve_view import build_curve
from serving.store.cases import Bounds
from tests.running_service import Service, make_assessment
from tests.web.test_pages import read

ESTIMATED, SAME, UNKNOWN = GainStatus.ESTIMATED, GainStatus.SAME_FOR_ALL, GainStatus.UNKNOWN
SAME_NL = "+5 (2 tot 8) voor iedereen gelijk: de gegevens laten geen verschil tussen mensen zien"
UNKNOWN_NL = (
    "Meerwaarde van steun onbekend: bijna niemand in een vergelijkbare situatie kreeg steun"
)


def find_case(service: Service, **wanted: str) -> str:
    """Return the page of the first case of the list with these values."""
    rows = service.get("/api/v1/cases?limit=200").json()["cases"]
    found = next(row for row in rows if all(row[key] == value for key, value in wanted.items()))
    return f"/dossiers/{found['case_id']}"


def test_a_case_shows_both_questions_with_their_answers(pages: Service) -> None:
    page = read(pages, find_case(pages, suggestion="refer"))

    assert re.search(r"\d+ → zonder extra steun, met steun \d+ op 100", page.text)
    assert "Zijn stappen naar werk mogelijk? Ja. Met steun keren er naar schatting" in page.text
    assert re.search(
        r"Is steun van VDAB en partners daarvoor nodig\? Ja\. "
        r"Met steun keren er naar schatting \d+ op 100 meer terug "
        r"\(\+\d+ tot \+\d+, voor toeval alleen\), "
        r"en dat ligt helemaal op of boven de grens van 10\.",
        page.text,
    )
    assert "zitten ± 1,2 punten voor verschillen die nergens genoteerd" in page.text
    assert "Dit is een voorstel: u beslist." in page.text


def test_a_case_shows_why_its_chance_is_what_it_is_and_why_support_helps(pages: Service) -> None:
    text = read(pages, find_case(pages, suggestion="refer")).text

    chance, _, support = text.partition("Waarom steun wel of niet helpt")
    support = support.partition("Hoe de inschatting is opgebouwd")[0]
    assert "Waarom deze kans" in chance
    assert "Werkvermogen (0-10):" in support
    assert "Hier ligt het geschatte effect hoger" in support


def test_a_case_for_later_tells_the_day_to_look_again(pages: Service) -> None:
    page = read(pages, find_case(pages, suggestion="not_yet", gain_status="estimated"))

    assert re.search(
        r"mogelijk\? Nog niet\. Met steun keren er naar schatting .* onder de grens van 60\. .*"
        r"Opnieuw te bekijken op \d+ \w+ 2026\.",
        page.text,
    )


def test_a_case_that_nobody_supported_resembles_says_so(pages: Service) -> None:
    page = read(pages, find_case(pages, gain_status="unknown"))

    assert (
        "Is steun van VDAB en partners daarvoor nodig? Onbekend. Bijna niemand in een vergelijkbare"
        in page.text
    )
    assert UNKNOWN_NL in page.text
    assert "Met steun onbekend" in page.text
    assert "meerwaarde onbekend" in read(pages, "/?voorstel=unsure").text


def test_a_model_without_differences_in_gain_says_so_on_every_page(
    filled_otherwise: Service,
) -> None:
    filled_otherwise.client.cookies.clear()
    filled_otherwise.log_on()
    status = filled_otherwise.get("/api/v1/model").json()["gain_status"]

    listed, case, model = (read(filled_otherwise, p) for p in ("/", "/dossiers/C-0010", "/model"))

    expected = {
        "same_for_all": ("voor iedereen gelijk", SAME_NL, "voor iedereen gelijk"),
        "unknown": ("De meerwaarde van steun is onbekend.", UNKNOWN_NL, "meerwaarde is onbekend"),
    }[status]
    for page, words in zip((listed, case, model), expected, strict=True):
        assert words in page.text
    assert case.text.count("nergens genoteerd") == (status == "same_for_all")
    assert "daarom telt hier de kans zonder extra steun" in case.text
    assert "Hier ligt het geschatte effect" not in case.text


def test_the_curve_is_a_picture_and_a_table_that_says_the_same(pages: Service) -> None:
    address = find_case(pages, suggestion="refer")
    body = pages.get(f"/api/v1/cases{address.removeprefix('/dossiers')}").json()["latest"]

    page = read(pages, address)

    table = page.text.partition("duurzaam terug zijn")[2]
    for months, point in zip((6, 12, 18, 24), body["curve"], strict=True):
        usual = f"{months} maanden {round(100 * point['usual'])} ("
        assert usual in table
    assert len(page.all("polyline")) == 2
    assert len(page.all("polygon")) == 2
    assert len([one for one in page.all("circle") if "%" not in str(one["cx"])]) == 4


def test_the_open_questions_are_listed_with_points_for_the_physician_alone(
    pages: Service,
) -> None:
    blank = read(pages, "/dossiers/C-0008").text
    answered = read(pages, "/dossiers/C-0010").text
    pages.client.cookies.clear()
    pages.log_on("coordinator")
    seen = read(pages, "/dossiers/C-0008").text

    heading = "Wat de inschatting het meest zou verscherpen"
    assert re.search(rf"{heading} .* ± \d+,\d", blank)
    assert heading not in answered
    assert heading in seen
    assert "±" not in seen.partition(heading)[2]


def test_the_whole_numbers_on_a_page_add_up() -> None:
    rng = np.random.default_rng(1)

    for _ in range(500):
        p = rng.uniform(0, 1)
        gain = rng.uniform(-p, 1 - p)
        usual, more, both = (Bounds(v, v - 0.05, v + 0.05) for v in (p, gain, p + gain))
        view = EstimateView.of(Suggestion.REFER, ESTIMATED, usual, more, both)

        assert view.gain is not None
        assert view.support is not None
        shown = int(view.gain.points.replace("\N{MINUS SIGN}", "-"))
        assert view.usual.op_100 + shown == view.support.op_100
        assert abs(view.support.op_100 - 100 * (p + gain)) <= 1


def read_steps(chart: Any) -> float:
    """Return the sum of what the rows add to the first row."""
    steps = sum(bar.points for bar in chart.bars if bar.kind in ("up", "down"))
    total: float = chart.bars[0].points + steps
    return total


@pytest.mark.parametrize("status", list(GainStatus))
@pytest.mark.parametrize("age", [18, 30, 45, 64])
def test_the_chart_goes_from_the_average_to_the_chance_with_support(
    status: GainStatus, age: int
) -> None:
    made = make_assessment(status=status, age_years=age)
    e = made.estimate

    chart = build_chart(made)

    end = 100 * (e.support or e.usual).value
    assert read_steps(chart) == pytest.approx(end, abs=1e-9)
    assert chart.bars[-1].total == pytest.approx(end, abs=1e-9)
    sums = [bar.label for bar in chart.bars if bar.kind == "result"]
    assert sums == (["Zonder extra steun", "Met steun"] if e.support else ["Deze inschatting"])


def test_weak_reasons_share_a_row_and_stand_one_by_one_below() -> None:
    made = make_assessment(status=ESTIMATED)

    chart = build_chart(made)

    [joined] = [bar for bar in chart.bars if bar.label.startswith("Alle andere")]
    weakest = sorted(abs(r.points) for r in made.reasons.usual)[: len(made.reasons.usual) - 8]
    assert joined.label.startswith(f"Alle andere {len(weakest)} gegevens samen, elk hoogstens ")
    assert abs(joined.points) <= sum(weakest)
    assert len(chart.every) == len(chart.bars) - 1 + len(weakest)
    assert chart.every[-1].total == pytest.approx(chart.bars[-1].total)


def test_every_bar_begins_where_the_one_before_ended() -> None:
    for status in GainStatus:
        bars = build_chart(make_assessment(status=status)).bars

        for before, bar in pairwise(bars):
            assert bar.enters == before.leaves


@pytest.mark.parametrize(
    ("shift", "says"),
    [(-0.2, "Tot en met 6 maanden ligt de geschatte kans met steun lager"), (0.0, "")],
)
def test_a_return_that_support_delays_at_first_is_told(shift: float, says: str) -> None:
    made = make_assessment(status=GainStatus.ESTIMATED, work_ability=2)
    gain = made.estimate.gain
    assert gain is not None
    assert gain.value > 0.02
    first, *later = made.curve
    assert first.support is not None
    moved = replace(first, support=max(first.usual + shift, 0.0) if shift else first.support + 0.3)

    view = build_curve(replace(made, curve=(moved, *later)), view_estimate(made))

    assert view is not None
    assert view.lag_nl.startswith(says)
    assert bool(view.lag_nl) == bool(says)


def test_a_curve_of_another_horizon_counts_in_days_and_one_that_is_not_there_is_not_drawn() -> None:
    made = make_assessment(status=ESTIMATED)
    shifted = tuple(replace(point, days=point.days - 10) for point in made.curve)

    view = build_curve(replace(made, curve=shifted), view_estimate(made))
    none = build_curve(replace(made, curve=()), view_estimate(made))

    assert view is not None
    assert (view.unit_nl, [row.count for row in view.rows]) == ("dagen", [172, 355, 537, 720])
    assert none is None


def test_the_curve_and_the_estimate_show_the_same_number_at_the_horizon() -> None:
    for age in range(20, 66, 3):
        made = make_assessment(status=ESTIMATED, age_years=age)
        shown = view_estimate(made)

        view = build_curve(made, shown)

        assert view is not None
        row = next(row for row in view.rows if row.count == 12)
        assert (row.usual, row.support) == (shown.usual, shown.support)
