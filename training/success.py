"""What goes with a sustained return among people who started support: no effect, an association."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from features.contract import Contract, Field
from features.tables import Extract
from features.trial import build_trial
from models.effects import weigh_trial
from models.linear import fit_linear
from models.usual import Sample
from training.evaluate import Measured, bound, draw_persons
from training.policy import FEWEST_PERSONS
from training.traits import Trait, count_persons, list_traits

Floats = NDArray[np.float64]
FEWEST_SUPPORTED = 200  # with a known outcome: on fewer, some forty fields tell little but chance
HALF_A_TENTH = 0.0005  # of a point: what is nearer to 0 is shown as 0
WAIT = Field("weeks_to_start", "number", "Wachttijd van inschatting tot start", "pathways", "weken")


@dataclass(frozen=True)
class Factor:
    """Who has a trait beside who has not, all other fields alike: more or less return."""

    label_nl: str
    value_nl: str
    more: Measured

    @property
    def is_clear(self) -> bool:
        """Whether the interval is on one side of 0, as it is shown."""
        return self.more.low > HALF_A_TENTH or self.more.high < -HALF_A_TENTH


@dataclass(frozen=True)
class Success:
    """The strongest trait of every field, strongest first; none where too few were supported."""

    supported: int
    returned: float | None
    factors: tuple[Factor, ...]

    @property
    def clear(self) -> list[Factor]:
        """The factors whose interval is on one side of 0."""
        return [factor for factor in self.factors if factor.is_clear]


def find_success(extract: Extract, seed: int, resamples: int) -> Success:
    """Return what goes with a return within the horizon from the start of support."""
    sample = _take_supported(extract, seed)
    persons = len(np.unique(sample.person))
    if persons < FEWEST_SUPPORTED or len(np.unique(sample.target)) < 2:
        return Success(persons, None, ())
    traits = list_traits(sample.contract, sample.matrix, sample.person, FEWEST_PERSONS)
    traits = [t for t in traits if count_persons(sample.person, ~t.rows) >= FEWEST_PERSONS]
    more = _compare(sample, traits)
    again = np.array(
        [
            _compare(replace(sample, weight=sample.weight * times), traits)
            for times in draw_persons(sample.person, resamples, seed)
        ]
    )
    factors = [
        Factor(trait.label_nl, trait.value_nl, bound(float(value), draws.tolist()))
        for trait, value, draws in zip(traits, more, again.T, strict=True)
    ]
    returned = float(np.average(sample.target, weights=sample.weight))
    return Success(persons, returned, tuple(_take_strongest(factors)))


def _take_supported(extract: Extract, seed: int) -> Sample:
    """Return the starts of support with a known outcome, and how long each had waited."""
    trial = build_trial(extract, seed=seed)
    weight = weigh_trial(trial)
    rows = (weight > 0) & (trial.supported == 1)
    contract: Contract = replace(extract.contract, fields=(*extract.contract.fields, WAIT))
    matrix = np.column_stack([trial.matrix, trial.day / 7])
    return Sample(contract, matrix[rows], trial.returned[rows], weight[rows], trial.person[rows])


def _compare(sample: Sample, traits: list[Trait]) -> Floats:
    """Return what a ridge adds for who has a trait, less what it adds for who has not."""
    drawn = sample.weight > 0
    used = sample.take(drawn)
    head = fit_linear(used.contract, used.matrix, used.target, used.weight)
    parts = head.contributions(used.matrix)
    return np.array([_part(parts[:, t.place], t.rows[drawn], used.weight) for t in traits])


def _part(added: Floats, has: NDArray[np.bool_], weight: Floats) -> float:
    if has.all() or not has.any():
        return 0.0
    return float(
        np.average(added[has], weights=weight[has]) - np.average(added[~has], weights=weight[~has])
    )


def _take_strongest(factors: list[Factor]) -> list[Factor]:
    found: dict[str, Factor] = {}
    for factor in sorted(factors, key=lambda f: (-abs(f.more.value), f.label_nl, f.value_nl)):
        found.setdefault(factor.label_nl, factor)
    return list(found.values())
