import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features.cohort import build_screenings
from models.answers import AnswerTable, collect_answers
from models.bundle import read_bundle, write_bundle
from models.estimate import GainStatus
from models.heads import AdditiveHead, GainHead, LinearHead, OverlapHead, SpreadHead
from models.levels import LevelTable
from models.linear import fit_linear
from models.screening import ScreeningModel
from models.sharpen import find_sharpeners
from models.usual import Sample
from tests.factories import make_stump
from tests.models.worlds import get_extract, make_contract, make_matrix

SURE = SpreadHead(None, 0.001)
ABILITY, EXPECTATION = 3, 4
ROW = np.array([42.0, 0.0, 0.0, np.nan, np.nan])
# of work ability 2, 5 and 8 points; of the expectation all three steps
ANSWERS = AnswerTable(
    (ABILITY, EXPECTATION), ((2.0, 5.0, 8.0), (0.0, 1.0, 2.0)), ((0.3, 0.4, 0.3), (0.2, 0.5, 0.3))
)


def make_head(base: float, ability: float, expectation: float) -> AdditiveHead:
    """Return a head that changes by so much per step of the two answers."""
    nought, columns = (0.0, 0.0), (ABILITY, EXPECTATION)
    line = LinearHead(base, columns, nought, (ability, expectation), nought, LevelTable((), ()))
    return AdditiveHead(line, None, 0.0)


def make_model(gain: AdditiveHead | None = None, most: float = 1.0) -> ScreeningModel:
    """Return a model in which work ability counts for most; support above `most` is unheard of."""
    overlap = OverlapHead(make_stump(make_contract(), "age_years", 20), 0.0, most)
    head = None if gain is None else GainHead(GainStatus.ESTIMATED, gain, SURE, overlap)
    return ScreeningModel(make_contract(), make_head(0.2, 0.02, 0.01), SURE, head, None, ANSWERS)


def test_the_question_that_moves_the_estimate_most_comes_first_with_its_points() -> None:
    found = find_sharpeners(make_model(), ROW)

    assert [one.field for one in found] == ["work_ability", "expectation"]
    assert found[0].label_nl == "Werkvermogen"
    assert found[0].points == pytest.approx(2.0 * np.sqrt(0.6 * 9))
    assert found[1].points == pytest.approx(
        1.0 * np.sqrt(0.2 * 1.1**2 + 0.5 * 0.1**2 + 0.3 * 0.9**2)
    )


def test_what_is_answered_is_not_asked_again() -> None:
    row = ROW.copy()
    row[ABILITY] = 6

    found = find_sharpeners(make_model(), row)

    assert [one.field for one in found] == ["expectation"]


def test_nothing_is_asked_of_who_answered_everything() -> None:
    row = ROW.copy()
    row[[ABILITY, EXPECTATION]] = (6, 1)

    assert find_sharpeners(make_model(), row) == []


def test_no_more_questions_are_named_than_asked_for() -> None:
    assert len(find_sharpeners(make_model(), ROW, most=1)) == 1


def test_an_answer_that_changes_the_gain_counts_too() -> None:
    found = find_sharpeners(make_model(make_head(0.1, 0.0, 0.1)), ROW)

    assert [one.field for one in found] == ["expectation", "work_ability"]


def test_where_the_gain_is_not_known_the_usual_chance_decides() -> None:
    found = find_sharpeners(make_model(make_head(0.1, 0.0, 0.1), most=0.4), ROW)

    assert found == find_sharpeners(make_model(), ROW)


def test_a_question_that_changes_nothing_is_not_named() -> None:
    model = replace(make_model(), usual=make_head(0.4, 0.0, 0.01))

    assert [one.field for one in find_sharpeners(model, ROW)] == ["expectation"]


def test_a_release_without_answers_names_no_question() -> None:
    assert find_sharpeners(replace(make_model(), answers=None), ROW) == []


def test_the_spread_is_that_of_the_estimates_themselves() -> None:
    model = make_model(make_head(0.5, 0.03, 0.2))  # so high that the sum is cut off at 1
    variants = np.repeat(ROW[None, :], 3, axis=0)
    variants[:, EXPECTATION] = (0, 1, 2)
    p = model.estimate_many(variants).support.value
    share = np.array(ANSWERS.shares[1])

    found = {one.field: one.points for one in find_sharpeners(model, ROW)}

    assert p.max() == 1.0
    assert found["expectation"] == pytest.approx(100 * np.sqrt(share @ (p - share @ p) ** 2))


def test_answers_are_kept_as_shares_of_steps_and_quantiles_of_a_scale() -> None:
    matrix = np.full((10, 5), np.nan)
    matrix[:9, ABILITY] = np.arange(1, 10)
    matrix[:4, EXPECTATION] = (0, 0, 0, 2)

    found = collect_answers(make_contract(), matrix)

    assert found.columns == (ABILITY, EXPECTATION)
    assert found.values[0] == pytest.approx((1.8, 5.0, 8.2))
    assert found.shares[0] == (0.3, 0.4, 0.3)
    assert (found.values[1], found.shares[1]) == ((0.0, 2.0), (0.75, 0.25))


def test_a_question_that_nobody_answered_is_left_out() -> None:
    matrix = make_matrix(50)
    matrix[:, ABILITY] = np.nan

    assert collect_answers(make_contract(), matrix).columns == (EXPECTATION,)


def test_a_bundle_keeps_the_answers(model: ScreeningModel, tmp_path: Path) -> None:
    asking = replace(model, answers=ANSWERS)

    write_bundle(tmp_path / "bundle", asking, {"trained_on": "2026-06-30"}, "# Card\n")

    found = read_bundle(tmp_path / "bundle").model
    assert find_sharpeners(found, ROW) == find_sharpeners(asking, ROW)
    assert found.answers == ANSWERS


def test_answers_to_the_named_questions_tell_more_than_answers_to_any_three() -> None:
    sample = Sample.of(build_screenings(get_extract()))
    contract, asked = sample.contract, list(sample.contract.answers)
    lines = fit_linear(contract, sample.matrix, sample.target, sample.weight)
    model = ScreeningModel(
        contract,
        AdditiveHead(lines, None, 0.0),
        SURE,
        answers=collect_answers(contract, sample.matrix),
    )
    whole = sample.matrix[~np.isnan(sample.matrix[:, asked]).any(axis=1)][:300]
    blank = whole.copy()
    blank[:, asked] = np.nan
    named, drawn, rng = blank.copy(), blank.copy(), np.random.default_rng(0)

    for place, row in enumerate(blank):
        chosen = [contract.names.index(one.field) for one in find_sharpeners(model, row)]
        anyhow = rng.choice(asked, 3, replace=False)
        named[place, chosen], drawn[place, anyhow] = whole[place, chosen], whole[place, anyhow]

    before, after = model.usual.predict(blank), model.usual.predict(whole)
    by_name, by_lot = model.usual.predict(named), model.usual.predict(drawn)
    assert np.abs(by_name - before).mean() > 1.5 * np.abs(by_lot - before).mean()
    assert np.abs(after - by_name).mean() < 0.7 * np.abs(after - by_lot).mean()


def test_one_case_is_asked_about_in_three_milliseconds(model: ScreeningModel) -> None:
    asking, row = replace(model, answers=ANSWERS), ROW.copy()
    find_sharpeners(asking, row)

    times = []
    for _ in range(30):
        began = time.perf_counter()
        find_sharpeners(asking, row)
        times.append(time.perf_counter() - began)

    assert min(times) < 0.003
