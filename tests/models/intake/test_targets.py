from datetime import date
from pathlib import Path

import numpy as np
import pytest

from models.intake.effort import default_effort, read_effort
from models.intake.faults import IntakeError
from models.intake.targets import default_targets, read_targets, year_end

MONTHS = np.arange("2026-09", "2028-03", dtype="datetime64[M]")
STARTED = np.random.default_rng(1).poisson(500.0, (2000, 2, 18)).astype(float)
SO_FAR = np.array([4000, 3500])


@pytest.mark.parametrize(
    ("year", "target"), [(2020, None), (2021, 5000), (2024, 12000), (2027, 12000)]
)
def test_the_target_of_a_year_is_the_newest_that_holds(year: int, target: int | None) -> None:
    found = default_targets().find_target(year)

    assert (found and found.started) == target


def test_the_published_outflow_stands_beside_ours() -> None:
    found = {row.month: row.share for row in default_targets().outflow}

    assert found == {6: 0.129, 12: 0.211, 18: 0.264, 24: 0.298}


def test_the_year_end_is_what_was_started_and_what_is_to_come() -> None:
    this, following = year_end(STARTED, MONTHS, SO_FAR, ("a", "b"))

    assert this["year"] == 2026
    assert this["so_far"] == 7500
    assert this["mean"] == pytest.approx(7500 + 8 * 500, rel=0.01)
    assert this["q"]["0.975"] - this["q"]["0.025"] == pytest.approx(3.92 * np.sqrt(4000), rel=0.1)
    assert this["regions"]["b"]["so_far"] == 3500
    assert following["so_far"] == 0
    assert following["mean"] == pytest.approx(12 * 1000, rel=0.01)


def test_a_year_that_the_horizon_does_not_reach_the_end_of_is_left_out() -> None:
    rows = year_end(STARTED, MONTHS, SO_FAR, ("a", "b"))

    assert [row["year"] for row in rows] == [2026, 2027]


def test_in_january_what_started_the_year_before_does_not_count_for_the_new_year() -> None:
    months = np.arange("2027-01", "2028-07", dtype="datetime64[M]")

    row = year_end(STARTED, months, SO_FAR, ("a", "b"))[0]

    assert (row["year"], row["so_far"], row["regions"]["a"]["so_far"]) == (2027, 0, 0)
    assert row["mean"] == pytest.approx(12 * 1000, rel=0.01)


def test_the_chance_of_a_target_falls_as_the_target_rises() -> None:
    chances = [
        year_end(STARTED, MONTHS, SO_FAR, ("a", "b"), target=target)[0]["p"]
        for target in (11000, 11450, 11500, 11550, 12000)
    ]

    assert chances == sorted(chances, reverse=True)
    assert chances[0] == 1
    assert chances[2] == pytest.approx(0.5, abs=0.06)
    assert chances[-1] == 0


def test_a_year_before_the_first_target_has_no_chance() -> None:
    months = np.arange("2019-09", "2020-01", dtype="datetime64[M]")

    row = year_end(STARTED[:, :, :4], months, SO_FAR, ("a", "b"))[0]

    assert row["target"] is None
    assert row["p"] is None


@pytest.mark.parametrize(
    "text",
    [
        "targets = 1",
        "[[targets]]\nvalid_from = 2021-01-01\nstarted = 0\nsource = 'x'\n[[outflow]]\n"
        "month = 6\nshare = 0.1\nsource = 'x'",
        "[[targets]]\nvalid_from = 2021-01-01\nstarted = 1\nsource = 'x'\n[[outflow]]\n"
        "month = 6\nshare = 1.1\nsource = 'x'",
        "not toml",
    ],
)
def test_a_table_of_targets_that_cannot_be_used_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "targets.toml"
    path.write_text(text, "utf-8")

    with pytest.raises(IntakeError, match=r"targets\.toml: "):
        read_targets(path)


def test_hours_are_those_of_the_newest_row_of_a_kind() -> None:
    effort = default_effort()

    assert effort.get_hours("job_coaching", date(2026, 1, 1)).hours_per_month == 4
    assert effort.get_hours("something_new", date(2026, 1, 1)).kind == "other"
    assert all(row.source for row in (*effort.coach, *effort.kinds))


def test_a_day_before_the_table_is_refused() -> None:
    with pytest.raises(IntakeError, match="no row for coach holds on 2019-01-01"):
        default_effort().get_coach_hours(date(2019, 1, 1))


@pytest.mark.parametrize("hours", ["0", '"many"', "-1"])
def test_a_table_of_effort_that_cannot_be_used_is_refused(tmp_path: Path, hours: str) -> None:
    path = tmp_path / "effort.toml"
    row = f"valid_from = 2020-01-01\nhours_per_month = {hours}\nassumption = true\nsource = 'x'\n"
    path.write_text(f"[[coach]]\n{row}[[kinds]]\nkind = 'other'\n{row}", "utf-8")

    with pytest.raises(IntakeError, match=r"effort\.toml: "):
        read_effort(path)


def test_a_table_of_effort_without_parts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "effort.toml"
    path.write_text("coach = 3", "utf-8")

    with pytest.raises(IntakeError, match=r"effort\.toml: expected \[\[coach\]\]"):
        read_effort(path)
