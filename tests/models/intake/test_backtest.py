import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from models.intake.backtest import Backtest, backtest
from models.intake.choice import choose
from models.intake.forecast import forecast
from models.intake.methods import METHODS
from models.intake.panel import PanelError
from models.intake.scores import find_levels, find_scale, score
from models.intake.task import Task
from tests.models.intake.series import make_panel

QUICK = ("seasonal_naive", "mean_12", "layered")
LIBRARY = ("auto_theta", "auto_ets")


@pytest.fixture(scope="module")
def found() -> Backtest:
    panel = make_panel(84, 3000.0, groups=("east", "east", "west", "west"))
    return backtest(panel, horizon=6, origins=6, methods=QUICK, draws=200)


def test_every_method_is_scored_per_layer_and_horizon(found: Backtest) -> None:
    plain = json.loads(json.dumps(found.to_plain()))

    assert plain["origins"] == [f"2021-{month:02d}" for month in range(1, 7)]
    assert set(plain["methods"]) == set(QUICK)
    for layers in plain["methods"].values():
        assert set(layers) == {"regions", "groups", "total"}
        for scores in layers.values():
            assert len(scores["mase"]) == len(scores["wql"]) == 6
            assert set(scores["coverage"]) == {"0.8", "0.95"}
    assert len(plain["choice"]) == 6


def test_on_a_season_with_growth_our_method_beats_the_naive_ones_and_is_chosen(
    found: Backtest,
) -> None:
    plain = found.to_plain()

    mase = {name: np.mean(found.scores[name]["total"].mase) for name in QUICK}

    assert mase["layered"] < 0.8 * mase["seasonal_naive"] < mase["mean_12"]
    assert plain["choice"] == ["layered"] * 6


def test_what_came_after_an_origin_changes_none_of_its_scores() -> None:
    panel = make_panel(72, 500.0)
    counts = panel.counts.copy()
    counts[:, -1] *= 10

    both = [
        backtest(one, horizon=3, origins=3, methods=("layered",), draws=100)
        for one in (panel, replace(panel, counts=counts))
    ]

    nearest = [one.scores["layered"]["regions"].coverage[0.8][0] for one in both]
    assert nearest[0] == nearest[1]
    for name in QUICK:
        before, after = (
            METHODS[name](Task.of(one, np.array([8, 20, 30, 69, 71]), 3))
            for one in (panel, replace(panel, counts=counts))
        )
        assert np.array_equal(before, after)


def test_noughts_and_gaps_leave_scores_that_are_known() -> None:
    panel = make_panel(60, 40.0)
    counts = panel.counts.copy()
    counts[0] = 0
    counts[1, 30:34] = np.nan
    counts[2, -3:] = np.nan

    found = backtest(replace(panel, counts=counts), horizon=6, origins=4, methods=QUICK, draws=50)

    for name in QUICK:
        assert np.isfinite(found.scores[name]["regions"].mase).all()
        assert np.isfinite(found.scores[name]["regions"].wql).all()


def test_a_panel_that_is_too_short_to_test_says_how_much_is_needed() -> None:
    with pytest.raises(PanelError, match="bring at least 18, or test a nearer horizon"):
        backtest(make_panel(14), horizon=12)


def test_a_short_panel_is_tested_from_the_origins_that_it_has() -> None:
    found = backtest(make_panel(20), horizon=6, origins=12, methods=QUICK, draws=50)

    assert len(found.origins) == 9
    assert np.isfinite(found.scores["layered"]["total"].mase).all()


def test_the_simplest_method_within_two_percent_of_the_best_is_chosen() -> None:
    errors = {
        "simple": np.array([1.01, 1.03, np.nan, 1.0]),
        "complex": np.array([1.0, 1.0, np.nan, np.nan]),
    }

    choice = choose(errors, 4)

    assert choice.methods == ("simple", "complex", "complex", "simple")
    assert choice.at(9) == "simple"


def test_a_horizon_that_was_never_scored_takes_the_simplest_method() -> None:
    choice = choose({"simple": np.array([np.nan]), "complex": np.array([np.nan])}, 1)

    assert choice.methods == ("simple",)


def test_scores_of_a_known_forecast_are_those_of_the_textbook() -> None:
    levels = find_levels((0.8,))
    came = np.array([[[10.0], [4.0]], [[20.0], [np.nan]]])
    point = np.array([[[12.0], [4.0]], [[16.0], [9.0]]])
    drawn = np.repeat(point[:, None], len(levels), axis=1)

    found = score(drawn, point, came, np.array([2.0, 4.0]), (0.8,))

    # region one: errors 2 and 4 over 2; region two: 0
    assert found.mase.tolist() == [0.75]
    assert found.coverage[0.8].tolist() == [0.5]
    assert found.width[0.8].tolist() == [0.0]
    # of a point forecast the loss is half the error, at either side, in the mean of the levels
    assert found.wql[0] == pytest.approx(6 / 34)


def test_series_are_scaled_by_the_seasonal_error_or_else_by_that_of_the_next_period() -> None:
    counts = np.vstack([np.tile(np.arange(12.0), 2), np.zeros(24)])
    counts[0, 12:] += 3

    assert find_scale(counts, 12)[0] == 3
    assert np.isnan(find_scale(counts, 12)[1])
    assert find_scale(counts[:, :6], 12)[0] == 1


@pytest.mark.parametrize("name", LIBRARY)
def test_methods_of_the_library_follow_season_and_growth(name: str) -> None:
    panel = make_panel(72, 5000.0)
    panel = replace(panel, regions=panel.regions[:1], counts=panel.counts[:1])

    found = backtest(panel.until(66), horizon=6, origins=2, methods=("mean_12", name), draws=50)

    mase = {key: np.mean(one["total"].mase) for key, one in found.scores.items()}
    assert mase[name] < 0.7 * mase["mean_12"]


def test_methods_of_the_library_bear_short_empty_and_holed_series() -> None:
    panel = make_panel(20, 100.0)
    counts = panel.counts[:2].copy()
    counts[0] = 0
    counts[1, 3:6] = np.nan
    panel = replace(panel, regions=panel.regions[:2], counts=counts)

    found = backtest(panel, horizon=3, origins=12, methods=LIBRARY, draws=20)

    assert all(np.isfinite(one["total"].mase).all() for one in found.scores.values())


def test_a_forecast_without_the_library_never_loads_it() -> None:
    code = (
        "import sys, numpy as np\n"
        "from models.intake.panel import of_months, months_between\n"
        "from models.intake.forecast import forecast\n"
        "panel = of_months(('a',), months_between('2020-01', '2024-12'), np.full((1, 60), 9.0))\n"
        "forecast(panel, 3, draws=5)\n"
        "print([name for name in ('statsmodels', 'scipy', 'pandas') if name in sys.modules])\n"
    )

    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout

    assert told.strip() == "[]"


def test_the_choice_of_a_backtest_serves_a_forecast(found: Backtest) -> None:
    panel = make_panel(84, 3000.0, groups=("east", "east", "west", "west"))

    served = forecast(panel, 8, draws=20, choice=found.choice)

    assert served.methods == (*found.choice.methods, *found.choice.methods[-1:] * 2)
