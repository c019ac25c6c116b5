"""The drawings of the planner: where numbers stand, and that none is told twice or not at all."""

from itertools import pairwise

import pytest

from serving.pages.compare_chart import NEAR, Strand, draw_compares
from serving.pages.fan_chart import Story, draw_fan, draw_fans, find_foot
from serving.pages.funnel_chart import Limit, Spot, draw_funnels
from serving.pages.planning_bars import draw_bars
from serving.pages.planning_scale import NARROW, WIDE, Ruler, find_step, name_month

PAST = ("2025-11", "2025-12", "2026-01")
COMING = ("2026-02", "2026-03")
BANDS = {
    "0.025": (80.0, 70.0),
    "0.1": (90.0, 85.0),
    "0.5": (100.0, 100.0),
    "0.9": (110.0, 115.0),
    "0.975": (120.0, 130.0),
}


def read(points: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (point.split(",") for point in points.split())]


@pytest.mark.parametrize(
    ("span", "most", "step"),
    [(100, 5, 20), (101, 5, 25), (7, 4, 2), (0.9, 4, 0.25), (12_000, 5, 2500), (1, 5, 0.2)],
)
def test_ticks_are_round_and_not_too_many(span: float, most: int, step: float) -> None:
    assert find_step(span, most) == pytest.approx(step)


def test_a_fan_opens_at_the_last_month_that_was() -> None:
    fan = draw_fan(Story(PAST, (95.0, 97.0, 99.0), COMING, BANDS), WIDE)

    last = (fan.dots[-1][0], fan.dots[-1][1])
    assert len(fan.dots) == 3
    assert read(fan.middle)[0] == last
    assert read(fan.outer)[0] == read(fan.inner)[0] == last
    assert fan.edge == pytest.approx((last[0] + read(fan.middle)[1][0]) / 2, abs=0.1)


def test_a_higher_number_stands_higher_and_a_wider_band_lies_around_the_narrow_one() -> None:
    fan = draw_fan(Story(PAST, (95.0, 97.0, 99.0), COMING, BANDS), WIDE)

    above, below = read(fan.outer)[1:3], read(fan.outer)[3:]
    inner_above, inner_below = read(fan.inner)[1:3], read(fan.inner)[3:]
    middle = read(fan.middle)[1:]
    for place in (0, 1):
        heights = [one[place][1] for one in (above, inner_above, middle)]
        lows = [one[1 - place][1] for one in (inner_below, below)]
        assert heights + lows == sorted(heights + lows)


def test_a_month_that_is_hidden_breaks_the_line_and_has_no_dot() -> None:
    story = Story(("2025-09", "2025-10", *PAST), (90.0, 91.0, None, 97.0, 98.0), COMING, BANDS)

    fan = draw_fan(story, NARROW)

    assert (len(fan.lines), len(fan.dots)) == (2, 4)


def test_a_fan_does_not_open_at_a_month_that_is_not_known() -> None:
    fan = draw_fan(Story(PAST, (95.0, 97.0, None), COMING, BANDS), WIDE)

    assert len(read(fan.middle)) == len(COMING)
    assert fan.edge is not None


def test_without_anything_to_come_only_what_was_is_drawn() -> None:
    fan = draw_fan(Story(PAST, (5.0, 6.0, 7.0), (), {}), WIDE)

    assert (fan.middle, fan.outer, fan.edge) == ("", "", None)
    assert len(fan.lines) == 1


def test_what_there_is_room_for_is_a_line_over_the_months_to_come_alone() -> None:
    [wide, narrow] = draw_fans(Story(PAST, (95.0, 97.0, 99.0), COMING, BANDS, (105.0, 105.0)))

    for fan in (wide, narrow):
        first, last = read(fan.limits[0])
        assert first[1] == last[1]
        assert first[0] > (fan.edge or 0)
        assert fan.limit_at is not None


@pytest.mark.parametrize(
    ("values", "foot"), [((100.0, 110.0), 90.0), ((10.0, 110.0), 0), ((), 0), ((0.0, 0.0), 0)]
)
def test_a_drawing_leaves_out_only_what_never_happens(
    values: tuple[float, ...], foot: float
) -> None:
    assert find_foot(values) == foot


def test_a_drawing_that_begins_above_nought_says_so() -> None:
    flat = Story(PAST, (1000.0, 1001.0, 999.0), COMING, dict.fromkeys(BANDS, (1000.0, 1002.0)))

    cut, whole = draw_fan(flat, WIDE, is_cut=True), draw_fan(flat, WIDE)

    assert cut.foot
    assert cut.up[0][1] == cut.foot
    assert (whole.foot, whole.up[0][1]) == ("", "0")


def test_months_along_the_foot_fit_and_begin_with_their_year() -> None:
    months = [f"{year}-{month:02d}" for year in (2024, 2025, 2026) for month in range(1, 13)]
    ruler = Ruler.of(NARROW, [1.0], len(months))

    words = [word for _, word in ruler.list_months(months)]

    assert words == ["jan 2024", "jan 2025", "jan 2026"]
    assert (name_month("2026-05"), name_month("2026-05", full=True)) == ("mei", "mei 2026")


def test_a_bar_is_parted_where_what_is_known_ends() -> None:
    [wide, _] = draw_bars(COMING, (100.0, 80.0), (1.0, 0.25), ("a", "b"))

    whole, part = wide.stacks
    assert whole.rest[1] == 0
    assert part.known[1] == pytest.approx((part.known[1] + part.rest[1]) / 4, abs=0.2)
    assert part.known[0] + part.known[1] == pytest.approx(wide.size.bottom, abs=0.2)


def test_only_regions_that_chance_does_not_explain_get_a_name() -> None:
    spots = [Spot("Limburg", 900, 0.2, is_outside=True), Spot("Brussel", 90, 0.1, is_outside=False)]
    limits = [Limit(80, 0.02, 0.2), Limit(1000, 0.08, 0.12)]

    for funnel in draw_funnels(spots, limits, limits, 0.1):
        assert [dot.word for dot in funnel.dots] == ["Limburg", ""]
        assert [dot.anchor for dot in funnel.dots] == ["end", "start"]
        assert funnel.dots[0].y < funnel.middle == funnel.dots[1].y


def test_lines_differ_in_more_than_colour_and_their_letters_never_overlap() -> None:
    strands = [Strand(f"s{n}", (10.0, 10.0 + n / 100)) for n in range(4)]

    [wide, narrow] = draw_compares(COMING, strands)

    for chart in (wide, narrow):
        heights = sorted(one.word for one in chart.strands)
        assert all(after - before >= NEAR - 0.2 for before, after in pairwise(heights))
        assert [one.letter for one in chart.strands] == ["A", "B", "C", "D"]
        assert len({one.dash for one in chart.strands}) == 4


def test_a_line_stands_where_its_number_says() -> None:
    ruler = Ruler.of(WIDE, [1.1], 12)

    ticks = ruler.list_ticks()

    assert [text for _, text in ticks] == ["0", "0,25", "0,5", "0,75", "1", "1,25"]
    assert [height for height, _ in ticks] == [
        ruler.rise(float(text.replace(",", "."))) for _, text in ticks
    ]
