from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models.intake.panel import (
    Panel,
    PanelError,
    find_phases,
    lay_months,
    look_ahead,
    months_between,
    of_months,
)
from tests.models.intake.series import make_panel


def test_months_keep_their_own_lengths() -> None:
    months = months_between("2023-12", "2024-03")

    starts, days = lay_months(months)

    assert months == ("2023-12", "2024-01", "2024-02", "2024-03")
    assert days.tolist() == [31, 31, 29, 31]
    assert str(starts[2]) == "2024-02-01"


def test_calendar_months_are_followed_by_calendar_months() -> None:
    panel = make_panel(months=60)

    starts, days = look_ahead(panel, 3)

    assert [str(day) for day in starts] == ["2020-01-01", "2020-02-01", "2020-03-01"]
    assert days.tolist() == [31, 29, 31]


def test_weeks_are_followed_by_weeks_and_have_their_place_in_the_year() -> None:
    starts = np.datetime64("2024-01-01") + 7 * np.arange(60)
    panel = Panel(("a",), starts, np.full(60, 7.0), np.ones((1, 60)))

    ahead, days = look_ahead(panel, 2)
    phases = find_phases(starts, panel.days, panel.per_year)

    assert panel.per_year == 52
    assert days.tolist() == [7, 7]
    assert (ahead - starts[-1]).astype(int).tolist() == [7, 14]
    assert phases[0] == 0
    assert phases.max() == 51
    assert panel.label(1) == "2024-01-08"


def test_months_of_four_and_five_weeks_keep_their_place_in_the_year() -> None:
    days = np.tile([28.0, 28.0, 35.0], 8)
    starts = np.datetime64("2013-12-28") + np.concatenate([[0], np.cumsum(days)[:-1]]).astype(int)
    panel = Panel(("a",), starts, days, np.ones((1, 24)))

    phases = find_phases(starts, days, panel.per_year)

    assert panel.per_year == 12
    assert phases.tolist() == [*range(12), *range(12)]
    assert panel.label(2) == "2014-03"


def test_a_panel_that_fits_nothing_is_refused_with_what_to_do() -> None:
    panel = make_panel(months=6)
    late = panel.starts.copy()
    late[3:] += np.timedelta64(40, "D")
    faults: dict[str, dict[str, Any]] = {
        "expected \\(regions, periods\\)": {"counts": panel.counts[:2]},
        "name one for each": {"groups": ("x",)},
        "add its counts up first": {"regions": ("a", "a", "b", "c")},
        "shorter than one day": {"days": panel.days * 0},
        "one is doubled": {"starts": panel.starts[[0, 1, 1, 3, 4, 5]]},
        "add a row without count": {"starts": late},
        "no count is known": {"counts": panel.counts * np.nan},
        "below nought": {"counts": panel.counts - 1000},
    }

    for message, change in faults.items():
        with pytest.raises(PanelError, match=message):
            replace(panel, **change)


def test_a_panel_can_be_read_as_it_was_known_before() -> None:
    panel = make_panel(months=24)

    before = panel.until(10)

    assert before.counts.shape == (4, 10)
    assert before.label(-1) == "2015-10"
    assert (before.rates == panel.rates[:, :10]).all()


def test_months_may_hold_what_is_not_known() -> None:
    panel = of_months(("a",), ("2024-01", "2024-02"), np.array([[np.nan, 3.0]]))

    assert np.isnan(panel.counts[0, 0])
