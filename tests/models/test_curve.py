from dataclasses import replace
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from benchmarks.curve import find_law, find_supported, find_usual
from features.contract import Outcome
from features.matrix import build_matrix
from features.outcomes import find_outcomes
from features.synthetic import World
from features.tables import Extract
from features.trial import build_trial
from models.bundle import read_bundle, write_bundle
from models.curve import CurveHead, CurveStep, trace_curve, trace_curves
from models.curve_fit import FEWEST, FittedCurve, fit_curve
from models.curve_rows import list_days
from models.effects import Effects
from models.estimate import Estimates, GainStatus, Sums
from models.gain import flat_head
from models.heads import AdditiveHead, GainHead, LinearHead, SpreadHead
from models.levels import LevelTable
from models.screening import ScreeningModel
from models.usual import Sample
from tests.factories import make_contract as make_other_contract
from tests.models.worlds import SEED, get_extract, make_extract, make_matrix

CURVE_DAYS = (182, 365, 547, 730)


def make_head(value: float, slope: float = 0.0) -> AdditiveHead:
    """Return a share that changes by `slope` per year of age."""
    line = LinearHead(value, (0,), (-42 * slope,), (slope,), (0.0,), LevelTable((), ()))
    return AdditiveHead(line, None, 0.0)


def make_curve(slope: float = 0.0, shift: float = 0.0, error: float = 0.02) -> CurveHead:
    shares = {180: 0.7, 540: 0.1, 720: 0.08}
    return CurveHead(
        360,
        tuple(
            CurveStep(day, make_head(share, slope), error, shift, error)
            for day, share in shares.items()
        ),
    )


def make_estimates(p: np.ndarray, gain: float = 0.1) -> Estimates:
    def make(value: np.ndarray) -> Sums:
        low, high = np.clip(value - 0.1, 0, 1), np.clip(value + 0.1, 0, 1)
        nought = np.zeros(len(value))
        return Sums(value, low, high, 0.0, np.zeros((len(value), 5)), nought)

    support = np.clip(p + gain, 0, 1)
    return Estimates(make(p), make(support - p), make(support), GainStatus.ESTIMATED)


def make_effects(extract: Extract) -> Effects:
    """Return the trial as if a lot had decided."""
    trial = build_trial(extract, seed=SEED)
    rows = np.flatnonzero(~np.isnan(trial.returned))
    nought, chance = np.zeros(len(rows)), np.full(len(rows), trial.supported.mean())
    sample = Sample(
        trial.contract,
        trial.matrix[rows],
        trial.returned[rows],
        np.ones(len(rows)),
        trial.person[rows],
    )
    return Effects(rows, sample, trial.supported[rows], nought, nought, chance, by_lot=False)


@cache
def learn(world: World) -> FittedCurve:
    extract = get_extract(world)
    return fit_curve(extract, make_effects(extract), trial_seed=SEED)


@pytest.mark.parametrize("slope", [0.0, 0.005, -0.05])
@pytest.mark.parametrize("shift", [0.0, -0.2, 0.9])
def test_no_curve_and_no_bound_ever_falls_or_leaves_0_to_1(slope: float, shift: float) -> None:
    matrix = make_matrix(400)
    estimates = make_estimates(np.linspace(0, 1, 400))

    found = trace_curves(make_curve(slope, shift), estimates, matrix)

    for band in (found.usual, found.support):
        for values in (band.value, band.low, band.high):
            assert (np.diff(values, axis=1) >= 0).all()
            assert ((values >= 0) & (values <= 1)).all()
        assert ((band.low <= band.value) & (band.value <= band.high)).all()


def test_the_curve_passes_through_the_estimate_and_its_interval() -> None:
    matrix, estimates = make_matrix(50), make_estimates(np.linspace(0.05, 0.95, 50))

    found = trace_curves(make_curve(0.01, -0.1), estimates, matrix)

    place = found.days.index(360)
    for band, end in ((found.usual, estimates.usual), (found.support, estimates.support)):
        assert (band.value[:, place] == end.value).all()
        assert (band.low[:, place] == end.low).all()
        assert (band.high[:, place] == end.high).all()


def test_support_that_first_keeps_people_busy_shows_below_and_later_above() -> None:
    first, *later = make_curve().steps
    curve = CurveHead(360, (replace(first, shift=-0.3), *later))

    points = trace_curve(curve, make_estimates(np.array([0.4])).one(0), make_matrix(1)[0])

    assert [point.days for point in points] == [180, 360, 540, 720]
    assert points[0].support is not None
    assert points[0].support < points[0].usual
    assert all(p.support is not None and p.support > p.usual for p in points[1:])


def test_a_case_whose_gain_is_not_known_has_a_curve_without_support_only() -> None:
    estimate = replace(make_estimates(np.array([0.4])).one(0), gain=None, support=None)

    points = trace_curve(make_curve(), estimate, make_matrix(1)[0])

    assert [(p.support, p.support_low, p.support_high) for p in points] == [(None,) * 3] * 4
    assert [p.usual for p in points] == pytest.approx([0.28, 0.4, 0.46, 0.5032])


def test_one_case_and_many_cases_get_the_same_curve() -> None:
    matrix, estimates = make_matrix(20), make_estimates(np.linspace(0.1, 0.9, 20))
    curve = make_curve(0.004, 0.05)

    many = trace_curves(curve, estimates, matrix)

    for place in range(20):
        one = trace_curve(curve, estimates.one(place), matrix[place])
        assert [p.usual_high for p in one] == pytest.approx(many.usual.high[place].tolist())
        assert [p.support for p in one] == pytest.approx(many.support.value[place].tolist())


def test_the_shares_that_returned_by_each_day_are_those_of_the_law() -> None:
    extract, fitted = get_extract(), learn("default")
    law, after = find_law(extract, "default", SEED)
    matrix = build_matrix(extract.cases, extract.contract)
    truth = [find_usual(law, after, day) for day in CURVE_DAYS]

    assert fitted.head is not None
    found = trace_curves(fitted.head, make_estimates(truth[1]), matrix)

    assert found.days == CURVE_DAYS
    means = np.array([one.mean() for one in truth])
    assert found.usual.value.mean(axis=0) == pytest.approx(means, abs=0.02)


def test_the_lock_in_of_support_shows_in_the_first_half_of_the_horizon() -> None:
    extract, fitted = get_extract("rct"), learn("rct")
    law, after = find_law(extract, "rct", SEED)
    first = after == 0
    usual, support = (
        [find(law, after, day)[first] for day in (182, 365)]
        for find in (find_usual, find_supported)
    )
    share = [early.mean() / late.mean() for early, late in (usual, support)]

    note = fitted.notes[0]

    assert share[1] - share[0] < -0.08
    assert abs(note.measured - (share[1] - share[0])) < 3 * note.error
    assert note.measured < note.shift < 0


def test_support_that_does_nothing_shifts_nothing() -> None:
    fitted = learn("null")

    assert all(abs(note.measured) < 3 * note.error for note in fitted.notes)
    assert sum(note.shift == 0 for note in fitted.notes) >= 2


def test_too_few_supported_people_shift_nothing_and_leave_the_band_wide() -> None:
    extract = get_extract()
    effects = make_effects(extract)
    few = effects.take(np.cumsum(effects.supported) <= 50)

    fitted = fit_curve(extract, few, trial_seed=SEED)

    assert [note.shift for note in fitted.notes] == [0.0, 0.0, 0.0]
    assert all(note.error >= 0.5 / np.sqrt(50) for note in fitted.notes)
    assert all(0 < note.supported < FEWEST for note in fitted.notes)


def test_a_trial_of_other_rows_is_refused() -> None:
    extract = get_extract()

    with pytest.raises(ValueError, match="trial_seed"):
        fit_curve(extract, make_effects(extract), trial_seed=SEED + 1)


def test_days_that_too_few_were_followed_to_are_left_out() -> None:
    extract = get_extract()

    fitted = fit_curve(extract, as_of=date(2022, 10, 31))

    assert fitted.head is not None
    assert [note.left_out for note in fitted.notes] == [False, False, True]
    assert fitted.head.days == (182, 365, 547)


def test_without_settled_screenings_there_is_no_curve() -> None:
    fitted = fit_curve(get_extract(), as_of=date(2020, 9, 1))

    assert fitted.head is None
    assert [note["left_out"] for note in fitted.describe()] == [True, True, True]


def test_a_contract_with_another_horizon_gets_its_own_days() -> None:
    fitted = fit_curve(make_extract("default", 3000, make_other_contract()))

    assert fitted.head is not None
    assert fitted.head.days == (90, 180, 270, 360)


@pytest.mark.parametrize(("horizon", "days"), [(1, (2,)), (2, (1, 3, 4)), (91, (45, 136, 182))])
def test_a_short_horizon_is_never_a_day_of_its_own_curve_twice(
    horizon: int, days: tuple[int, ...]
) -> None:
    contract = replace(make_other_contract(), outcome=Outcome(horizon_days=horizon))

    assert list_days(contract) == days


def test_who_is_settled_for_a_day_is_settled_for_every_day_before_it() -> None:
    extract = get_extract()

    found = [
        find_outcomes(extract, replace(extract.contract.outcome, horizon_days=day)).returned
        for day in CURVE_DAYS
    ]

    for sooner, later in pairwise(found):
        assert not np.isnan(sooner[~np.isnan(later)]).any()
        assert (later[sooner == 1] == 1).all()


def test_a_bundle_keeps_the_curve(model: ScreeningModel, tmp_path: Path) -> None:
    matrix, sure = make_matrix(30), SpreadHead(None, 0.001)
    flat = AdditiveHead(flat_head(model.contract, 0.05), None, 0.0)
    gain = GainHead(GainStatus.ESTIMATED, flat, sure, None)
    horizon = model.contract.outcome.horizon_days
    curve = replace(make_curve(0.003, -0.1), horizon_days=horizon)
    with_curve = replace(model, gain=gain, curve=curve)

    write_bundle(tmp_path / "bundle", with_curve, {"trained_on": "2026-06-30"}, "# Card\n")

    found = read_bundle(tmp_path / "bundle").model
    assert found.curve == with_curve.curve
    assert found.curve is not None
    before = trace_curves(curve, with_curve.estimate_many(matrix), matrix)
    after = trace_curves(found.curve, found.estimate_many(matrix), matrix)
    assert (before.support.low == after.support.low).all()


def test_a_bundle_without_a_curve_is_read_back_without(bundle_folder: Path) -> None:
    assert read_bundle(bundle_folder).model.curve is None
