"""The synthetic cohort as an extract, with the truth that no real extract has."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.contract import Contract, default_contract
from features.errors import KantelpuntError
from features.synthetic.courses import YEAR, Law, build_law, draw_courses, find_gain, find_p_usual
from features.synthetic.effects import Floats
from features.synthetic.entries import build_entries, count_days
from features.synthetic.population import Population, draw_population
from features.synthetic.spreads import roll
from features.synthetic.support import Choose, Rows, Story, tell_story
from features.synthetic.tables import (
    build_cases,
    build_tables,
    list_screenings,
    name_cases,
    to_dates,
)
from features.synthetic.world import WORLDS, CohortRefusedError, World, fit_rules, read_rules
from features.tables import TABLES, write_tables
from features.whole_file import written_whole

MOST_PERSONS = 9_999_999
DEFAULT_UNTIL = date(2026, 6, 30)
# told of screenings as they are recorded, who is referred: one answer per row
Refer = Callable[[pd.DataFrame], NDArray[np.bool_]]


class FolderTakenError(KantelpuntError):
    """A folder with tables that nobody may write over."""


@dataclass(frozen=True)
class Cohort:
    """The five tables, the truth per screening, and totals of all spells per month and region."""

    tables: dict[str, pd.DataFrame]
    truth: pd.DataFrame
    entries: pd.DataFrame


def build_cohort(
    contract: Contract,
    persons: int,
    seed: int,
    world: World = "default",
    until: date = DEFAULT_UNTIL,
    refer: Refer | None = None,
) -> Cohort:
    """Return persons screened at their kantelpunt, and what happened to them until a day.

    The same seed gives the same persons in every world; only support and what it does differ. With
    `refer` it is not the world that tells who is referred, where people are still off work.
    """
    _check(persons, seed, world)
    rules = fit_rules(read_rules(), world)
    population = draw_population(contract, rules, max(persons, rules.cohort.smallest), seed, until)
    law = build_law(population, helps=world != "null")
    rows = np.arange(persons)
    population, law = population.take(rows), law.take(rows)
    courses = draw_courses(law, rules.course, contract.outcome.sustained_days, seed)
    observed = _draw_follow_up(population, until)
    choose = None if refer is None else _read_choice(refer, population, law)
    story = tell_story(population, law, courses, observed, world, choose)
    return Cohort(
        tables=build_tables(population, law, story, observed),
        truth=_build_truth(population, law, story),
        entries=build_entries(
            rules,
            until,
            population.started,
            population.true.values["region"].astype(np.intp),
            population.screened + story.courses.first_change,
            roll(seed, "spells"),
        ),
    )


def _read_choice(refer: Refer, population: Population, law: Law) -> Choose:
    def choose(rows: Rows, after: Floats) -> NDArray[np.bool_]:
        order = np.lexsort((rows, population.screened_on[rows] + after))
        chosen = np.empty(len(rows), dtype=np.bool_)
        chosen[order] = refer(build_cases(population, law, rows[order], after[order]))
        return chosen

    return choose


def _check(persons: int, seed: int, world: str) -> None:
    if not 1 <= persons <= MOST_PERSONS:
        raise CohortRefusedError(f"persons: expected 1 to {MOST_PERSONS}")
    if seed < 0:
        raise CohortRefusedError("seed: expected 0 or more")
    if world not in WORLDS:
        raise CohortRefusedError(f"world: expected one of {', '.join(WORLDS)}")


def _draw_follow_up(population: Population, until: date) -> Floats:
    """Return how many days each is followed: to `until`, but for a few that are lost before."""
    per_day = population.rules.cohort.lost_per_year / YEAR
    lost = roll(population.seed, "follow-up").exponential(1 / per_day, population.size)
    return np.minimum(count_days(until) - population.screened_on, np.floor(lost))


def _build_truth(population: Population, law: Law, story: Story) -> pd.DataFrame:
    rows, after = list_screenings(population, story)
    screened = law.take(rows)
    p_usual, gain = find_p_usual(screened, after), find_gain(screened, after)
    return pd.DataFrame(
        {
            "case_id": name_cases(rows),
            "screened_on": to_dates(population.screened_on[rows] + after),
            "p_usual": p_usual,
            "p_support": p_usual + gain,
            "gain": gain,
        }
    )


def write_cohort(
    cohort: Cohort, folder: Path, contract: Contract, fmt: Literal["parquet", "csv"] = "parquet"
) -> None:
    """Write an extract, with truth and entries beside it and the contract where it is not ours.

    Raises FolderTakenError for a folder with the tables of somebody.
    """
    _check_folder(folder)
    write_tables(cohort.tables, folder, fmt)
    for name, table in (("truth", cohort.truth), ("entries", cohort.entries)):
        with written_whole(folder / f"{name}.parquet") as beside:
            table.to_parquet(beside, index=False)
    if contract.fingerprint != default_contract().fingerprint:
        (folder / "contract.toml").write_text(contract.text, encoding="utf-8")


def _check_folder(folder: Path) -> None:
    """Refuse a folder whose tables are not made up: only of those is a truth known."""
    held = sorted(folder.glob("*")) if folder.is_dir() else []
    real = [path.name for path in held if path.stem.lower() in (*TABLES, "entries")]
    if real and not (folder / "truth.parquet").is_file():
        raise FolderTakenError(
            f"{folder} holds {', '.join(real)} and no truth.parquet, so it may be a real extract: "
            "give a new folder"
        )
