import re
from dataclasses import replace
from datetime import date
from math import nan
from typing import Any

import numpy as np
import pytest

from models.estimate import Estimate, GainStatus, Sum
from models.suggestion import Limits, Suggestion, suggest
from serving.chart import build_chart
from serving.curve_view import build_curve
from serving.estimate_view import EstimateView, view_estimate
from serving.questions import answer_questions, describe_gain, summarise
from serving.store.cases import Bounds
from tests.running_service import Service, make_assessment
from tests.web.test_pages import read

ESTIMATED, SAME, UNKNOWN = GainStatus.ESTIMATED, GainStatus.SAME_FOR_ALL, GainStatus.UNKNOWN
LIMITS = Limits(date(2026, 1, 1), 0.20, 0.55, 0.10, "commissie", "test")
SAME_NL = "+5 (2 tot 8) voor iedereen gelijk: de gegevens laten geen verschil tussen mensen zien"
UNKNOWN_NL = (
    "Meerwaarde van steun onbekend: bijna niemand in een vergelijkbare situatie kreeg steun"
)


def make_estimate(status: GainStatus, p: float, gain: float = 0.0, half: float = 0.03) -> Estimate:
    def spread(value: float) -> Sum:
        return Sum(value, value - half, value + half, 0.4, np.array([value - 0.4]), 0.0)

    if status is UNKNOWN:
        return Estimate(spread(p), None, None, UNKNOWN)
    return Estimate(spread(p), spread(gain), spread(p + gain), status)


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
        r"Voegt steun iets toe\? Ja\. Het geschatte effect van steun is \+\d+ \(\d+ tot \d+\) "
        r"op 100: het hele interval ligt op of boven de grens van 10\.",
        page.text,
    )
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
        r"mogelijk\? Nog niet\. Met steun keren er naar schatting .* onder de grens van 60\. "
        r"Opnieuw te bekijken op \d+ \w+ 2026\.",
        page.text,
    )


def test_a_case_that_nobody_supported_resembles_says_so(pages: Service) -> None:
    page = read(pages, find_case(pages, gain_status="unknown"))

    assert f"Voegt steun iets toe? {UNKNOWN_NL}" in page.text
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
        "unknown": ("De meerwaarde van steun is onbekend.", UNKNOWN_NL, "onbekend, dit model"),
    }[status]
    for page, words in zip((listed, case, model), expected, strict=True):
        assert words in page.text
    assert "Het voorstel steunt daarom op de kans zonder extra steun" in case.text
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
    assert len(page.all("circle")) == 4


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
    assert "±" not in seen


@pytest.mark.parametrize("status", list(GainStatus))
def test_the_answers_to_the_questions_are_those_of_the_suggestion(status: GainStatus) -> None:
    made = make_assessment(status=status)
    found = []

    for p in np.linspace(0.05, 0.9, 18):
        for gain in (-0.04, 0.02, 0.09, 0.15):
            estimate = make_estimate(status, float(p), gain)
            suggestion = suggest(estimate, LIMITS)
            a = replace(made, estimate=estimate, suggestion=suggestion, limits=LIMITS)
            possible, adds = answer_questions(a, view_estimate(a))
            found.append((suggestion, possible.answer_nl, adds.answer_nl, adds.why_nl))

    for suggestion, possible_nl, adds_nl, why_nl in found:
        if suggestion is Suggestion.NOT_YET:
            assert possible_nl == "Nog niet"
        if suggestion in (Suggestion.REFER, Suggestion.OWN_WAY):
            assert possible_nl == "Ja"
            own = adds_nl == "Weinig" if status is ESTIMATED else "op of boven de grens" in why_nl
            assert own == (suggestion is Suggestion.OWN_WAY)
        if suggestion is Suggestion.UNSURE:
            assert "Onzeker" in (possible_nl, adds_nl) or "loopt over de grens" in why_nl
    assert {one[0] for one in found} == set(Suggestion)


def test_why_someone_goes_their_own_way_depends_on_what_is_known_of_the_gain() -> None:
    made = make_assessment(status=ESTIMATED)

    by_gain, by_chance = (
        summarise(
            replace(made, estimate=make_estimate(status, 0.7, 0.02), suggestion=Suggestion.OWN_WAY)
        )
        for status in (ESTIMATED, SAME)
    )

    assert "het geschatte effect ligt onder de grens" in by_gain
    assert by_chance == "Een terugkeer lijkt te lukken zonder extra ondersteuning."


def test_an_assessment_from_before_the_gain_does_not_blame_the_data() -> None:
    made = make_assessment(status=UNKNOWN)

    now, then = (
        describe_gain(view_estimate(made), limits)
        for limits in (LIMITS, replace(LIMITS, gain_from=nan))
    )

    assert now.startswith(UNKNOWN_NL)
    assert then == "Meerwaarde van steun onbekend: ze werd toen nog niet geschat"


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


def test_what_moves_the_effect_of_support_little_is_shown_in_one_row() -> None:
    made = make_assessment(status=ESTIMATED)
    reasons = [replace(r, points=0.2) for r in made.reasons.usual[:3]]
    assert made.reasons.gain is not None
    many = replace(made.reasons, gain=(*made.reasons.gain, *reasons))

    chart = build_chart(replace(made, reasons=many))

    [joined] = [bar for bar in chart.bars if bar.label.startswith("Alle andere gegevens samen")]
    assert joined.points == pytest.approx(0.6)


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
