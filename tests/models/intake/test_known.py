import numpy as np
import pytest

from models.intake.faults import IntakeError
from models.intake.flow import COHORT_STEPS
from models.intake.known import Cases, Months, learn_cases, learn_cohorts

LAST = np.datetime64("2026-06", "M")
NOT_YET = np.datetime64("NaT", "M")


def months(*ago: int | None) -> Months:
    """Return months so many before the last; None did not happen."""
    return np.array([NOT_YET if one is None else LAST - one for one in ago], "datetime64[M]")


def test_cases_are_counted_by_region_month_and_delay() -> None:
    cases = Cases(np.array([0, 0, 1, 1]), months(8, 8, 7, 0), months(7, None, 6, None))

    step, waiting = learn_cases("consented", cases, 2, LAST)

    assert step.tried[0] == pytest.approx(2)
    assert step.passed[0] == pytest.approx(1)
    assert step.delay[1] == pytest.approx(1)
    assert waiting.counts.tolist() == [[0, 0, 0, 0, 0, 1], [1, 0, 0, 0, 0, 0]]


def test_what_happens_after_the_last_month_is_not_known_yet() -> None:
    cases = Cases(np.array([0, 0]), months(8, 1), months(6, -1))

    step, waiting = learn_cases("consented", cases, 1, LAST)

    assert step.passed.sum() == pytest.approx(1)
    assert waiting.counts[0, 1] == 1


def test_who_refused_waits_no_longer() -> None:
    cases = Cases(np.array([0, 0]), months(9, 1), months(9, None), months(None, 0))

    step, waiting = learn_cases("consented", cases, 1, LAST)

    assert step.stopped is not None
    assert waiting.counts.sum() == 0


def test_a_case_that_goes_on_before_it_came_is_refused() -> None:
    cases = Cases(np.array([0]), months(2), months(3))

    with pytest.raises(IntakeError, match="consented: a case goes on before it came"):
        learn_cases("consented", cases, 1, LAST)


def make_cohorts() -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.float64]], ...]:
    """Return entered and off after 1, 2, 3 months of eight months of entry in two regions."""
    entered = np.array([[1000.0] * 8, [500.0] * 8])
    off_1m, off_2m, off_3m = entered * 0.8, entered * 0.5, entered * 0.4
    for lacks, part in enumerate((off_1m, off_2m, off_3m), start=1):
        part[:, 8 - lacks :] = np.nan
    return entered, off_1m, off_2m, off_3m


def test_cohorts_under_way_wait_before_the_step_that_is_not_known_yet() -> None:
    entered, *off = make_cohorts()

    steps, waiting = learn_cohorts(entered, (off[0], off[1], off[2]))

    assert [step.name for step in steps] == list(COHORT_STEPS)
    assert [step.pooled for step in steps] == pytest.approx([0.8, 0.625, 0.8])
    assert [one.counts[:, 0].tolist() for one in waiting] == [[1000, 500], [800, 400], [500, 250]]
    assert sum(one.counts[:, 1:].sum() for one in waiting) == 0


def test_a_count_that_is_late_waits_on() -> None:
    entered, *off = make_cohorts()
    off[2][:, 4] = np.nan  # of five months of entry ago: was to be known a month ago

    _, waiting = learn_cohorts(entered, (off[0], off[1], off[2]))

    assert waiting[2].counts[:, :2].tolist() == [[500, 500], [250, 250]]


def test_a_gap_of_long_ago_is_no_cohort_to_come() -> None:
    entered, *off = make_cohorts()
    off[2][:, 0] = np.nan

    steps, waiting = learn_cohorts(entered, (off[0], off[1], off[2]))

    assert waiting[2].counts[:, 1:].sum() == 0
    assert steps[2].pooled == pytest.approx(0.8)


def test_a_plan_without_its_last_month_is_refused() -> None:
    entered, *off = make_cohorts()
    entered[0, -1] = np.nan

    with pytest.raises(IntakeError, match="the last month lacks"):
        learn_cohorts(entered, (off[0], off[1], off[2]))


def test_numbers_that_rise_are_refused() -> None:
    entered, *off = make_cohorts()
    off[1][0, 0] = 900

    with pytest.raises(IntakeError, match="off_2m: more are off than a month before"):
        learn_cohorts(entered, (off[0], off[1], off[2]))


def test_totals_of_other_regions_are_refused() -> None:
    entered, *off = make_cohorts()

    with pytest.raises(IntakeError, match="off_1m: expected the regions and months"):
        learn_cohorts(entered, (off[0][:1], off[1], off[2]))
