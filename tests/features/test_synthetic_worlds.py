"""What differs between the synthetic worlds, and what every one of them keeps to."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.contract import Contract, default_contract, parse_contract, read_contract
from features.pseudonyms import is_person_number
from features.synthetic import WORLDS, CohortRefusedError, World, build_cohort, write_cohort
from features.synthetic import cohort as cohort_module
from features.synthetic.courses import build_law, draw_courses
from features.synthetic.effects import Sheet
from features.synthetic.population import Population, draw_population
from features.synthetic.support import Pathways, tell_story
from features.synthetic.world import read_rules
from features.tables import TABLES
from tests.cohorts import get_cohort, get_lives, measure_work
from tests.factories import make_contract, make_field, make_head

UNTIL = date(2026, 6, 30)
ALL: list[World] = ["default", "null", "rct", "ignorable", "sign_flip"]


def test_support_does_nothing_at_all_in_the_null_world(monkeypatch: pytest.MonkeyPatch) -> None:
    contract, rules = default_contract(), read_rules()
    supported = build_cohort(contract, 2000, seed=1, world="null")
    nobody = replace(rules, support=replace(rules.support, shows_up=0.0))
    monkeypatch.setattr(cohort_module, "read_rules", lambda: nobody)

    alone = build_cohort(contract, 2000, seed=1, world="null")

    assert supported.tables["pathways"]["started_on"].notna().sum() > 100
    assert alone.tables["pathways"]["started_on"].isna().all()
    pd.testing.assert_frame_equal(supported.tables["work_periods"], alone.tables["work_periods"])
    assert (supported.truth["gain"] == 0).all()


def test_support_helps_some_and_harms_others_where_its_sign_flips() -> None:
    flipped, default = get_cohort("sign_flip").truth, get_cohort("default").truth

    first = flipped.merge(default, on=["case_id", "screened_on"], suffixes=("", "_usual"))
    assert abs(first["gain"].mean()) < 0.01
    assert (first["gain"] > 0.02).mean() > 0.2
    assert (first["gain"] < -0.02).mean() > 0.4
    assert first["gain"].corr(first["gain_usual"]) > 0.9


def test_referral_in_the_null_world_is_as_confounded_as_in_the_default() -> None:
    null, default = get_cohort("null").tables, get_cohort("default").tables

    assert null["pathways"]["case_id"].nunique() == pytest.approx(
        default["pathways"]["case_id"].nunique(), rel=0.02
    )


def test_some_eight_percent_of_the_flow_starts_support_and_not_by_gain() -> None:
    persons = get_lives().query("is_first")
    supported = persons["supported"].notna()

    assert supported.mean() == pytest.approx(0.08, abs=0.01)
    assert persons["p_usual"][supported].mean() > persons["p_usual"].mean() + 0.02
    assert abs(persons["gain"].corr(supported.astype(float))) < 0.03
    assert supported[persons["region"] == "limburg"].mean() > 1.5 * (
        supported[persons["region"] == "brussel"].mean()
    )


def test_support_starts_four_to_twelve_weeks_after_the_screening() -> None:
    first = get_lives().query("is_first and supported == supported")
    early = first[first["supported"] < 100]

    assert early["supported"].between(28, 84).all()
    assert len(early) > 0.9 * len(first)


@pytest.mark.parametrize("world", ALL)
def test_support_starts_only_while_the_spell_still_runs(world: World) -> None:
    tables = get_cohort(world).tables
    started = tables["pathways"].dropna(subset=["started_on"]).rename(columns={"ended_on": "over"})
    work = measure_work(tables["work_periods"]).query("lasting >= 14")
    exits = tables["follow_up"].dropna(subset=["exited_on"])

    before = started.merge(work, on="case_id", suffixes=("", "_work"))
    left = started.merge(exits, on="case_id")

    assert started["case_id"].is_unique
    assert (before["started_on_work"] > before["started_on"]).all()
    assert (left["exited_on"] > left["started_on"]).all()


def test_a_lot_of_known_chance_decides_in_the_rct_world() -> None:
    lives = get_lives("rct")
    on_the_day = lives["supported"] == 0
    persons = lives[lives["is_first"]]

    assert on_the_day[lives["is_first"]].mean() == pytest.approx(0.5, abs=0.01)
    assert on_the_day[~lives["is_first"]].mean() == pytest.approx(0.5, abs=0.08)
    assert abs(persons["p_usual"].corr((persons["supported"] == 0).astype(float))) < 0.02
    pathways = get_cohort("rct").tables["pathways"]
    assert (pathways["started_on"] == pathways["referred_on"]).all()


def refer_with_other_traits(world: World, population: Population) -> tuple[Pathways, Pathways]:
    """Return first pathways of a world, and those where all that no matrix shows was shuffled."""
    law = build_law(population, helps=True)
    courses = draw_courses(law, population.rules.course, 90, 1)
    observed = np.full(population.size, 900.0)
    true = population.true
    shuffled = np.random.default_rng(2).permutation(population.size)
    mixed = {name: values[shuffled] for name, values in true.values.items()}
    other = replace(population, true=Sheet(true.size, mixed, true.codes, true.strangers))
    told = (tell_story(p, law, courses, observed, world) for p in (population, other))
    first, second = (story.pathways[0] for story in told)
    return first, second


def test_nothing_unseen_drives_referral_in_the_ignorable_world_only() -> None:
    population = draw_population(default_contract(), read_rules(), 5000, 1, UNTIL)

    ignorable = refer_with_other_traits("ignorable", population)
    default = refer_with_other_traits("default", population)

    np.testing.assert_array_equal(ignorable[0].rows, ignorable[1].rows)
    assert len(np.intersect1d(default[0].rows, default[1].rows)) < 0.7 * len(default[0].rows)


def test_the_same_seed_gives_the_same_tables_and_another_seed_others() -> None:
    contract = default_contract()
    one, same, other = (build_cohort(contract, 500, seed) for seed in (4, 4, 5))

    for table in TABLES:
        pd.testing.assert_frame_equal(one.tables[table], same.tables[table])
    pd.testing.assert_frame_equal(one.truth, same.truth)
    pd.testing.assert_frame_equal(one.entries, same.entries)
    assert not one.truth["p_usual"].equals(other.truth["p_usual"])


def test_every_world_has_the_same_persons() -> None:
    persons = [get_lives(world).query("is_first")["age_years"].tolist() for world in ALL]

    assert all(others == persons[0] for others in persons)
    assert set(WORLDS) == set(ALL)


@pytest.mark.parametrize("contract", [default_contract(), make_contract()], ids=["ours", "five"])
def test_every_value_keeps_to_the_contract(contract: Contract) -> None:
    cases = build_cohort(contract, 6000, seed=9).tables["cases"]

    for f in contract.columns:
        known = cases[f.name].dropna()
        assert f.missing or len(known) == len(cases), f.name
        assert not f.missing or 0.005 < cases[f.name].isna().mean() < 0.45, f.name
        if f.levels:
            assert set(known) == set(f.levels), f.name
        elif f.low is not None and f.high is not None:
            assert known.between(f.low, f.high).all(), f.name
            assert known.nunique() > 3, f.name
            assert not f.integer or (known % 1 == 0).all(), f.name


@pytest.mark.parametrize("world", ALL)
def test_dates_come_in_an_order_that_can_be(world: World) -> None:
    tables = get_cohort(world).tables
    lives, pathways, work = get_lives(world), tables["pathways"], tables["work_periods"]
    last = tables["follow_up"].set_index("case_id")["observed_until"]
    screened = lives[lives["is_first"]].set_index("case_id")["screened_on"]

    assert (last <= pd.Timestamp(UNTIL)).all()
    assert (lives["followed"] >= 0).all()
    assert (lives["left"].dropna() > 0).all()
    assert not (pathways["started_on"] < pathways["referred_on"]).any()
    assert (pathways["referred_on"] >= pathways["case_id"].map(screened)).all()
    assert not (pathways["ended_on"] <= pathways["started_on"]).any()
    assert (work["started_on"] > work["case_id"].map(screened)).all()
    assert not (work["ended_on"] <= work["started_on"]).any()
    for moment in (pathways["started_on"], pathways["ended_on"]):
        assert not (moment > pathways["case_id"].map(last)).any()
    for moment in (work["started_on"], work["ended_on"]):
        assert not (moment > work["case_id"].map(last)).any()


def test_pathways_last_eleven_to_fourteen_months_or_are_still_open() -> None:
    pathways = get_cohort().tables["pathways"].dropna(subset=["started_on"])
    recent = pathways["started_on"] > pd.Timestamp("2025-09-01")

    days = (pathways["ended_on"] - pathways["started_on"]).dt.days

    assert days[recent].isna().mean() > 0.95  # who leaves ends the pathway too
    assert days[~recent].notna().mean() > 0.8
    assert days.max() <= 426
    assert (days.dropna() >= 335).mean() > 0.9


def test_no_name_looks_like_a_person_number() -> None:
    cases = build_cohort(default_contract(), 200, seed=1).tables["cases"]

    for column in ("case_id", "person_key", "sickness_fund"):
        assert not cases[column].map(is_person_number).any()
        assert cases[column].str.match("^[a-zA-Z]").all()


def test_groups_hang_together_with_inputs_so_that_audits_find_something() -> None:
    tables = get_cohort().tables
    groups = tables["groups"].merge(get_lives().query("is_first"), on="case_id")

    women = groups.groupby("sector")["sex"].apply(lambda sex: (sex == "female").mean())
    low = groups.groupby("origin")["education"].apply(lambda level: (level == "low").mean())

    assert list(tables["groups"]) == ["case_id", "sex", "origin", "dutch_level"]
    assert women["health_care"] > women["construction"] + 0.3
    assert low["outside_eu"] > low["belgian"] + 0.1


def test_a_small_cohort_is_a_cohort_too() -> None:
    cohort = build_cohort(default_contract(), 1, seed=2, until=date(2012, 3, 1))

    assert len(cohort.tables["groups"]) == 1
    assert cohort.tables["cases"]["screened_on"].max() <= pd.Timestamp("2012-03-01")


def test_a_field_with_other_levels_than_the_world_knows_is_spread_evenly() -> None:
    status = make_field("labour_status", kind="category", low=None, high=None, missing=False)
    age = make_field("age_years", low=70, high=80, missing=False)
    contract = parse_contract(make_head() + status + 'levels = ["a", "b"]\n' + age)

    cases = build_cohort(contract, 4000, seed=1).tables["cases"]

    assert (cases["labour_status"] == "a").mean() == pytest.approx(0.5, abs=0.03)
    assert cases["age_years"].mean() == pytest.approx(75, abs=0.3)


def test_horizon_and_lasting_come_from_the_contract() -> None:
    week_13 = "[outcome]\nhorizon_days = 63\nsustained_days = 1\n"
    contract = parse_contract(make_head() + week_13 + make_field("x"))

    cohort = build_cohort(contract, 4000, seed=1)

    work = measure_work(cohort.tables["work_periods"])
    assert 0.1 < cohort.truth["p_usual"].mean() < 0.3
    assert 0 < cohort.truth["gain"].mean() < 0.05
    assert work["case_id"].is_unique  # no attempt is too short to count


def test_the_contract_travels_with_an_extract_that_does_not_follow_ours(tmp_path: Path) -> None:
    contract = make_contract()

    write_cohort(build_cohort(contract, 50, seed=1), tmp_path, contract, "csv")

    found = {path.name for path in tmp_path.iterdir()}
    assert found == {f"{t}.csv" for t in TABLES} | {
        "truth.parquet",
        "entries.parquet",
        "contract.toml",
    }
    assert read_contract(tmp_path / "contract.toml").fingerprint == contract.fingerprint


@pytest.mark.parametrize(
    ("persons", "seed", "world"), [(0, 1, "default"), (10, -1, "default"), (10, 1, "other")]
)
def test_a_cohort_that_cannot_be_made_is_refused(persons: int, seed: int, world: str) -> None:
    with pytest.raises(CohortRefusedError, match="expected"):
        build_cohort(default_contract(), persons, seed, world)  # type: ignore[arg-type]
