"""The pages: fresh where they are generated, true to the code, and without dead ends."""

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from features.contract import Field, Outcome, default_contract, parse_contract
from features.deadlines import DEADLINES
from features.requests import check_case
from scripts.build_docs import build_pages, find_stale
from scripts.field_page import KEYS_NL, OUTCOME_KEYS_NL
from scripts.markdown import build_table
from scripts.rule_page import ACTIONS_NL
from serving.permissions import MAY, Role
from serving.settings import Settings
from tests.secret_marks import list_secrets

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
RECORDS = sorted((ROOT / "docs" / "adr").glob("*.md"))
LINK = re.compile(r"\]\(([^)#\s]+)")
COMMAND = re.compile(r"(?:`|^    )make ([a-z]+)", re.MULTILINE)


def read_targets() -> set[str]:
    described = re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    return set(described)


def test_no_generated_page_is_stale() -> None:
    stale = find_stale(ROOT / "docs", build_pages())

    assert stale == []


def test_a_page_that_lags_behind_or_is_missing_is_found(tmp_path: Path) -> None:
    (tmp_path / "old.md").write_text("what was")
    (tmp_path / "new.md").write_text("what is")

    stale = find_stale(tmp_path, {"old.md": "what is", "new.md": "what is", "none.md": "what is"})

    assert stale == ["old.md", "none.md"]


def test_every_field_deadline_setting_and_permission_has_a_line() -> None:
    pages = build_pages()

    assert all(
        f"| `{field.name}` | {field.label_nl}" in pages["velden.md"]
        for field in default_contract().fields
    )
    assert all(f"| {deadline.label_nl} |" in pages["regels.md"] for deadline in DEADLINES)
    assert pages["settings.md"].count("\n| `") == len(Settings.model_fields)
    assert all(setting.description for setting in Settings.model_fields.values())
    assert set(ACTIONS_NL) == set(MAY)


def test_every_role_may_do_something() -> None:
    assert all(any(role in roles for roles in MAY.values()) for role in Role)


def test_every_key_of_a_contract_is_explained() -> None:
    assert set(KEYS_NL) == {f.name for f in fields(Field)}
    assert set(OUTCOME_KEYS_NL) == {f.name for f in fields(Outcome)}


def test_the_example_contract_is_one_that_can_be_used() -> None:
    example = re.search(r"```toml\n(.*?)```", build_pages()["velden.md"], re.DOTALL)

    assert example is not None
    contract = parse_contract(example.group(1))
    assert {f.kind for f in contract.fields} == {"number", "category", "flag", "answer"}


def test_the_case_that_the_readme_posts_is_accepted() -> None:
    posted = re.search(r"-d '({.*?})'", (ROOT / "README.md").read_text(), re.DOTALL)

    assert posted is not None
    case = check_case(json.loads(posted.group(1)), default_contract())
    assert case["sickness_fund"] == "fund_a"


def test_a_bar_in_a_cell_does_not_break_the_table() -> None:
    table = build_table(["a"], [["b | c\nd"]])

    assert table == "| a |\n| --- |\n| b \\| c d |\n"


def test_records_are_numbered_in_order_and_have_their_three_parts() -> None:
    numbers = [int(record.name[:4]) for record in RECORDS]

    assert numbers == list(range(1, len(RECORDS) + 1))
    for record in RECORDS:
        text = record.read_text()
        assert text.startswith(f"# {record.name[:4]}. ")
        assert re.findall(r"^## (.*)$", text, re.MULTILINE) == [
            "Context",
            "Decision",
            "Consequences",
        ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text()) if "://" not in link]

    dead = [link for link in links if not (page.parent / link).exists()]

    assert dead == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_make_command_on_a_page_exists(page: Path) -> None:
    named = set(COMMAND.findall(page.read_text()))

    assert named <= read_targets()


def test_make_alone_describes_every_command() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert phony is not None
    assert set(phony.group(1).split()) - {"system"} == read_targets()


def test_the_glossary_gives_every_word_once_with_its_meaning() -> None:
    lines = (ROOT / "docs" / "woordenlijst.md").read_text().splitlines()
    rows = [
        line.strip("|").split("|") for line in lines if line.startswith("| ") and "---" not in line
    ]

    words = [row[0].strip() for row in rows if row[0].strip() != "Nederlands"]

    assert all(len(row) == 3 and all(cell.strip() for cell in row) for row in rows)
    assert len(words) == len(set(words))
    assert len(words) > 40


def test_the_changelog_keeps_to_its_four_headings() -> None:
    headings = re.findall(r"^### (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert headings
    assert set(headings) <= {"Added", "Changed", "Fixed", "Removed"}


def test_the_licence_is_the_eupl_whole() -> None:
    text = " ".join((ROOT / "LICENSE").read_text().split())

    assert text.startswith(
        "EUROPEAN UNION PUBLIC LICENCE v. 1.2 EUPL © the European Union 2007, 2016"
    )
    assert all(f" {number}. " in text for number in range(1, 16))
    assert text.endswith("to this Appendix require the production of a new EUPL version.")


def test_hooks_fetch_nothing() -> None:
    config = (ROOT / ".pre-commit-config.yaml").read_text()

    assert re.findall(r"repo: (\S+)", config) == ["local"]
    assert set(re.findall(r"language: (\S+)", config)) == {"system"}


def test_ci_runs_what_a_developer_runs() -> None:
    script = ROOT / ".ci" / "run"

    assert script.stat().st_mode & 0o111
    assert "make check" in script.read_text()


@pytest.mark.parametrize(("page", "at_least"), [("bedreigingen.md", 20), ("storingen.md", 5)])
def test_every_test_that_a_page_names_is_there(page: str, at_least: int) -> None:
    text = (ROOT / "docs" / page).read_text()

    named = set(re.findall(r"`(tests/[\w/.]+)`", text))

    assert len(named) >= at_least
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []


def test_the_threat_model_looks_at_every_door_with_what_is_left() -> None:
    text = (ROOT / "docs" / "bedreigingen.md").read_text()

    doors = text.partition("\n## Waar geheimen staan")[0].split("\n## Deur ")[1:]

    assert [door.partition(":")[0] for door in doors] == [str(n + 1) for n in range(14)]
    assert all(re.search(r"^\| [STRIDE] \|", door, re.MULTILINE) for door in doors)
    assert all("Blijft over" in door for door in doors)
    assert [n for n in list_secrets() if f"`KANTELPUNT_{n.upper()}`" not in text] == []


def test_every_outage_tells_what_is_seen_what_works_what_is_lost_and_names_its_test() -> None:
    text = (ROOT / "docs" / "storingen.md").read_text()

    parts = text.split("\n## ")[1:]
    rows = [line for part in parts for line in part.splitlines() if re.match(r"\| (?!---)", line)]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]

    assert {part.partition("\n")[0] for part in parts} >= {"Databank", "Schijf"}
    assert all(len(row) == 6 and all(row) for row in cells)
    assert all(row[5] == "test" or row[5].startswith("`tests/") for row in cells)
