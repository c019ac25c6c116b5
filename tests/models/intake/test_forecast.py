import numpy as np
import pytest
from numpy.typing import NDArray

from models.intake.forecast import forecast
from models.intake.panel import Panel, PanelError, lay_months, months_between, of_months

REGIONS = ("antwerpen", "limburg", "oost_vlaanderen", "west_vlaanderen")


def make_panel(months: int = 60, level: float = 300.0, seed: int = 1) -> Panel:
    """Return four regions with a dip in July and December, growth of 2 % a year, and chance."""
    rng = np.random.default_rng(seed)
    labels = months_between("2019-01", "2030-12")[:months]
    season = np.array([1.1, 1.05, 1.05, 1, 1, 1, 0.8, 0.95, 1.1, 1.1, 1.05, 0.8])
    share = np.array([0.4, 0.3, 0.2, 0.1])
    trend = 1.02 ** (np.arange(months) / 12)
    days = lay_months(labels)[1] / 30.4
    mean = level * share[:, None] * (season[np.arange(months) % 12] * trend * days)[None]
    return of_months(REGIONS, labels, rng.poisson(mean).astype(float))


def find_low_high(counts: NDArray[np.int64], level: float = 0.8) -> NDArray[np.float64]:
    return np.asarray(np.quantile(counts, [(1 - level) / 2, (1 + level) / 2], axis=0))


def test_futures_are_whole_counts_that_add_up_to_groups_and_total() -> None:
    panel = make_panel()

    paths = forecast(panel, 12, draws=200).paths

    assert paths.counts.shape == (200, 4, 12)
    assert paths.counts.dtype == np.int64
    assert (paths.counts >= 0).all()
    grouped = paths.grouped(("east", "east", "west", "west"))
    assert (grouped.total() == paths.total()).all()


def test_the_same_seed_gives_the_same_answer_and_the_order_of_regions_does_not_matter() -> None:
    panel = make_panel()
    back = Panel(panel.regions[::-1], panel.starts, panel.days, panel.counts[::-1])

    first, again, turned = (forecast(one, 6, draws=100) for one in (panel, panel, back))

    assert (first.paths.counts == again.paths.counts).all()
    assert (first.paths.counts == turned.paths.counts[:, ::-1]).all()


def test_the_dips_of_july_and_december_are_foreseen() -> None:
    panel = make_panel(level=3000.0)

    found = forecast(panel, 12, draws=10)
    rate = found.point.sum(axis=0) / found.paths.days

    assert rate[6] / rate[5] == pytest.approx(0.8, abs=0.06)
    assert rate[11] / rate[10] == pytest.approx(0.8 / 1.05, abs=0.06)


def test_a_horizon_below_one_is_refused() -> None:
    with pytest.raises(PanelError, match="expected 1 or more"):
        forecast(make_panel(), 0)
