"""Panels from a known law, for tests of the forecast."""

import numpy as np
from numpy.typing import NDArray

from models.intake.panel import Panel, lay_months, months_between, of_months

REGIONS = ("antwerpen", "limburg", "oost_vlaanderen", "west_vlaanderen")
SHARES = np.array([0.4, 0.3, 0.2, 0.1])
SEASON = np.array([1.1, 1.05, 1.05, 1.0, 1.0, 1.0, 0.8, 0.95, 1.1, 1.1, 1.05, 0.8])
GROWTH = 0.02  # a year


def expect_counts(months: int, level: float) -> NDArray[np.float64]:
    """Return the true means (regions, months): rates per day with a season and growth."""
    days = lay_months(months_between("2015-01", "2040-12")[:months])[1] / 30.4
    at = np.arange(months)
    return level * SHARES[:, None] * (SEASON[at % 12] * (1 + GROWTH) ** (at / 12) * days)[None]


def make_panel(
    months: int = 60,
    level: float = 300.0,
    seed: int = 1,
    groups: tuple[str, ...] | None = None,
) -> Panel:
    """Return four regions whose counts are chance around their true means."""
    counts = np.random.default_rng(seed).poisson(expect_counts(months, level)).astype(float)
    return of_months(REGIONS, months_between("2015-01", "2040-12")[:months], counts, groups)
