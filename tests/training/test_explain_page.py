"""The page on why a version says what it says: complete, readable, without a single person."""

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from features.tables import Extract
from models.bundle import Bundle
from models.estimate import GainStatus
from tests.page_tags import read_tags
from tests.training.explained import (
    RESAMPLES,
    get_bundle,
    get_explanation,
    get_extract,
    make_bundle,
)
from training.evaluate import Measured
from training.explain import Explanation, explain
from training.explain_page import check_folder, render, write_explanation
from training.policy_tree import Rule
from training.success import Success


@pytest.fixture
def extract() -> Extract:
    return get_extract()


@pytest.fixture
def bundle() -> Bundle:
    return get_bundle()


@pytest.fixture
def found() -> Explanation:
    return get_explanation()


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("explain")
    write_explanation(get_explanation(), folder, 1)
    return folder


@pytest.fixture
def page(out: Path) -> str:
    return (out / "index.html").read_text(encoding="utf-8")


def test_the_page_needs_nothing_beside_itself(page: str) -> None:
    tags = read_tags(page)
    assert tags.list_of("script", "link", "iframe") == []
    assert all(str(one["src"]).startswith("data:image/png;base64,") for one in tags.list_of("img"))
    assert re.findall(r"https?://|@import|url\(", page) == []


def test_the_page_says_its_language_and_gives_each_picture_a_text(page: str, out: Path) -> None:
    tags = read_tags(page)
    assert tags.list_of("html") == [{"lang": "nl"}]
    assert {"charset": "utf-8"} in tags.list_of("meta")
    assert len(tags.list_of("h1")) == 1
    assert all(len(str(one["alt"])) > 30 for one in tags.list_of("img"))
    assert len(tags.list_of("img")) == len(list(out.glob("*.png"))) >= 7
    assert len(tags.list_of("table")) == len(tags.list_of("caption"))


def test_the_same_data_and_seed_give_the_same_bytes(
    found: Explanation, out: Path, tmp_path: Path
) -> None:
    write_explanation(found, tmp_path, 1)

    one, two = sorted(out.iterdir()), sorted(tmp_path.iterdir())
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]


def test_the_drivers_of_the_table_add_up_to_the_mean_estimate(
    found: Explanation, out: Path
) -> None:
    table = pd.read_csv(out / "drivers.csv", keep_default_na=False)
    everybody = table[table["attribute"] == ""].groupby("estimate")["mean_points"].sum()
    estimates = found.cases.estimates
    within = estimates.usual.limit == 0
    assert within.mean() > 0.95
    for name, sums in (("p_usual", estimates.usual), ("gain", estimates.gain)):
        mean = 100 * float((sums.value - sums.limit - sums.base).mean())
        assert everybody[name] == pytest.approx(mean, abs=0.01)


def test_the_page_names_no_person_and_no_case(page: str, out: Path, extract: Extract) -> None:
    words = set(re.findall(r"[\w-]+", re.sub(r"base64,[^\"]*", "", page)))
    words |= set(re.findall(r"[\w-]+", (out / "drivers.csv").read_text()))
    assert words.isdisjoint(extract.cases["person_key"])
    assert words.isdisjoint(extract.cases["case_id"])


def test_the_name_of_a_group_that_is_too_small_is_not_on_the_page(
    bundle: Bundle, extract: Extract
) -> None:
    origin = extract.groups["origin"].to_numpy(dtype=object).copy()
    origin[:3] = "atlantis"
    groups = extract.groups.assign(origin=pd.Series(origin, dtype="str"))

    found = explain(bundle, replace(extract, groups=groups), 1, RESAMPLES)

    page = render(found, {})
    assert "atlantis" not in page
    assert "niet getoond: minder dan 5 personen" in page


VERDICTS = [
    (GainStatus.SAME_FOR_ALL, "Voor iedereen gelijk", "de meerwaarde is voor iedereen gelijk"),
    (GainStatus.UNKNOWN, "Onbekend", "De meerwaarde is niet bekend"),
]


@pytest.mark.parametrize(("status", "verdict", "drives"), VERDICTS)
def test_without_differences_in_gain_the_page_invents_none(
    status: GainStatus, verdict: str, drives: str, extract: Extract, tmp_path: Path
) -> None:
    found = explain(make_bundle(tmp_path / "bundle", status), extract, 1, RESAMPLES)

    page = write_explanation(found, tmp_path / "out", 1).read_text(encoding="utf-8")

    assert verdict in page
    assert drives in page
    assert (found.first, found.fifths, found.gain) == (None, (), ())
    assert list((tmp_path / "out").glob("gain_*")) == []
    assert "gain" not in set(pd.read_csv(tmp_path / "out" / "drivers.csv")["estimate"])


def test_the_verdict_comes_with_chance_and_with_what_may_be_hidden(found: Explanation) -> None:
    page = " ".join(render(found, {}).split())

    assert "<strong>+5,0 op 100</strong>" in page
    assert "tussen +3,0 en +7,0" in page
    assert "tot 2,0 punten hoger of lager" in page
    assert "900 keer iemand met steun" in page


def test_the_rules_of_a_release_are_on_its_page(bundle: Bundle, extract: Extract) -> None:
    rules = [
        Rule(("Pijn: vanaf 4", "Arbeider: ja"), 80, 0.25, Measured(0.11, 0.02, 0.2)),
        Rule((), 3, 0.01, None),
    ]
    info = bundle.info | {"policy_rules": [rule.plain() for rule in rules]}

    found = explain(replace(bundle, info=info), extract, 1, RESAMPLES)

    page = " ".join(render(found, {}).split())
    assert found.rules == tuple(rules)
    assert "Pijn: vanaf 4, en Arbeider: ja: meerwaarde <strong>+11,0 op 100" in page
    assert "te weinig personen om de meerwaarde te meten; bijna niemand" in page


def test_without_a_table_of_groups_the_page_says_so(bundle: Bundle, extract: Extract) -> None:
    bare = replace(extract, groups=extract.groups.iloc[:0][["case_id"]])

    found = explain(bundle, bare, 1, RESAMPLES)

    assert [one.label_nl for one, _ in found.groups] == ["Leeftijd", "Vragenlijst"]
    assert "bevatten geen tabel met groepen" in render(found, {})


def test_a_column_of_too_many_values_is_no_grouping(bundle: Bundle, extract: Extract) -> None:
    groups = extract.groups.assign(street=[f"street-{n}" for n in range(len(extract.groups))])

    found = explain(bundle, replace(extract, groups=groups), 1, RESAMPLES)

    assert found.wide == 1
    assert "street" not in render(found, {})


def test_nobody_supported_leaves_that_part_empty(bundle: Bundle, extract: Extract) -> None:
    nobody = replace(extract, pathways=extract.pathways.iloc[:0])

    found = explain(bundle, nobody, 1, RESAMPLES)

    assert found.success == Success(0, None, ())
    assert "minstens 200 personen nodig" in " ".join(render(found, {}).split())


def test_looking_whether_a_folder_can_be_written_leaves_nothing(tmp_path: Path) -> None:
    check_folder(tmp_path / "out")

    assert list((tmp_path / "out").iterdir()) == []
