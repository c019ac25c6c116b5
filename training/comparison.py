"""A version beside the champion: error, ranking by gain and reasons, on the same later screenings.

Kept as `champion.json` beside the bundle: what it says rests on a model that is not in the bundle,
the one that knew nothing of the test window.
"""

from dataclasses import astuple, dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.contract import Contract
from features.errors import KantelpuntError
from features.matrix import Matrix
from features.tables import Extract
from models.bundle import CHAMPION, Bundle, read_bundle
from models.effects import Effects
from models.estimate import GainStatus
from models.reasons import reasons_of_many
from models.screening import ScreeningModel
from models.usual import Sample
from training.config import Config, RegistryConfig
from training.evaluate import Measured, bound, draw_persons
from training.fairness import take_tested
from training.pipeline import Trained
from training.policy import MODEL, PolicyRows, measure_policies, percent
from training.since_champion import compare_since
from training.splits import Windows
from training.tracking import fetch_bundle

Floats = NDArray[np.float64]
STRONGEST = 3  # reasons: as many as the list of cases shows
MOST_EXPLAINED = 5_000  # rows on which reasons are compared: give or take 1.4 points
THEIRS = "champion"
OTHER_CONTRACT = "the contract lacks what the champion reads, or predicts another outcome"


@dataclass(frozen=True)
class Comparison:
    """What was found; `noted` says why nothing was, and then all else is empty.

    `tested` is by how much the Brier score of the model that knew nothing of the window exceeds the
    champion's, `released` that of the version itself, which learnt from the window. `since` is by
    how much the deviance of the recipe exceeds the champion's on what was seen after both had
    learnt from the same (`training.since_champion`). `ranking` is
    what ranking by our gain brings less ranking by the champion's, per person, at a capacity.
    `reasons_changed` is the share of cases whose three strongest reasons are others.
    """

    version: str = ""
    digest: str = ""
    champion_trained_on: str = ""
    window: tuple[str, str] = ("", "")
    screenings: int = 0
    champion_may_know: bool = False
    we_know: bool = False
    tested: Measured | None = None
    released: Measured | None = None
    since: Measured | None = None
    ranking: Measured | None = None
    reasons_changed: Measured | None = None
    noted: str = ""

    def plain(self) -> dict[str, Any]:
        """Return plain values, for a file."""
        figures = {
            name: value.plain() if isinstance(value, Measured) else value
            for name, value in self.__dict__.items()
        }
        return {**figures, "window": list(self.window)}

    @classmethod
    def of_plain(cls, found: dict[str, Any]) -> "Comparison":
        """Return what `plain` was made of; anything else may raise whatever comes of it."""
        figures = {
            name: Measured(*found[name])
            for name in ("tested", "released", "since", "ranking", "reasons_changed")
            if found.get(name)
        }
        if not all(np.isfinite(astuple(one)[:3]).all() for one in figures.values()):
            raise ValueError("a figure is no number")
        return cls(**{**found, **figures, "window": tuple(found["window"])})


def compare_at_training(
    trained: Trained, extract: Extract, registry: RegistryConfig, uri: str, seed: int
) -> Comparison:
    """Return a fresh training beside the champion of that moment, or why it can't be compared.

    Never raises where MLflow or the champion is the trouble: training goes on without.
    """
    try:
        champion = open_champion(registry, uri)
    except KantelpuntError as error:
        return Comparison(noted=f"not compared at training: {error}")
    if not is_comparable(champion.contract, trained.model.contract):
        return replace(_name(champion), noted=OTHER_CONTRACT)
    windows, test = trained.windows, trained.test
    rows = extract.matrix
    theirs = translate(rows, extract.contract, champion.contract)
    return replace(
        compare(champion, trained.model, test, windows, trained.config, seed),
        we_know=False,
        tested=_compare_errors(trained.evidence.p_usual, champion, test, trained.config, seed),
        since=compare_since(trained, extract, champion, theirs, seed),
        ranking=_compare_rankings(trained, champion, seed),
    )


def compare_at_release(
    bundle: Bundle, champion: Bundle, extract: Extract, config: Config, seed: int
) -> Comparison:
    """Return a version beside a champion on the window that the version was tested on.

    The version learnt from that window after its test: its error is flattered.
    """
    if not is_comparable(champion.contract, bundle.contract):
        return replace(_name(champion), noted=OTHER_CONTRACT)
    kept = {key: day and date.fromisoformat(day) for key, day in bundle.info["windows"].items()}
    windows = Windows(**kept)
    test = Sample.of(take_tested(extract, windows))
    if len(test) < config.windows.fewest_tested:
        told = f"the extract has {len(test)} settled screenings of the window of this version"
        return replace(_name(champion), noted=told)
    return compare(champion, bundle.model, test, windows, config, seed)


def open_champion(registry: RegistryConfig, uri: str) -> Bundle:
    """Return the bundle of the champion; raises KantelpuntError where there is none to open."""
    folder, version = fetch_bundle(CHAMPION, registry, uri)
    return read_bundle(folder, version)


def is_comparable(champion: Contract, ours: Contract) -> bool:
    """Tell whether ours holds all that the champion reads, and both predict the same outcome."""
    if champion.outcome != ours.outcome or not set(champion.names) <= set(ours.names):
        return False
    pairs = [(field, ours.get_field(field.name)) for field in champion.fields]
    return all(a.kind == b.kind and a.unit_nl == b.unit_nl for a, b in pairs)


def translate(matrix: Matrix, ours: Contract, champion: Contract) -> Matrix:
    """Return rows of our contract as the champion reads them; a level new to it is not known."""
    columns = []
    for field in champion.fields:
        values = matrix[:, ours.names.index(field.name)]
        if field.levels:
            levels = ours.get_field(field.name).codes
            codes = [field.codes.get(level, np.nan) for level in levels]
            known = ~np.isnan(values)
            values = values.copy()
            values[known] = np.array(codes)[values[known].astype(int)]
        columns.append(values)
    return np.column_stack(columns)


def compare(
    champion: Bundle,
    model: ScreeningModel,
    test: Sample,
    windows: Windows,
    config: Config,
    seed: int,
) -> Comparison:
    """Return a released model beside the champion on the test rows, both as they are served."""
    ours = model.usual.predict(test.matrix, config.usual.threads)
    return replace(
        _name(champion),
        window=(windows.test_from.isoformat(), windows.test_until.isoformat()),
        screenings=len(test) // 10 * 10,
        champion_may_know=champion.trained_on > windows.test_from,
        we_know=True,
        released=_compare_errors(ours, champion, test, config, seed),
        reasons_changed=compare_reasons(champion.model, model, test, config, seed),
    )


def _name(champion: Bundle) -> Comparison:
    trained_on = champion.trained_on.isoformat()
    return Comparison(champion.version, champion.digest, trained_on)


def _compare_errors(
    ours: Floats, champion: Bundle, test: Sample, config: Config, seed: int
) -> Measured:
    rows = translate(test.matrix, test.contract, champion.contract)
    theirs = champion.model.usual.predict(rows, config.usual.threads)
    less = _square(ours, test) - _square(theirs, test)
    return _average(less, test, config.evaluate.resamples, seed)


def _square(p: Floats, test: Sample) -> Floats:
    errors: Floats = (np.clip(p, 0, 1) - test.target) ** 2
    return errors


def _average(values: Floats, test: Sample, resamples: int, seed: int) -> Measured:
    """Return a weighted mean with its interval; persons are drawn again."""
    draws = (test.weight * times for times in draw_persons(test.person, resamples, seed))
    again = [float(np.average(values, weights=weight)) for weight in draws if weight.any()]
    return bound(float(np.average(values, weights=test.weight)), again)


def compare_reasons(
    one: ScreeningModel, other: ScreeningModel, test: Sample, config: Config, seed: int
) -> Measured:
    """Return the share of cases whose strongest reasons are not the same ones, in any order."""
    rows = np.random.default_rng(seed).permutation(len(test))[:MOST_EXPLAINED]
    some = test.take(rows)
    pairs = zip(_list_strongest(one, some), _list_strongest(other, some), strict=True)
    changed = np.array([a != b for a, b in pairs], dtype=float)
    return _average(changed, some, config.evaluate.resamples, seed)


def _list_strongest(model: ScreeningModel, test: Sample) -> list[frozenset[str]]:
    rows = translate(test.matrix, test.contract, model.contract)
    points = model.usual.contributions(rows, 1)[1]
    found = reasons_of_many(points, rows, model.contract, most=STRONGEST)
    return [frozenset(reason.field for reason in reasons) for reasons in found]


def _compare_rankings(trained: Trained, champion: Bundle, seed: int) -> Measured | None:
    """Return the worth of our ranking less the champion's, among people who began later.

    None where either has not a gain for each person: there is no ranking to compare.
    """
    known, config = trained.gain.known, trained.config
    differs = GainStatus.ESTIMATED
    if known is None or {known.head.status, champion.model.gain_status} != {differs}:
        return None
    tested = ~np.isnan(known.skill.gain)
    later: Effects = known.effects.take(tested)
    known_rows = translate(later.sample.matrix, later.sample.contract, champion.contract)
    theirs = champion.estimate_many(known_rows).gain.value
    rows = PolicyRows.of(later, known.fitted.held_out[tested])
    keys = {MODEL: known.skill.gain[tested], THEIRS: theirs}
    capacity = config.gates.capacity
    found = measure_policies(rows, keys, (capacity,), config.evaluate.resamples, seed)
    return found.figures[f"{MODEL}_less_{THEIRS}_{percent(capacity)}"]
