from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from models.intake.choice import Choice
from models.intake.forecast import Forecast, forecast
from models.intake.methods import METHODS
from models.intake.panel import Panel, PanelError
from tests.models.intake.series import SHARES, expect_counts, make_panel

Floats = NDArray[np.float64]


def find_width(found: Forecast, region: int) -> float:
    """Return how wide the interval of 80 % of a region is, over the whole horizon."""
    low, high = np.quantile(found.paths.counts[:, region], (0.1, 0.9), axis=0)
    return float((high - low).sum())


def hide(panel: Panel, region: int, places: slice) -> Panel:
    counts = panel.counts.copy()
    counts[region, places] = np.nan
    return replace(panel, counts=counts)


def kinds(found: Forecast) -> set[tuple[str, str]]:
    return {(note.kind, note.region) for note in found.notes}


def test_futures_are_whole_counts_that_add_up_to_groups_and_total() -> None:
    panel = make_panel(level=5.0)

    paths = forecast(panel, 12, draws=200).paths

    assert paths.counts.shape == (200, 4, 12)
    assert paths.counts.dtype == np.int64
    assert (paths.counts >= 0).all()
    grouped = paths.grouped(("east", "west", "west", "east"))
    assert (grouped.counts[:, 1] == paths.counts[:, 1] + paths.counts[:, 2]).all()
    assert (grouped.total() == paths.total()).all()
    assert (paths.total() == paths.counts.sum(axis=1)).all()


def test_the_same_seed_gives_the_same_answer_and_the_order_of_regions_does_not_matter() -> None:
    panel = make_panel()
    back = replace(panel, regions=panel.regions[::-1], counts=panel.counts[::-1])

    first, again, turned, other = (
        forecast(one, 6, draws=100, seed=seed)
        for one, seed in ((panel, 0), (panel, 0), (back, 0), (panel, 1))
    )

    assert (first.paths.counts == again.paths.counts).all()
    assert (first.paths.counts == turned.paths.counts[:, ::-1]).all()
    assert (first.paths.counts != other.paths.counts).any()
    assert turned.paths.regions == panel.regions[::-1]
    assert np.allclose(first.point, turned.point[::-1])


def test_a_known_season_growth_and_share_are_found_again() -> None:
    months, level = 96, 5000.0
    true = expect_counts(months + 12, level)[:, months:]

    found = forecast(make_panel(months, level), 12, draws=10)

    assert found.point == pytest.approx(true, rel=0.05)
    rate = found.point.sum(axis=0) / found.paths.days
    assert rate[6] / rate[5] == pytest.approx(0.8, abs=0.02)
    assert rate[11] / rate[10] == pytest.approx(0.8 / 1.05, abs=0.02)


def test_periods_of_five_weeks_get_a_quarter_more_than_those_of_four() -> None:
    days = np.tile([28.0, 28.0, 35.0], 16)
    starts = np.datetime64("2013-12-28") + np.concatenate([[0], np.cumsum(days)[:-1]]).astype(int)
    counts = np.random.default_rng(0).poisson(100 * days, (1, 48)).astype(float)
    ahead = (starts[-1] + np.array([35, 63, 91]), np.array([28.0, 28.0, 35.0]))

    found = forecast(Panel(("a",), starts, days, counts), 3, draws=10, ahead=ahead)

    assert found.point[0] == pytest.approx([2800, 2800, 3500], rel=0.02)


def test_eighty_percent_of_what_comes_lies_within_eighty_percent_intervals() -> None:
    inside = []
    for seed in range(40):
        came = make_panel(84, 400.0, seed).counts
        paths = forecast(make_panel(84, 400.0, seed).until(72), 12, draws=300).paths
        low, high = np.quantile(paths.counts, (0.1, 0.9), axis=0)
        inside.append(((low <= came[:, 72:]) & (came[:, 72:] <= high)).mean())

    assert 0.76 <= np.mean(inside) <= 0.85


def test_the_interval_of_the_total_knows_that_regions_move_together() -> None:
    rng = np.random.default_rng(5)
    panel = make_panel(72, 4000.0)
    common = panel.counts * np.exp(rng.normal(0, 0.1, 72))
    apart = panel.counts * np.exp(rng.normal(0, 0.1, (4, 72)))

    def width(counts: Floats) -> float:
        found = forecast(replace(panel, counts=np.round(counts)), 6, draws=500)
        low, high = np.quantile(found.paths.total(), (0.1, 0.9), axis=0)
        return float((high - low).sum())

    assert width(common) > 1.4 * width(apart)


def test_a_lasting_rise_is_followed_and_told() -> None:
    panel = make_panel(72, 3000.0)
    counts = panel.counts.copy()
    counts[3, 50:] *= 1.6

    found = forecast(replace(panel, counts=counts), 12, draws=50)

    true = 1.6 * expect_counts(84, 3000.0)[3, 72:]
    assert found.point[3] == pytest.approx(true, rel=0.1)
    told = [note for note in found.notes if note.kind == "level_shift"]
    assert any(note.region == "west_vlaanderen" and "2019-0" in note.month for note in told)
    assert all("and it stayed" in note.text for note in told)


def test_an_outlier_is_told_and_hardly_moves_the_forecast() -> None:
    panel = make_panel(72, 3000.0)
    counts = panel.counts.copy()
    counts[:, 66] *= 2.0

    plain, found = (forecast(one, 12, draws=50) for one in (panel, replace(panel, counts=counts)))

    assert found.point == pytest.approx(plain.point, rel=0.04)
    assert ("outlier", "all") in kinds(found)
    assert ("outlier", "all") not in kinds(plain)


def test_a_region_of_five_months_borrows_its_season_and_growth() -> None:
    panel = make_panel(72, 2000.0)

    short = forecast(hide(panel, 1, slice(None, 67)), 12, draws=400)

    assert short.point[1] == pytest.approx(expect_counts(84, 2000.0)[1, 72:], rel=0.12)
    assert ("borrowed", "limburg") in kinds(short)
    assert find_width(short, 1) > find_width(forecast(panel, 12, draws=400), 1)


def test_a_region_without_any_count_takes_the_mean_of_the_others_with_a_wide_interval() -> None:
    panel = make_panel()

    found = forecast(hide(panel, 3, slice(None)), 12, draws=400)

    assert ("fallback", "west_vlaanderen") in kinds(found)
    assert found.point[3] == pytest.approx(found.point[:3].mean(axis=0), rel=0.05)
    assert find_width(found, 3) / found.point[3].sum() > 0.9
    assert found.point[0] == pytest.approx(forecast(panel, 12, draws=10).point[0], rel=0.05)


def test_a_group_without_any_count_is_never_a_silent_nought() -> None:
    panel = replace(make_panel(), groups=("x", "x", "y", "y"))

    found = forecast(hide(hide(panel, 0, slice(None)), 1, slice(None)), 6, draws=100)

    assert (found.point[:2] > 5).all()
    assert {("fallback", "antwerpen"), ("fallback", "limburg")} <= kinds(found)


def test_a_region_of_noughts_may_still_get_an_entry_and_says_so() -> None:
    panel = make_panel(24)
    counts = panel.counts.copy()
    counts[2] = 0

    found = forecast(replace(panel, counts=counts), 12, draws=2000)

    assert ("empty", "oost_vlaanderen") in kinds(found)
    assert (found.point[2] > 0).all()
    # half an event in 24 months: the mean of Jeffreys' posterior
    assert found.paths.counts[:, 2].sum(axis=1).mean() == pytest.approx(0.25, abs=0.06)


def test_gaps_are_filled_and_told_and_hardly_move_the_forecast() -> None:
    panel = make_panel(60, 2000.0)
    holed = hide(hide(panel, 0, slice(20, 26)), 1, slice(40, 41))

    plain, found = forecast(panel, 12, draws=50), forecast(holed, 12, draws=50)

    assert found.point == pytest.approx(plain.point, rel=0.05)
    told = [note.month for note in found.notes if note.kind == "gap"]
    assert told == ["2016-09", "2016-10", "2016-11", "2016-12", "2017-01", "2017-02", "2018-05"]


def test_a_month_of_which_nothing_is_known_is_no_month_without_entries() -> None:
    panel = replace(make_panel(60, 2000.0), groups=("x", "x", "y", "y"))
    counts = panel.counts.copy()
    counts[:, 30] = np.nan
    counts[:2, 40] = np.nan

    found = forecast(replace(panel, counts=counts), 12, draws=50)

    assert found.point == pytest.approx(forecast(panel, 12, draws=50).point, rel=0.05)


def test_counts_that_come_late_make_the_forecast_less_sure() -> None:
    panel = make_panel(60, 2000.0)
    late = panel.counts.copy()
    late[:, -3:] = np.nan

    plain, found = (forecast(one, 3, draws=400) for one in (panel, replace(panel, counts=late)))

    assert sum(find_width(found, one) for one in range(4)) > 1.2 * sum(
        find_width(plain, one) for one in range(4)
    )


@pytest.mark.parametrize("months", [1, 2, 5, 14, 30])
def test_a_short_history_gives_a_wide_interval_rather_than_an_error(months: int) -> None:
    found = forecast(make_panel(months, 1000.0), 18, draws=200)

    assert (found.point > 0).all()
    low, high = np.quantile(found.paths.total(), (0.1, 0.9), axis=0)
    true = expect_counts(months + 18, 1000.0)[:, months:].sum(axis=0)
    assert ((low <= true * 1.15) & (true * 0.85 <= high)).all()
    assert months > 24 or {note.kind for note in found.notes} >= {"borrowed"}


def test_weeks_can_be_forecast_too() -> None:
    weeks = np.arange(208)
    mean = 300 * (1 + 0.25 * np.sin(weeks * 2 * np.pi / 52.18))
    counts = np.random.default_rng(2).poisson(mean, (2, 208)).astype(float)
    starts = np.datetime64("2020-01-06") + 7 * weeks
    panel = Panel(("a", "b"), starts, np.full(208, 7.0), counts)

    found = forecast(panel.until(182), 26, draws=50)

    assert found.point == pytest.approx(np.tile(mean[182:], (2, 1)), rel=0.2)


def test_each_horizon_is_served_by_the_method_that_was_chosen_for_it() -> None:
    panel = make_panel()

    found = forecast(panel, 4, draws=20, choice=Choice(("layered", "mean_12")))

    assert found.methods == ("layered", "mean_12", "mean_12", "mean_12")
    mean = panel.counts[:, -12:].sum(axis=1) / panel.days[-12:].sum()
    assert found.point[:, 1] == pytest.approx(mean * 29)
    assert set(found.methods) < set(METHODS)


def test_one_region_alone_can_be_forecast() -> None:
    panel = make_panel(60)
    alone = replace(panel, regions=panel.regions[:1], counts=panel.counts[:1])

    found = forecast(alone, 12, draws=50)

    assert found.point[0].sum() == pytest.approx(
        expect_counts(72, 300.0)[0, 60:].sum(), rel=0.1 + 1 / np.sqrt(300 * SHARES[0])
    )


def test_a_horizon_below_one_is_refused() -> None:
    with pytest.raises(PanelError, match="expected 1 or more"):
        forecast(make_panel(), 0)


def test_months_before_the_first_known_count_take_no_part() -> None:
    panel = make_panel(72, 2000.0)
    counts = panel.counts.copy()
    counts[:, :36] = np.nan

    found = forecast(replace(panel, counts=counts), 12, draws=100)

    alone = replace(panel, counts=counts[:, 36:], starts=panel.starts[36:], days=panel.days[36:])
    assert (found.paths.counts == forecast(alone, 12, draws=100).paths.counts).all()


def test_no_future_goes_beyond_three_times_the_highest_rate_ever_seen() -> None:
    counts = make_panel(40, 50.0).counts * np.array([1.0, 50.0] * 20)
    panel = replace(make_panel(40, 50.0), counts=counts)

    found = forecast(panel, 18, draws=500)

    assert (found.paths.counts <= 3 * panel.rates.max(axis=1)[:, None] * 31 + 1).all()


def test_quantiles_of_regions_and_of_the_total_come_from_the_same_draws() -> None:
    paths = forecast(make_panel(), 6, draws=101).paths

    low, middle, high = paths.quantiles((0.1, 0.5, 0.9))

    assert (low <= middle).all()
    assert (middle <= high).all()
    assert paths.total_quantiles((0.5,))[0].tolist() == np.median(paths.total(), axis=0).tolist()
