"""Training from top to bottom: windows, fit, correction, test, and the model of the release."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.cohort import Screenings, build_screenings
from features.errors import KantelpuntError
from features.leaks import Suspect, find_suspects
from features.matrix import Matrix
from features.tables import Extract
from models.baseline import fit_logistic, fit_tree
from models.calibration import fit_calibration, measure_slope
from models.heads import AdditiveHead, Calibration
from models.screening import ScreeningModel
from models.spread import fit_spread
from models.usual import Sample, Shape, choose_shape, fit_usual
from training.config import Config, WindowConfig
from training.evaluate import Measured, measure
from training.splits import Windows, build_windows, select_days

Floats = NDArray[np.float64]
Report = Callable[[str], None]
FEWEST_PERSONS = 20  # persons are held out together: with a few, nobody is left to learn from
STEPS = 7


class TooFewCasesError(KantelpuntError):
    """A window with too few settled screenings to learn from or to test on."""


class ConstantOutcomeError(KantelpuntError):
    """A window in which everybody returned, or nobody did: there is nothing to learn."""


@dataclass(frozen=True)
class Trained:
    """The model to release, and what was measured of its recipe on the test window.

    `figures` holds per model (ours and the baselines) each figure with its interval; `groups` the
    same figures of ours for cases with and without answers. `estimated` are ours on the test rows.
    """

    model: ScreeningModel
    windows: Windows
    shape: Shape
    test: Sample
    estimated: Floats
    figures: dict[str, dict[str, Measured]]
    groups: dict[str, dict[str, Measured]]
    tree_text: str
    suspects: list[Suspect]
    counts: dict[str, int]


def train(extract: Extract, config: Config, seed: int, report: Report) -> Trained:
    """Learn, correct and test in time order, then learn anew from everything known.

    The figures are those of the model that knew nothing of the test window; the model that is
    returned is made by the same recipe, one step later in time.
    """
    report("Windows in time order")
    windows = build_windows(extract, config.windows)
    samples = _take_samples(extract, windows, config.windows)
    learn, test = samples["learn"], samples["test"]
    report(f"Choosing leaves and rounds on {len(learn):,} screenings")
    shape = choose_shape(learn, config.usual, seed)
    report("Fitting the model that is tested")
    raw = fit_usual(learn, shape, config.usual, seed)
    head = replace(raw, calibration=_find_correction(raw.predict, samples.get("calibrate")))
    report("Fitting the baselines")
    logistic, tree = fit_logistic(learn), fit_tree(learn)
    report(f"Testing on {len(test):,} later screenings")
    estimated = head.predict(test.matrix, config.usual.threads)
    figures = {"kantelpunt": measure(estimated, test, config.evaluate, seed)}
    for rival in (logistic, tree):
        p = _find_correction(rival.predict, samples.get("calibrate")).apply(
            rival.predict(test.matrix)
        )
        figures[rival.name] = measure(p, test, config.evaluate, seed)
    groups = _measure_groups(estimated, test, config, seed)
    known = samples["all"]
    report(f"Fitting the model of the release on {len(known):,} screenings")
    slope = find_slope(raw.predict, samples.get("calibrate"), test)
    final = _fit_release(known, test, shape, slope, config, seed)
    report("Learning the intervals")
    spread = fit_spread(known, final, shape, config.usual, config.spread, seed)
    return Trained(
        model=ScreeningModel(extract.contract, final, spread),
        windows=windows,
        shape=shape,
        test=test,
        estimated=estimated,
        figures=figures,
        groups=groups,
        tree_text=tree.text,
        suspects=look_for_leaks(build_screenings(extract), windows),
        counts={name: len(sample) for name, sample in samples.items()},
    )


def _take_samples(extract: Extract, windows: Windows, config: WindowConfig) -> dict[str, Sample]:
    def known_on(day: date) -> Screenings:
        return build_screenings(extract, as_of=day)

    everything = known_on(windows.known_until)
    rows = {
        "learn": select_days(known_on(windows.learn_until), None, windows.learn_until),
        "test": select_days(everything, windows.test_from, windows.test_until),
        "all": everything,
    }
    if windows.calibrate_from and windows.calibrate_until:
        seen = known_on(windows.test_from)
        rows["calibrate"] = select_days(seen, windows.calibrate_from, windows.calibrate_until)
    samples = {name: Sample.of(part) for name, part in rows.items()}
    _check_sample("learning", samples["learn"], config.fewest_settled)
    _check_sample("test", samples["test"], config.fewest_tested)
    return samples


def _check_sample(name: str, sample: Sample, fewest: int) -> None:
    if len(sample) < fewest:
        raise TooFewCasesError(
            f"the {name} window holds {len(sample)} screenings with a known outcome, {fewest} are "
            "needed: bring more cases, or check that follow_up reaches far enough"
        )
    if len(np.unique(sample.person)) < FEWEST_PERSONS:
        raise TooFewCasesError(
            f"the {len(sample)} screenings of the {name} window are of fewer than {FEWEST_PERSONS} "
            "different persons: bring more persons, or check person_key in cases"
        )
    if len(np.unique(sample.target)) < 2:
        raise ConstantOutcomeError(
            f"the outcome is the same for all {len(sample)} screenings of the {name} window: check "
            "work_periods and follow_up, and the [outcome] of the contract"
        )


def look_for_leaks(screenings: Screenings, windows: Windows) -> list[Suspect]:
    """Return suspects among settled screenings.

    Of newer ones only who returned is known, and who did so soon: there, any input that changes
    with the calendar would seem to tell the outcome.
    """
    settled = select_days(screenings, None, windows.test_until)
    back = np.where(settled.returned == 1, settled.known_days, np.nan)
    return find_suspects(settled.matrix, settled.returned, settled.contract, back)


def _fit_release(
    known: Sample, newest: Sample, shape: Shape, slope: float, config: Config, seed: int
) -> AdditiveHead:
    """Return the model learnt from everything, with the slope that later windows asked for.

    Its level is compared with the newest settled window, which is a part of what it learnt from:
    with few inputs that tell time it fits a drift there only in part, and what it did fit needs no
    correction. The level found for the tested model was partly the noise of that model's own,
    smaller sample, and is not carried over.
    """
    head = fit_usual(known, shape, config.usual, seed)
    p = head.predict(newest.matrix, config.usual.threads)
    return replace(head, calibration=fit_calibration(p, newest.target, newest.weight, slope))


def _find_correction(predict: Callable[[Matrix], Floats], sample: Sample | None) -> Calibration:
    """Return the correction that a later window asks for; ours and the rivals get the same."""
    if sample is None or len(sample) == 0:
        return Calibration()
    return fit_calibration(predict(sample.matrix), sample.target, sample.weight)


def find_slope(
    predict: Callable[[Matrix], Floats], calibrate: Sample | None, test: Sample
) -> float:
    """Return the slope for the release, from both windows that the tested model did not learn from.

    One window alone is little to tell a slope by. Nothing is corrected without a first window.
    """
    if calibrate is None:
        return 1.0
    later = (calibrate, test)
    return measure_slope(
        np.concatenate([predict(one.matrix) for one in later]),
        np.concatenate([one.target for one in later]),
        np.concatenate([one.weight for one in later]),
    )


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


def build_info(trained: Trained, extract: Extract, config: Config, seed: int) -> dict[str, Any]:
    """Return what the bundle tells of its making; the same data and seed give the same."""

    def plain(figures: dict[str, dict[str, Measured]]) -> dict[str, dict[str, list[float]]]:
        return {
            name: {key: measured.plain() for key, measured in one.items()}
            for name, one in figures.items()
        }

    windows = {
        key: None if day is None else day.isoformat()
        for key, day in asdict(trained.windows).items()
    }
    return {
        "trained_on": trained.windows.known_until.isoformat(),
        "seed": seed,
        "contract": {
            "name": extract.contract.name,
            "version": extract.contract.version,
            "fingerprint": extract.contract.fingerprint,
        },
        "data": fingerprint_tables(extract),
        "screenings": trained.counts,
        "windows": windows,
        "shape": asdict(trained.shape),
        "calibration": asdict(trained.model.usual.calibration),
        "figures": plain(trained.figures),
        "groups": plain(trained.groups),
        "suspects": [asdict(suspect) for suspect in trained.suspects],
        "gain": "unknown",
        "config": {"usual": asdict(config.usual), "spread": asdict(config.spread)},
    }


def fingerprint_tables(extract: Extract) -> dict[str, dict[str, Any]]:
    """Return rows and a hash of each table; the order of the rows does not matter."""
    import pandas as pd

    found = {}
    for name in ("cases", "pathways", "work_periods", "follow_up", "groups"):
        table = getattr(extract, name)
        hashes = pd.util.hash_pandas_object(table, index=False).to_numpy(dtype=np.uint64)
        total = int(hashes.sum(dtype=np.uint64))
        found[name] = {"rows": len(table), "hash": f"{total:016x}"}
    return found
