"""What is written of a version: every chapter, every figure from the record, nothing made up."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from kantelpunt import app
from models.bundle import find_bundle, read_bundle
from tests.page_tags import read_tags
from tests.training.conftest import ENTRY, Road
from training.document_facts import Facts, FactsMissingError, build_facts
from training.document_markup import DEPLOYER
from training.document_page import render_page
from training.document_tables import NOT_RECORDED, escape, tabulate_champion
from training.keep import CARD_PAGE
from training.record import BESIDE_CHAMPION, RECORD
from training.technical_file import build_model_card, build_technical_file, write_documents

# the headings of Annex IV to Regulation (EU) 2024/1689
CHAPTERS = {
    "1": "abcdefg",
    "2": "abcdefgh",
    **dict.fromkeys("3456789", ""),
}


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def list_numbers(found: Any) -> Iterator[float]:
    if isinstance(found, bool):
        return
    if isinstance(found, int | float):
        yield abs(float(found))
    elif isinstance(found, dict):
        for value in found.values():
            yield from list_numbers(value)
    elif isinstance(found, list | tuple):
        for value in found:
            yield from list_numbers(value)
    elif isinstance(found, str):
        yield from (abs(float(one)) for one in re.findall(r"\d+\.\d+", found))


def list_figures(markdown: str) -> set[str]:
    """Return every number with decimals in tables and lists, as it is written."""
    lines = [line for line in markdown.splitlines() if line.startswith(("|", "- "))]
    return {one for line in lines for one in re.findall(r"(?<![\w.,])\d+\.\d+(?![\w.])", line)}


def test_every_chapter_of_annex_4_is_there_in_order(facts: Facts) -> None:
    text, _, _ = build_technical_file(facts)

    found = re.findall(r"^## (\d)\. ", text, flags=re.MULTILINE)
    parts = re.findall(r"^### (\d)\((\w)\)", text, flags=re.MULTILINE)
    assert found == list(CHAPTERS)
    assert parts == [(number, one) for number, letters in CHAPTERS.items() for one in letters]


@pytest.mark.parametrize(
    "chapter",
    [
        *("What it is for", "Who works with it", "The run behind it", "The inputs"),
        *("How good it is on the test window", "With and without answers to the questionnaire"),
        *("Fairness: the same for every group?", "The gain of support", "Known limits"),
        *("Attempts to refute the gain", "Who decides, and how that is kept so", "When it fails"),
        *("The pictures of the test window", "History of releases and waivers"),
    ],
)
def test_the_card_says_what_a_committee_asks(facts: Facts, chapter: str) -> None:
    assert re.search(rf"^##+ {re.escape(chapter)}$", build_model_card(facts), flags=re.MULTILINE)


@pytest.mark.parametrize("of", ["card", "file"])
def test_every_figure_stands_in_the_record(facts: Facts, run_folder: Path, of: str) -> None:
    text = build_model_card(facts) if of == "card" else build_technical_file(facts)[0]
    kept = [json.loads((run_folder / name).read_text()) for name in (RECORD, "fairness.json")]
    people = json.loads((find_bundle(run_folder / "model") / "people.json").read_text())

    known = {*list_numbers([*kept, people, facts.champion, ENTRY])}

    # shown as it is, per 100, or per 1,000; what is left over is text of the templates
    shown = {f"{scale * one:.{d}f}" for one in known for scale in (1, 100, 1000) for d in range(5)}
    own = list_figures(Path("training/templates/technical_file.md").read_text())
    tree = set(re.findall(r"\d+\.\d+", text.partition("```text")[2].partition("```")[0]))
    assert list_figures(text) - shown - own - tree == set()
    assert len(list_figures(text)) > 50


def test_a_figure_that_is_not_in_the_record_is_found_by_that_test(facts: Facts) -> None:
    assert list_figures("| AUC | 0.9137 (0.7 to 0.761) |") == {"0.9137", "0.7", "0.761"}
    assert "0.9137" not in build_model_card(facts)


def test_what_only_the_deployer_knows_is_marked_and_counted_at_the_top(facts: Facts) -> None:
    text, to_fill, _ = build_technical_file(facts)

    head, _, body = text.partition("## 1.")
    assert f"{to_fill} places are to be filled by the deployer" in head
    assert body.count(f"**{DEPLOYER}**") == to_fill >= 10


def test_what_the_run_did_not_keep_is_said_and_counted(facts: Facts) -> None:
    bare = replace(facts, record={}, info={}, fairness={}, champion=None, plots={}, releases=None)

    text, _, missing = build_technical_file(bare)
    card = build_model_card(bare)

    assert f"{missing} facts are missing" in text
    assert missing == len(re.findall("not recorded", text, flags=re.IGNORECASE)) - 1
    assert missing > build_technical_file(facts)[2] + 20
    assert f"| trained by | {NOT_RECORDED} |" in card
    assert "the log of releases was not at hand" in card
    assert not re.search(r"\bNone\b(?! changes| scored)", text + card)


def test_releases_and_waivers_are_told_with_who_and_why(facts: Facts) -> None:
    card = build_model_card(facts)

    assert r"An \| Peeters" in card
    assert r"slope: few cases \*yet\*" in card
    assert "| calibration slope | 0.9 to 1.1 | 1.20 | fail, waived | estimates lie" in card


def test_a_damaged_log_of_releases_is_told(facts: Facts) -> None:
    damaged = replace(facts, release_faults=("entry 2 is gone",))

    assert "**The log of releases is damaged:** entry 2 is gone." in build_model_card(damaged)


def test_a_comparison_with_the_champion_is_told_or_why_there_is_none() -> None:
    found: dict[str, Any] = {
        "version": "3",
        "window": ["2025-01-01", "2025-07-01"],
        "screenings": 1200,
    }
    found |= {"tested": [-0.002, -0.003, -0.001], "champion_may_know": True, "noted": ""}

    told = tabulate_champion(found)

    assert "-2.00 (-3.00 to -1.00)" in told
    assert "1,200 screenings from 2025-01-01 to 2025-07-01" in told
    assert "may have learnt" in told
    assert "not compared" in tabulate_champion({"noted": "there is no champion"})
    assert NOT_RECORDED in tabulate_champion(None)


def test_the_same_facts_give_the_same_bytes(facts: Facts, tmp_path: Path) -> None:
    first = write_documents(facts, tmp_path / "first")
    second = write_documents(facts, tmp_path / "second")

    assert [one.name for one in first.paths] == [
        *("model_card.md", "model_card.html", "technical_file.md", "technical_file.html"),
        *("register.json", "register.schema.json"),
    ]
    for one, other in zip(first.paths, second.paths, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_a_page_needs_nothing_beside_itself_and_runs_nothing(facts: Facts, tmp_path: Path) -> None:
    write_documents(facts, tmp_path)
    page = (tmp_path / "model_card.html").read_text()
    tags = read_tags(page)

    pictures = tags.list_of("img")
    assert tags.list_of("script", "link", "iframe", "object") == []
    assert len(pictures) == 4
    assert all(str(one["src"]).startswith("data:image/png;base64,") for one in pictures)
    assert all(len(str(one["alt"])) > 40 for one in pictures)
    assert re.findall(r"@import|url\(|\son\w+=", page) == []
    assert all((tmp_path / "plots" / f"{name}.png").is_file() for name in ("lift", "calibration"))


def test_headings_of_a_page_follow_each_other_and_contents_lead_to_them(facts: Facts) -> None:
    page = render_page(build_technical_file(facts)[0], {}, "run", numbered=True)

    levels = [int(one) for one in re.findall(r"<h(\d)", page)]
    ids = re.findall(r'<h\d id="([^"]+)"', page)
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_text_of_people_cannot_become_markup(facts: Facts) -> None:
    evil = "<script>alert(1)</script> | [x](javascript:alert(1)) `*_#"
    told = replace(facts, record={**facts.record, "by": evil, "command": evil})

    page = render_page(build_model_card(told), {}, evil)

    assert "<script" not in page
    assert "javascript:" not in re.sub(r">[^<]*<", "><", page)
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt; | [x](javascript") >= 2


def test_a_label_cannot_fetch_a_picture_or_lead_elsewhere(facts: Facts) -> None:
    evil = "![t](https://example.org/t.png) [x](https://example.org) <https://example.org>"
    told = replace(facts, card=facts.card + f"\n\n{evil}\n")

    page = render_page(build_model_card(told), {}, "")

    assert "![t](https://example.org/t.png)" in page
    assert 'src="https' not in page
    assert 'href="https' not in page


def test_a_run_keeps_its_card_as_a_page(run_folder: Path, facts: Facts) -> None:
    page = (run_folder / CARD_PAGE).read_text()

    assert "version not registered" in page
    assert f"Run {facts.record['run']}" in page
    assert (run_folder / BESIDE_CHAMPION).is_file()


def test_the_command_writes_what_the_registry_knows(road: Road, tmp_path: Path) -> None:
    result = run("document", road.made.version, "--out", tmp_path, "--tracking-uri", road.uri)

    assert result.exit_code == 0, result.output
    assert "places to be filled by the deployer" in result.output
    assert f"version {road.made.version}" in (tmp_path / "model_card.md").read_text()
    assert f"| run | {escape(road_run(road))} |" in (tmp_path / "technical_file.md").read_text()
    for name in ("model_card.md", "technical_file.md"):
        assert f"| run in MLflow | {road.made.run_id} |" in (tmp_path / name).read_text()
    assert f"in MLflow {road.made.run_id}" in (tmp_path / "model_card.html").read_text()


def road_run(road: Road) -> str:
    from mlflow import MlflowClient

    return str(MlflowClient(road.uri).get_run(road.made.run_id).data.tags["kantelpunt.run"])


def test_the_command_takes_a_folder_of_a_run_or_of_a_bundle(
    run_folder: Path, tmp_path: Path
) -> None:
    of_run = run("document", run_folder, "--out", tmp_path / "run")
    of_bundle = run("document", find_bundle(run_folder / "model"), "--out", tmp_path / "bundle")

    assert (of_run.exit_code, of_bundle.exit_code) == (0, 0)
    assert NOT_RECORDED in (tmp_path / "bundle" / "technical_file.md").read_text()


def test_a_folder_without_a_run_is_named(tmp_path: Path) -> None:
    result = run("document", tmp_path, "--out", tmp_path / "out")

    assert result.exit_code == 1
    assert isinstance(result.exception, FactsMissingError)


def test_a_version_that_is_not_there_is_named(road: Road, tmp_path: Path) -> None:
    result = run("document", "998", "--out", tmp_path, "--tracking-uri", road.uri)

    assert result.exit_code == 1
    assert "998" in str(result.exception)


def test_a_record_that_cannot_be_read_is_named(run_folder: Path, tmp_path: Path) -> None:
    (tmp_path / RECORD).write_text("{half")

    with pytest.raises(FactsMissingError, match=r"record\.json is not readable"):
        build_facts(tmp_path, read_bundle(find_bundle(run_folder / "model"), "1"))
