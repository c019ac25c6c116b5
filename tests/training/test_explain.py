"""What drives the estimates of a version, over all and per group, and the command for it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from features.tables import Extract
from kantelpunt import app
from models.bundle import Bundle
from tests.factories import (
    make_contract,
    make_extract_tables,
    write_extract,
)
from tests.tracking import make_tracking
from tests.training.explained import (
    RESAMPLES,
    get_bundle,
    get_explanation,
    get_extract,
    get_folder,
    make_bundle,
)
from training.explain import Explanation, TooFewPeopleError, explain
from training.explain_groups import Cases, find_attributes
from training.explain_page import FolderNotWritableError
from training.version_commands import explain_model


@pytest.fixture
def extract() -> Extract:
    return get_extract()


@pytest.fixture
def bundle() -> Bundle:
    return get_bundle()


@pytest.fixture
def found() -> Explanation:
    return get_explanation()


def test_what_moves_the_estimate_most_is_said_first_with_its_direction(
    found: Explanation,
) -> None:
    strongest = found.usual[0]

    assert strongest.driver.field == "age_years"
    assert strongest.up.trait.value_nl.startswith("hoogstens")
    assert strongest.down.trait.value_nl.startswith("vanaf")
    assert [one.driver.field for one in found.gain] == ["has_contract"]


def test_who_gains_most_is_told_apart_by_what_the_gain_rests_on(found: Explanation) -> None:
    first = found.first

    assert first is not None
    assert first.gain > first.gain_of_others
    assert first.contrasts[0].trait.label_nl == "Lopende arbeidsovereenkomst"
    assert first.contrasts[0].trait.value_nl in ("ja", "nee")


def test_the_gain_of_each_group_is_that_of_its_people(found: Explanation) -> None:
    means = [
        (one.gain, found.cases.estimates.gain.value[one.group.rows].mean())
        for _, figures in found.groups
        for one in figures
    ]

    assert len(means) > 8
    assert all(gain == pytest.approx(mean) for gain, mean in means)


def test_a_mean_gain_over_too_few_known_gains_is_not_shown(
    bundle: Bundle, extract: Extract
) -> None:
    cases = Cases.of(extract, bundle)
    men = np.flatnonzero(extract.groups["sex"] == "male")
    by_case = extract.cases["case_id"].isin(extract.groups["case_id"].iloc[men[3:]])
    gain = np.where(by_case, np.nan, cases.estimates.gain.value)
    unknown = replace(cases.estimates.gain, value=gain)
    few = replace(cases, estimates=replace(cases.estimates, gain=unknown))

    sex = next(one for one in find_attributes(extract, few) if one.label_nl == "Geslacht")

    assert sex.hidden == 0
    assert [bool(group.known.any()) for group in sex.groups] == [False, False]


def test_a_handful_of_people_is_refused(bundle: Bundle, extract: Extract) -> None:
    few = replace(extract, cases=extract.cases.iloc[:12])

    with pytest.raises(TooFewPeopleError, match="fewer than 20 persons"):
        explain(bundle, few, 1, RESAMPLES)


def test_the_command_takes_any_contract(tmp_path: Path) -> None:
    contract = make_contract()
    data = write_extract(tmp_path / "data", make_extract_tables(120, contract))
    make_bundle(tmp_path / "bundle", contract=contract)
    words = ["explain-model", tmp_path / "bundle", "--data", data, "--out", tmp_path / "out"]

    result = CliRunner().invoke(app, [str(word) for word in words])

    assert result.exit_code == 0, result.output
    assert "wrote" in result.output
    assert "Geslacht" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")


def test_a_version_that_is_not_there_is_said(tmp_path: Path) -> None:
    words = ["explain-model", "998", "--data", get_folder(), "--out", tmp_path / "out"]
    uri = make_tracking(tmp_path)

    result = CliRunner().invoke(app, [*(str(word) for word in words), "--tracking-uri", uri])

    assert result.exit_code == 1
    assert "has no model '998'" in str(result.exception)


def test_a_folder_that_cannot_be_written_is_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(FolderNotWritableError, match="give another --out"):
        explain_model("1", tmp_path / "no data", tmp_path / "file" / "out")
