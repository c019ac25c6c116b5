"""Who gains most from support: the highest tenth beside the others, and gain by p_usual."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from models.shares import FEWEST_SHOWN
from training.explain_groups import Cases
from training.traits import Bools, Trait, count_persons

SHOWN_TRAITS = 8
FIRST = 0.1
FIFTHS = 5


@dataclass(frozen=True)
class Contrast:
    """A trait by its share among some people, and among the others.

    Fewer than five with it count as nobody, fewer than five without it as everybody.
    """

    trait: Trait
    share: float
    share_of_others: float


@dataclass(frozen=True)
class First:
    """The tenth with the highest gain beside the others."""

    persons: int
    gain: float
    gain_of_others: float
    usual: float
    usual_of_others: float
    contrasts: tuple[Contrast, ...]


@dataclass(frozen=True)
class Fifth:
    """A fifth of the people by p_usual: the mean of that, and of the gain."""

    usual: float
    gain: float


def find_first(cases: Cases, traits: list[Trait], known: Bools) -> First | None:
    """Return how the tenth with the highest gain differs; None where that is under five people."""
    places = np.flatnonzero(known)
    gain, usual = cases.estimates.gain.value, cases.estimates.usual.value
    order = places[np.argsort(-gain[places], kind="stable")]
    inside, others = np.zeros_like(known), known.copy()
    inside[order[: int(np.ceil(FIRST * len(order)))]] = True
    others &= ~inside
    persons = count_persons(cases.person, inside)
    if min(persons, count_persons(cases.person, others)) < FEWEST_SHOWN:
        return None
    found = [_contrast(trait, cases, inside, others) for trait in _join_gaps(traits, cases)]
    return First(
        persons,
        float(gain[inside].mean()),
        float(gain[others].mean()),
        float(usual[inside].mean()),
        float(usual[others].mean()),
        tuple(_take_widest(found)),
    )


def _join_gaps(traits: list[Trait], cases: Cases) -> list[Trait]:
    """Return the traits with one for a blank questionnaire in place of one per answer."""
    answers = list(cases.contract.answers)
    found = [one for one in traits if not (one.is_gap and one.place in answers)]
    if not answers:
        return found
    blank = np.asarray(np.isnan(cases.matrix[:, answers]).all(axis=1))
    return [*found, Trait(len(cases.contract.fields), "Vragenlijst", "niet ingevuld", blank, True)]


def _contrast(trait: Trait, cases: Cases, inside: Bools, others: Bools) -> Contrast:
    shares = [share_persons(trait.rows, rows, cases) for rows in (inside, others)]
    return Contrast(trait, *shares)


def share_persons(has: Bools, among: Bools, cases: Cases) -> float:
    """Return a share of the screenings; 0 or 1 where fewer than five persons are on one side."""
    if count_persons(cases.person, has & among) < FEWEST_SHOWN:
        return 0.0
    if count_persons(cases.person, ~has & among) < FEWEST_SHOWN:
        return 1.0
    return float(has[among].mean())


def _take_widest(contrasts: list[Contrast]) -> Iterator[Contrast]:
    """Yield the widest contrast of each input, widest first."""
    seen: set[int] = set()
    for one in sorted(contrasts, key=lambda one: -abs(one.share - one.share_of_others)):
        if one.trait.place not in seen and len(seen) < SHOWN_TRAITS:
            seen.add(one.trait.place)
            yield one


def split_fifths(cases: Cases, known: Bools) -> tuple[Fifth, ...]:
    """Return the gain by fifths of p_usual; nothing where one holds under five people."""
    places = np.flatnonzero(known)
    usual, gain = cases.estimates.usual.value, cases.estimates.gain.value
    parts = np.array_split(places[np.argsort(usual[places], kind="stable")], FIFTHS)
    if min(len(np.unique(cases.person[part])) for part in parts) < FEWEST_SHOWN:
        return ()
    return tuple(Fifth(float(usual[part].mean()), float(gain[part].mean())) for part in parts)
