import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.intake.forecast import forecast
from models.intake.notes import MOST_TIMES
from models.intake.panel import Panel, months_between, of_months

MONTHS = months_between("2019-01", "2022-12")


@st.composite
def make_panels(draw: st.DrawFn) -> Panel:
    """Return a panel with noughts, gaps, bursts and regions of which nothing is known."""
    regions = draw(st.integers(1, 5))
    months = draw(st.sampled_from([1, 3, 7, 13, 25, 48]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    level = 10 ** rng.uniform(-1, 4, (regions, 1))
    counts = rng.poisson(level * rng.choice([1, 1, 1, 1, 100], (regions, months))).astype(float)
    counts[rng.random(counts.shape) < draw(st.sampled_from([0.0, 0.1, 0.6]))] = np.nan
    if draw(st.booleans()):
        counts[rng.integers(regions)] = 0
    if draw(st.booleans()):
        counts[rng.integers(regions)] = np.nan
    if not np.isfinite(counts).any():
        counts[0, -1] = 3
    groups = tuple(rng.choice(["x", "y"], regions)) if draw(st.booleans()) else None
    return of_months(tuple(f"r{one}" for one in range(regions)), MONTHS[:months], counts, groups)


@settings(max_examples=25)
@given(panel=make_panels(), horizon=st.integers(1, 18))
def test_whatever_is_known_the_futures_are_counts_within_what_can_be(
    panel: Panel, horizon: int
) -> None:
    found = forecast(panel, horizon, draws=30)

    counts = found.paths.counts
    assert counts.shape == (30, len(panel.regions), horizon)
    assert (counts >= 0).all()
    assert np.isfinite(found.point).all()
    assert (found.point >= 0).all()
    highest = np.nanmax(panel.rates) * 31 * MOST_TIMES
    assert counts.max() <= max(highest, 20) + 1
    assert (found.paths.total() == counts.sum(axis=1)).all()
