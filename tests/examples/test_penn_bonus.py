"""The Pennsylvania bonus experiment: its mapping to an extract, on claimants that are made up."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from examples.penn_bonus.extract import (
    ARM,
    COLUMNS,
    CONTROL,
    OtherDataError,
    build_tables,
    date_claims,
    get_contract,
    read_claimants,
    select_arms,
    write_extract,
)
from examples.penn_bonus.measure import (
    Effect,
    adjust,
    compare_arms,
    find_back,
    learn_gain,
    read_trial,
)
from examples.penn_bonus.power import plant
from examples.penn_bonus.run import WHERE, is_as_it_should_be, main
from features.cohort import build_screenings
from features.tables import Extract, read_extract
from features.trial import Trial
from models.gain import FittedGain, Form, flat_head
from models.heads import AdditiveHead
from models.net import Net

FIRST_SUNDAY = 10_404  # 26 June 1988, counted from 1960
TRAINING = ("cases", "work_periods", "follow_up")


def make_claimants(count: int = 40, seed: int = 1) -> pd.DataFrame:
    """Return claimants like those of the experiment, with a bonus that does nothing."""
    rng = np.random.default_rng(seed)
    claimants = pd.DataFrame(0, index=range(count), columns=[*COLUMNS, "inuidur2"])
    claimants["tg"] = np.where(rng.random(count) < 0.5, ARM, CONTROL)
    claimants["inuidur1"] = rng.integers(1, 28, count)
    claimants["abdt"] = FIRST_SUNDAY + 7 * rng.integers(0, 68, count)
    for column in ("recall", "agelt35", "durable", "lusd", "female", "black"):
        claimants[column] = rng.integers(0, 2, count)
    claimants["dep"] = rng.integers(0, 3, count)
    claimants["q2"] = rng.integers(0, 2, count)
    claimants["q1"] = 1 - claimants["q2"]
    return claimants


def make_one(**columns: int) -> pd.DataFrame:
    """Return a single claimant of whom only what matters is given."""
    return make_claimants(1).assign(
        **dict.fromkeys([*COLUMNS], 0) | {"abdt": FIRST_SUNDAY, "inuidur1": 5, "q1": 1} | columns
    )


def make_trial(folder: Path, claimants: pd.DataFrame) -> Trial:
    write_extract(folder, claimants)
    return read_trial(folder)


def make_extract(folder: Path, claimants: pd.DataFrame) -> Extract:
    write_extract(folder, claimants)
    return read_extract(folder, required=TRAINING)


def test_benefit_that_is_over_by_week_13_is_a_return(tmp_path: Path) -> None:
    weeks = [1, 13, 14, 26, 27]
    claimants = pd.concat([make_one(inuidur1=w) for w in weeks], ignore_index=True)

    found = build_screenings(make_extract(tmp_path, claimants)).returned

    assert found.tolist() == [1, 1, 0, 0, 0]


def test_benefit_that_ran_out_is_no_work() -> None:
    claimants = pd.concat([make_one(inuidur1=26), make_one(inuidur1=27)], ignore_index=True)

    tables = build_tables(claimants, get_contract())

    assert tables["work_periods"]["case_id"].tolist() == ["PB-00001"]


def test_every_claimant_becomes_a_good_case_and_a_row_of_the_trial(tmp_path: Path) -> None:
    claimants = make_claimants()

    extract, trial = make_extract(tmp_path, claimants), read_trial(tmp_path)

    assert len(extract.rejected) == 0
    assert len(extract.cases) == len(trial) == len(claimants)
    assert trial.supported.sum() == (claimants["tg"] == ARM).sum()
    assert (trial.day == 0).all()
    assert trial.returned.mean() == find_back(claimants).mean()


def test_days_are_the_true_ones_of_a_year_with_the_same_calendar() -> None:
    first, last = make_one(), make_one(abdt=10_880)

    found = [date_claims(one).iloc[0].date() for one in (first, last)]

    assert found == [date(2016, 6, 26), date(2017, 10, 15)]
    assert [day.isoweekday() for day in found] == [7, 7]


INPUTS = [
    ({"q1": 0, "q3": 1}, "enrolled_quarter", "3"),
    ({"husd": 1}, "site", "husd"),
    ({}, "site", "none"),
    ({"agelt35": 1}, "age_group", "under_35"),
    ({"agegt54": 1}, "age_group", "over_54"),
    ({}, "age_group", "35_to_54"),
    ({"nondurable": 1}, "sector", "nondurable"),
    ({}, "sector", "other"),
    ({"recall": 1}, "expects_recall", 1.0),
    ({"dep": 2}, "dependants", 2.0),
]


@pytest.mark.parametrize(("columns", "field", "value"), INPUTS)
def test_columns_of_the_file_become_fields_of_the_contract(
    columns: dict[str, int], field: str, value: object
) -> None:
    tables = build_tables(make_one(**columns), get_contract(quarters=True))

    assert tables["cases"][field].tolist() == [value]


def test_sex_and_origin_are_groups_and_never_inputs() -> None:
    tables = build_tables(make_one(female=1, hispanic=1), get_contract())

    assert tables["groups"].drop(columns="case_id").to_dict("records") == [
        {"sex": "female", "origin": "hispanic"}
    ]
    assert not {"sex", "origin", "inuidur1", "tg"} & set(get_contract(quarters=True).names)


def test_a_release_never_sees_the_quarter(tmp_path: Path) -> None:
    extract = make_extract(tmp_path, make_claimants())

    assert "enrolled_quarter" not in extract.contract.names
    assert "enrolled_quarter" not in extract.cases


@pytest.mark.parametrize(("separator", "end"), [(",", "\n"), (" ", "\n"), ("  ", "  \r\n")])
def test_another_table_is_refused_whatever_parts_its_columns(
    tmp_path: Path, separator: str, end: str
) -> None:
    path = tmp_path / "penn_jae.dat"
    rows = make_claimants(10).to_csv(index=False).splitlines()
    path.write_bytes("".join(row.replace(",", separator) + end for row in rows).encode())

    with pytest.raises(OtherDataError, match=r"expected 13913 claimants.* found 10"):
        read_claimants(path)


def test_a_file_without_the_columns_of_the_experiment_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "penn_jae.dat"
    make_claimants(10).drop(columns="tg").to_csv(path, index=False)

    with pytest.raises(OtherDataError, match="tg missing"):
        read_claimants(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OtherDataError, match="cannot be read"):
        read_claimants(tmp_path / "nothing.dat")


def test_only_arm_4_and_the_control_group_are_kept() -> None:
    arms = np.repeat([CONTROL, ARM, 2], [3354, 1745, 13_913 - 3354 - 1745])
    found = pd.DataFrame({"tg": arms})

    kept = select_arms(found)

    assert kept["tg"].value_counts().to_dict() == {CONTROL: 3354, ARM: 1745}


def test_the_plain_figures_are_those_of_the_textbook() -> None:
    claimants = make_claimants(400)
    back, offered = find_back(claimants), claimants["tg"] == ARM

    plain = compare_arms(claimants, back)

    spread = [back[arm].var() / arm.sum() for arm in (offered, ~offered)]
    assert plain.mean == pytest.approx(back[offered].mean() - back[~offered].mean())
    assert plain.error == pytest.approx(sum(spread) ** 0.5)


def test_least_squares_takes_out_what_an_input_does() -> None:
    claimants = make_claimants(400)
    outcome = 0.1 * (claimants["tg"] == ARM) + 0.5 * claimants["recall"] - 0.2 * claimants["dep"]

    outcome += 0.3 * claimants["q2"]

    found = adjust(claimants, outcome.to_numpy(dtype=float), quarters=True)

    assert found.mean == pytest.approx(0.1)
    assert found.error < 1e-6


def test_a_bonus_that_does_nothing_gets_the_same_gain_for_all_about_0(tmp_path: Path) -> None:
    found = []
    for seed in range(1, 7):
        trial = make_trial(tmp_path / str(seed), make_claimants(900, seed))
        found.append(learn_gain(trial, seed=1))

    # one in twenty may seem to differ: the ranking of later people then has to show it
    assert sum(fitted.form != "constant" for fitted in found) <= 2
    assert all(abs(fitted.mean) < 3 * fitted.error for fitted in found)


def test_a_bonus_that_helps_some_and_harms_others_does_not_get_the_same_gain_for_all(
    tmp_path: Path,
) -> None:
    claimants = make_claimants(900)
    offered, recall = claimants["tg"] == ARM, claimants["recall"] == 1
    claimants.loc[offered & recall, "inuidur1"] = 5
    claimants.loc[offered & ~recall, "inuidur1"] = 20
    trial = make_trial(tmp_path, claimants)

    fitted = learn_gain(trial, seed=1)

    assert fitted.form != "constant"


def test_a_planted_gain_is_added_for_the_young_and_taken_from_the_others(tmp_path: Path) -> None:
    trial = make_trial(tmp_path, make_claimants(900))
    is_young = trial.matrix[:, trial.contract.names.index("age_group")] == 0

    planted = plant(trial, 0.2, np.random.default_rng(1))

    arm = planted.supported == 1
    added = planted.returned - trial.returned
    assert planted.supported.sum() == trial.supported.sum()
    assert added[arm & is_young].mean() == pytest.approx(0.2, abs=0.005)
    assert added[arm & ~is_young].mean() == pytest.approx(-0.2, abs=0.005)
    assert (added[~arm] == 0).all()


def make_fitted(form: Form, mean: float) -> FittedGain:
    head = AdditiveHead(flat_head(get_contract(), mean), None, 0.0)
    net = Net(1.0, 1.0, uses_gaps=True)
    return FittedGain(head, form, net, mean, 0.01, 0.0, {}, {}, np.empty(0))


@pytest.mark.parametrize(
    ("form", "mean", "good"),
    [("constant", 0.04, True), ("linear", 0.04, False), ("constant", 0.01, False)],
)
def test_the_run_asks_for_the_plain_gain_and_the_same_for_all(
    form: Form, mean: float, good: bool
) -> None:
    plain = [Effect(0.044, 0.01), Effect(0.041, 0.01)]

    verdict = is_as_it_should_be(make_fitted(form, mean), plain)

    assert verdict == good


def test_the_run_says_where_the_data_are_when_it_gets_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status = main([])

    assert status == 0
    assert WHERE in capsys.readouterr().out
