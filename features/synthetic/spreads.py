"""Values of one field for all persons: spread as declared, leaning on traits and other fields."""

from zlib import crc32

import numpy as np

from features.contract import Field
from features.synthetic.effects import FLAG_CODES, Floats, Sheet, get_bounds
from features.synthetic.world import Spread, StrangerRules

TRAITS = ("Health", "Motivation", "Position", "Strain")


def roll(seed: int, stage: str) -> np.random.Generator:
    """Return the random numbers of one stage, so that no stage changes what another draws."""
    child = np.random.SeedSequence(seed, spawn_key=(crc32(stage.encode()),))
    return np.random.default_rng(child)


def is_fitting(spread: Spread, field: Field) -> bool:
    """Tell whether a spread fits a contract's field: it has the levels, or is within the bounds."""
    if field.kind == "flag":
        return spread.share is not None
    if field.levels:
        return set(field.levels) <= set(spread.shares)
    low, high = get_bounds(field)
    if spread.quantiles:
        below, values = zip(*spread.quantiles, strict=True)
        return low <= float(np.interp(0.5, below, values)) <= high
    return bool(_find_numbers(spread, field))


def build_stranger(field: Field, rules: StrangerRules) -> Spread:
    """Return an even spread over levels or bounds, for a field that the world does not know."""
    loads = {"Motivation": rules.load}
    if field.kind == "flag":
        return Spread(share=0.5, loads=loads, missing=rules.missing)
    if field.levels:
        even = dict.fromkeys(field.levels, 1 / len(field.levels))
        return Spread(shares=even, loads=loads, missing=rules.missing)
    low, high = get_bounds(field)
    return Spread(quantiles=((0.0, low), (1.0, high)), loads=loads, missing=rules.missing)


def draw_ranks(spread: Spread, sheet: Sheet, rng: np.random.Generator) -> Floats:
    """Return each person's place from 0 to 1, so that the margin is exactly the declared one."""
    own = np.sqrt(max(1 - sum(load * load for load in spread.loads.values()), 0.05))
    leaning = own * rng.standard_normal(sheet.size) + sheet.sum_of(spread.by)
    for trait, load in spread.loads.items():
        leaning += load * sheet.values[trait]
    return to_ranks(leaning)


def to_ranks(values: Floats) -> Floats:
    """Return the place of each value among all, from 0 to 1."""
    places = np.empty(len(values))
    places[np.argsort(values)] = (np.arange(len(values)) + 0.5) / len(values)
    return places


def to_values(spread: Spread, field: Field, ranks: Floats) -> Floats:
    """Return the value at each place: a number, or the place of a level in the contract."""
    if field.kind == "flag":
        return np.where(ranks > 1 - (spread.share or 0.0), FLAG_CODES["yes"], FLAG_CODES["no"])
    if spread.quantiles:
        below, values = zip(*spread.quantiles, strict=True)
        low, high = get_bounds(field)
        found = np.clip(np.interp(ranks, below, values), low, high)
        return _round_within(found, field, low, high)
    codes = field.codes or _find_numbers(spread, field)
    levels = [level for level in spread.shares if level in codes]
    shares = np.cumsum([spread.shares[level] for level in levels])
    places = np.searchsorted(shares[:-1] / shares[-1], ranks, side="right")
    return np.array([codes[level] for level in levels])[places]


def _find_numbers(spread: Spread, field: Field) -> dict[str, float]:
    low, high = get_bounds(field)
    numbers = {level: float(level) for level in spread.shares if level.isdigit()}
    return {level: number for level, number in numbers.items() if low <= number <= high}


def _round_within(values: Floats, field: Field, low: float, high: float) -> Floats:
    if field.integer:
        return np.clip(np.rint(values), np.ceil(low), np.floor(high))
    digits = max(0, 1 - int(np.floor(np.log10((high - low) / 10))))
    return np.clip(np.round(values, digits), low, high)
