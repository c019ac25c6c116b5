"""Why a version says what it says, over all people of an extract: for a committee."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from features.errors import KantelpuntError
from features.tables import Extract
from models.bundle import Bundle
from models.estimate import GainStatus, Sums
from models.explain import Driver, find_drivers
from models.shares import FEWEST_SHOWN
from training.evaluate import Measured
from training.explain_gain import Fifth, First, find_first, split_fifths
from training.explain_groups import (
    Attribute,
    Cases,
    Group,
    count_wide,
    find_attributes,
    take_rows,
)
from training.policy import FEWEST_PERSONS
from training.policy_tree import Rule
from training.success import Success, find_success
from training.traits import Bools, Trait, count_persons, list_traits

STEPS = 3  # that `explain` tells of
LEAST_POINTS = 0.05  # less is shown as 0


@dataclass(frozen=True)
class Push:
    """A trait, and by how many points it moves an estimate of who has it, on average."""

    trait: Trait
    points: float


@dataclass(frozen=True)
class Weight:
    """An input with its mean points, and where it pushes most up and most down."""

    driver: Driver
    up: Push
    down: Push


@dataclass(frozen=True)
class GroupFigures:
    """What is estimated of a group. `gain` is None where it is not known of enough people.

    `differs` are the inputs that move its mean most away from that of all, in signed points.
    """

    group: Group
    usual: float
    gain: float | None
    strongest: tuple[Driver, ...]
    differs: tuple[tuple[str, float], ...]
    gain_strongest: tuple[Driver, ...]


@dataclass(frozen=True)
class Verdict:
    """What the release says of its gain; figures are None where the bundle does not hold them."""

    status: GainStatus
    mean: Measured | None
    hidden: float | None
    starts: int | None
    comparisons: int | None


@dataclass(frozen=True)
class Explanation:
    """All that the page tells. Without differences in gain `gain`, `first` and `fifths` are empty.

    `wide` counts columns of `groups` with too many values.
    """

    bundle: Bundle
    cases: Cases
    persons: int
    verdict: Verdict
    usual: tuple[Weight, ...]
    gain: tuple[Weight, ...]
    groups: tuple[tuple[Attribute, tuple[GroupFigures, ...]], ...]
    has_group_table: bool
    wide: int
    first: First | None
    fifths: tuple[Fifth, ...]
    rules: tuple[Rule, ...]
    success: Success

    @property
    def mean_usual(self) -> float:
        """The mean p_usual over all screenings."""
        return float(self.cases.estimates.usual.value.mean())


class TooFewPeopleError(KantelpuntError):
    """An extract of so few people that no mean over them may be shown."""


def check_people(extract: Extract) -> None:
    """Raise TooFewPeopleError for fewer than 20 persons."""
    persons = extract.cases["person_key"].nunique()
    if persons < FEWEST_PERSONS:
        raise TooFewPeopleError(
            f"the extract holds fewer than {FEWEST_PERSONS} persons: means over so few tell of "
            "single persons; bring an extract of more"
        )


def explain(
    bundle: Bundle,
    extract: Extract,
    seed: int,
    resamples: int,
    step: Callable[[str], None] = lambda _: None,
) -> Explanation:
    """Return what drives the estimates of a version, over all screenings of an extract.

    Raises TooFewPeopleError where means would tell of single persons.
    """
    check_people(extract)
    step(f"Estimating {len(extract.cases):,} screenings")
    cases = Cases.of(extract, bundle)
    traits = list_traits(cases.contract, cases.matrix, cases.person)
    differs = bundle.model.gain_status is GainStatus.ESTIMATED
    known = cases.is_known & differs
    step("Comparing groups")
    attributes = find_attributes(extract, cases)
    everybody = np.ones(len(cases), dtype=np.bool_)
    figures = tuple((one, _measure_groups(one, cases)) for one in attributes)
    step("Looking at who started support")
    success = find_success(extract, seed, resamples)
    return Explanation(
        bundle=bundle,
        cases=cases,
        persons=count_persons(cases.person, everybody),
        verdict=read_verdict(bundle),
        usual=weigh_inputs(cases, cases.estimates.usual, traits, everybody),
        gain=weigh_inputs(cases, cases.estimates.gain, traits, known),
        groups=figures,
        has_group_table=bool(len(extract.groups)),
        wide=count_wide(extract),
        first=find_first(cases, traits, known),
        fifths=split_fifths(cases, known),
        rules=read_rules(bundle),
        success=success,
    )


def read_verdict(bundle: Bundle) -> Verdict:
    """Return what the release says of its gain, as far as the bundle tells it."""
    told = bundle.info.get("gain", {})
    return Verdict(
        bundle.model.gain_status,
        Measured(*told["mean"]) if "mean" in told else None,
        told.get("hidden"),
        told.get("starts"),
        told.get("comparisons"),
    )


def read_rules(bundle: Bundle) -> tuple[Rule, ...]:
    """Return the policy tree as rules; none where the release does not hold it."""
    return tuple(
        Rule(
            tuple(one["conditions_nl"]),
            one["persons"],
            one["share"],
            Measured(*one["gain"]) if one["gain"] else None,
        )
        for one in bundle.info.get("policy_rules", [])
    )


def weigh_inputs(cases: Cases, sums: Sums, traits: list[Trait], rows: Bools) -> tuple[Weight, ...]:
    """Return every input that moves a sum, strongest first; none where too few people have one."""
    if count_persons(cases.person, rows) < FEWEST_SHOWN:
        return ()
    pushes: dict[str, list[Push]] = {}
    for trait in traits:
        having = trait.rows & rows
        if count_persons(cases.person, having) >= FEWEST_SHOWN:
            points = 100 * float(sums.contributions[having, trait.place].mean())
            pushes.setdefault(cases.contract.names[trait.place], []).append(Push(trait, points))
    found = []
    for driver in find_drivers(take_rows(sums, rows), cases.contract):
        moves = sorted(pushes.get(driver.field, []), key=lambda push: push.points)
        if moves and driver.mean_points >= LEAST_POINTS:
            found.append(Weight(driver, moves[-1], moves[0]))
    return tuple(found)


def _measure_groups(attribute: Attribute, cases: Cases) -> tuple[GroupFigures, ...]:
    return tuple(_measure_group(group, cases) for group in attribute.groups)


def _measure_group(group: Group, cases: Cases) -> GroupFigures:
    usual, gain = cases.estimates.usual, cases.estimates.gain
    inside = take_rows(usual, group.rows)
    more = 100 * (inside.contributions.mean(axis=0) - usual.contributions.mean(axis=0))
    order = np.argsort(-np.abs(more), kind="stable")[:3]
    has_gain = bool(group.known.any())
    moved = find_drivers(take_rows(gain, group.known), cases.contract) if has_gain else []
    return GroupFigures(
        group,
        float(inside.value.mean()),
        float(gain.value[group.known].mean()) if has_gain else None,
        _take_three(find_drivers(inside, cases.contract)),
        tuple(
            (cases.contract.fields[place].label_nl, float(more[place]))
            for place in order
            if abs(more[place]) >= LEAST_POINTS
        ),
        _take_three(moved),
    )


def _take_three(drivers: list[Driver]) -> tuple[Driver, ...]:
    return tuple(driver for driver in drivers[:3] if driver.mean_points >= LEAST_POINTS)
