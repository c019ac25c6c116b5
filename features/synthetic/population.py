"""The persons of the synthetic world: what is true of them when screened, and what is recorded."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit

from features.contract import Contract, Field
from features.synthetic.effects import Floats, Sheet, build_codes
from features.synthetic.entries import Days, draw_entries
from features.synthetic.spreads import (
    TRAITS,
    build_stranger,
    draw_ranks,
    is_fitting,
    roll,
    to_values,
)
from features.synthetic.world import Rules, Shares, Spread


@dataclass(frozen=True)
class Population:
    """All persons at their first screening.

    `started` counts days since 1970, `screened` days of absence.
    """

    contract: Contract
    rules: Rules
    seed: int
    spreads: Mapping[str, Spread]
    true: Sheet
    recorded: Sheet
    groups: Sheet
    started: Days
    screened: Days

    @property
    def size(self) -> int:
        """Count the persons."""
        return len(self.started)

    @property
    def screened_on(self) -> Days:
        """Days of the first screening since 1970."""
        return self.started + self.screened

    def take(self, rows: NDArray[np.intp]) -> "Population":
        """Return the population of some persons."""
        return replace(
            self,
            true=self.true.take(rows),
            recorded=self.recorded.take(rows),
            groups=self.groups.take(rows),
            started=self.started[rows],
            screened=self.screened[rows],
        )


def draw_population(
    contract: Contract, rules: Rules, persons: int, seed: int, until: date
) -> Population:
    """Return persons whose first screening falls in the years before `until`."""
    started, screened = draw_entries(rules, persons, until, roll(seed, "entries"))
    spreads, strangers = _choose_spreads(contract, rules)
    true = _draw_background(rules, seed, started, contract, strangers)
    for f in contract.fields:
        if f.derived == "absent_days":
            true.values[f.name] = screened.astype(float)
    for name, spread in spreads.items():
        ranks = draw_ranks(spread, true, roll(seed, f"field {name}"))
        true.values[name] = to_values(spread, contract.get_field(name), ranks)
    return Population(
        contract=contract,
        rules=rules,
        seed=seed,
        spreads=spreads,
        true=true,
        recorded=_record(contract, rules, spreads, true, seed),
        groups=_draw_groups(rules, true, seed),
        started=started,
        screened=screened,
    )


def _choose_spreads(
    contract: Contract, rules: Rules
) -> tuple[dict[str, Spread], tuple[Field, ...]]:
    """Return spreads in the order of the world, and after them those of fields it does not know."""
    columns = {f.name: f for f in contract.columns}
    spreads = {
        name: spread
        for name, spread in rules.fields.items()
        if name in columns and is_fitting(spread, columns[name])
    }
    strangers = tuple(f for f in contract.columns if f.name not in spreads)
    return spreads | {f.name: build_stranger(f, rules.strangers) for f in strangers}, strangers


def draw_keys(shares: Shares, size: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return the place of a key for each person, drawn with its share."""
    return np.searchsorted(np.cumsum(list(shares.values()))[:-1], rng.random(size), side="right")


def solve_start(score: Floats, mean: float) -> float:
    """Return what to add to log-odds so that the mean of their chances is `mean`."""
    return float(brentq(lambda start: float(expit(score + start).mean()) - mean, -50, 50))


def _draw_background(
    rules: Rules, seed: int, started: Days, contract: Contract, strangers: tuple[Field, ...]
) -> Sheet:
    rng = roll(seed, "traits")
    values = {trait: rng.standard_normal(len(started)) for trait in TRAITS}
    values["Year"] = (started - started.min()) / 365.25
    region = draw_keys(rules.entries.regions, len(started), roll(seed, "region"))
    places = {key: float(place) for place, key in enumerate(rules.entries.regions)}
    return Sheet(
        size=len(started),
        values=values | {"region": region.astype(float)},
        codes={**build_codes(contract), "region": places},
        strangers=strangers,
    )


def _record(
    contract: Contract, rules: Rules, spreads: Mapping[str, Spread], true: Sheet, seed: int
) -> Sheet:
    """Return what is known: nothing of who did not answer, and a few values left out elsewhere."""
    score = true.sum_of(rules.response.effects)
    chances = expit(score + solve_start(score, rules.response.mean))
    silent = roll(seed, "response").random(true.size) >= chances
    values = {}
    for f in contract.fields:
        known = true.values[f.name].copy()
        if f.missing and f.derived is None:
            is_answer = f.kind == "answer"
            share = rules.response.item_missing if is_answer else spreads[f.name].missing
            known[roll(seed, f"missing {f.name}").random(true.size) < share] = np.nan
            known[silent & is_answer] = np.nan
        values[f.name] = known
    return Sheet(true.size, values, true.codes, true.strangers)


def _draw_groups(rules: Rules, true: Sheet, seed: int) -> Sheet:
    """Return groups for audits of fairness; they lean on inputs and traits, and cause nothing."""
    sheet = Sheet(true.size, dict(true.values), dict(true.codes), true.strangers)
    for name, spread in rules.groups.items():
        group = Field(
            name, "category", name, "synthetic", levels={key: key for key in spread.shares}
        )
        rng = roll(seed, f"group {name}")
        sheet.codes[name] = group.codes
        sheet.values[name] = to_values(spread, group, draw_ranks(spread, sheet, rng))
        sheet.values[name][rng.random(true.size) < spread.missing] = np.nan
    kept = {name: sheet.values[name] for name in rules.groups}
    return Sheet(true.size, kept, {name: sheet.codes[name] for name in kept})
