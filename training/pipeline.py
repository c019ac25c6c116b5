"""Training from top to bottom: windows, fit, correction, test, and the model of the release."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from features.cohort import build_screenings
from features.leaks import Suspect
from features.row_order import sort_rows
from features.tables import Extract
from models.answers import collect_answers
from models.curve_fit import FittedCurve, fit_curve
from models.screening import ScreeningModel
from models.spread import fit_spread
from models.usual import Sample, Shape, choose_shape
from training.committee import Judged, judge_policies
from training.config import Config
from training.decision_curve import DecisionPoint, measure_decisions
from training.evaluate import Measured, measure
from training.fairness import Fairness, audit_release, take_tested
from training.gain import LearntGain, learn_gain
from training.gaps import tell_gaps
from training.gate_evidence import Evidence, gather_evidence, keep_known
from training.groups import list_groups
from training.people import count_earlier_people
from training.reference import describe_release
from training.refutation import Refutation
from training.refute import refute
from training.rivals import (
    OURS,
    Contest,
    choose_shipped,
    compare_errors,
    fit_release,
    fit_shipped,
    hold_contest,
)
from training.samples import look_for_leaks, take_samples
from training.splits import Windows, build_windows, select_days
from training.tune import Budget, Tuned, tune
from training.tune_windows import part_in_time

Floats = NDArray[np.float64]
Report = Callable[[str], None]
STEPS = 11


@dataclass(frozen=True)
class Trained:
    """The model to release, and what was measured of its recipe on the test window.

    `figures` holds per model (ours and the plain ones) each figure with its interval; `groups` the
    same figures of ours for cases with and without answers, `by_window` those of ours on what it
    learnt from (too good by what it fitted of chance), was corrected on and was tested on.
    `more_error` is by how much the Brier
    score of each plain model exceeds ours; `shipped` names the one in the release. `estimated` are
    ours on the test rows. `config` holds the settings that were used, tuned where that helped.
    """

    model: ScreeningModel
    windows: Windows
    shape: Shape
    shipped: str
    test: Sample
    estimated: Floats
    figures: dict[str, dict[str, Measured]]
    groups: dict[str, dict[str, Measured]]
    by_window: dict[str, dict[str, Measured]]
    more_error: dict[str, Measured]
    decisions: list[DecisionPoint]
    tree_text: str
    suspects: list[Suspect]
    gaps: list[str]
    counts: dict[str, int]
    gain: LearntGain
    refutation: Refutation | None
    tuned: Tuned | None
    config: Config
    judged: Judged | None
    curve: FittedCurve
    fairness: Fairness
    evidence: Evidence


def train(
    extract: Extract,
    config: Config,
    seed: int,
    report: Report,
    *,
    by_lot: bool = False,
    budget: Budget | None = None,
) -> Trained:
    """Learn, correct and test in time order, then learn anew from everything known.

    The figures are those of the model that knew nothing of the test window; the model that is
    returned is made by the same recipe, one step later in time. `by_lot`: support was given by lot
    on the screening day, as in a pilot. With a `budget` the settings of p_usual are tuned first.
    The order of the rows in the tables changes nothing, nor do limits on threads from outside.
    """
    # sums that two threads make differ in the last digit from those of one
    with threadpool_limits(limits=1, user_api="blas"):
        return _train(sort_rows(extract), config, seed, report, by_lot, budget)


def _train(
    extract: Extract,
    config: Config,
    seed: int,
    report: Report,
    by_lot: bool,
    budget: Budget | None,
) -> Trained:
    report("Windows in time order")
    windows = build_windows(extract, config.windows)
    samples = take_samples(extract, windows, config.windows)
    learn, test, known = samples["learn"], samples["test"], samples["all"]
    tuned = _tune(extract, windows, learn, config, seed, budget, report)
    if tuned is None:
        report(f"Choosing leaves and rounds on {len(learn):,} screenings")
        shape = choose_shape(learn, config.usual, seed)
    else:
        shape = tuned.shape
    settings = tuned.config if tuned else config.usual  # the rounds of the gain go with the others
    report("Fitting the model that is tested, and the plain ones beside it")
    contest = hold_contest(learn, samples.get("calibrate"), shape, settings, seed)
    report(f"Testing on {len(test):,} later screenings")
    estimated = {name: predict(test.matrix) for name, predict in contest.corrected.items()}
    resamples = config.evaluate.resamples
    more_error = compare_errors(estimated, test, resamples, seed)
    shipped = choose_shipped(more_error)
    report(f"Fitting the model of the release on {len(known):,} screenings")
    usual = fit_release(shipped, samples, shape, contest.raw[shipped], settings, seed)
    report("Counting what became of earlier people, and learning the intervals")
    people = count_earlier_people(
        extract,
        windows,
        # the scale of the release, by what others alone teach
        lambda part: replace(
            fit_shipped(shipped, part, shape, settings, seed), calibration=usual.calibration
        ),
        settings.folds,
        seed,
    )
    spread = fit_spread(known, usual, shape, settings, config.spread, seed)
    report("Learning the gain of support")
    as_of = windows.known_until
    gain = learn_gain(extract, config, seed, as_of=as_of, by_lot=by_lot)
    report("Trying to refute the gain")
    refutation = refute(extract, gain, config, seed, as_of=as_of, by_lot=by_lot)
    report("Learning the return curve, and what rankings would bring")
    effects = gain.known.effects if gain.known else None
    curve = fit_curve(extract, effects, trial_seed=seed, as_of=as_of, seed=seed)
    model = ScreeningModel(
        contract=extract.contract,
        usual=usual,
        spread=spread,
        gain=gain.head,
        curve=curve.head,
        answers=collect_answers(extract.contract, known.matrix),
        people=people,
    )
    report("Noting what these people look like, to hold later ones to")
    model = replace(model, reference=describe_release(extract, model, windows))
    report("Comparing groups")
    tested = take_tested(extract, windows)
    p_tested = contest.corrected[shipped](tested.matrix)
    figures = {name: measure(p, test, config.evaluate, seed) for name, p in estimated.items()}
    labels = keep_known(tested, list_groups(extract, tested, config.fairness))
    return Trained(
        model=model,
        windows=windows,
        shape=shape,
        shipped=shipped,
        test=test,
        estimated=estimated[OURS],
        figures=figures,
        groups=_measure_groups(estimated[OURS], test, config, seed),
        by_window=_measure_earlier(contest, samples, config, seed) | {"test": figures[OURS]},
        more_error=more_error,
        decisions=measure_decisions(estimated[OURS], test, config.decision, resamples, seed),
        tree_text=contest.tree_text,
        suspects=look_for_leaks(build_screenings(extract), windows),
        gaps=tell_gaps(known),
        counts={name: len(sample) for name, sample in samples.items()},
        gain=gain,
        refutation=refutation,
        tuned=tuned,
        config=replace(config, usual=settings),
        judged=judge_policies(gain, contest.corrected[OURS], config, seed),
        curve=curve,
        fairness=audit_release(extract, tested, model, p_tested, config.fairness, seed),
        evidence=gather_evidence(estimated, shipped, test, labels, config, seed),
    )


def _tune(
    extract: Extract,
    windows: Windows,
    learn: Sample,
    config: Config,
    seed: int,
    budget: Budget | None,
    report: Report,
) -> Tuned | None:
    """Return what a search within the learn window found, of what was known at its end."""
    if budget is None:
        return None
    until = windows.learn_until
    known = select_days(build_screenings(extract, as_of=until), None, until)
    stages = part_in_time(known, until, config.tune, config.windows)
    return tune(stages, learn, config.usual, config.tune, seed, budget, report)


def _measure_earlier(
    contest: Contest, samples: Mapping[str, Sample], config: Config, seed: int
) -> dict[str, dict[str, Measured]]:
    """Return the figures of ours on the windows before the test, where both outcomes are there."""
    # on what was learnt from, an interval would tell nothing, and takes long
    ways = {"learn": replace(config.evaluate, resamples=0), "calibrate": config.evaluate}
    return {
        name: measure(contest.corrected[OURS](samples[name].matrix), samples[name], how, seed)
        for name, how in ways.items()
        if name in samples and len(np.unique(samples[name].target)) == 2
    }


def _measure_groups(
    estimated: Floats, test: Sample, config: Config, seed: int
) -> dict[str, dict[str, Measured]]:
    """Return the figures of cases with and without answers, where both can be told and measured."""
    answers = list(test.contract.answers)
    if not answers:
        return {}
    answered = np.asarray(~np.isnan(test.matrix[:, answers]).all(axis=1))
    found = {}
    for name, rows in (("with_answers", answered), ("without_answers", ~answered)):
        part = test.take(rows)
        if len(part) >= config.windows.fewest_tested and len(np.unique(part.target)) == 2:
            found[name] = measure(estimated[rows], part, config.evaluate, seed)
    return found
