"""Model card and technical file as pages: for everybody, at any width, and on paper."""

from base64 import b64decode
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from models.bundle import read_bundle
from tests.running_service import get_bundle_folder
from training.document_facts import build_facts
from training.technical_file import write_documents

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
HEADS = [f"figure {number}" for number in range(11)]
WIDE = [HEADS, ["---"] * 11, ["0.123 (0.100 to 0.150)"] * 11]
CARD = "\n".join(
    [
        *("# Card", "", "What it estimates.", "", "## Fairness: the same for every group?", ""),
        *("| " + " | ".join(row) + " |" for row in WIDE),
        *("", "## The tree of depth 3", "", "```text", "|--- leaf " + "deeper " * 40, "```", ""),
    ]
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = get_bundle_folder()
    facts = build_facts(folder, read_bundle(folder, "1"), "1", "champion", [])
    plots = dict.fromkeys(("calibration.png", "lift.png"), b64decode(PNG))
    out = tmp_path_factory.mktemp("documents")
    write_documents(replace(facts, card=CARD, plots=plots, info={}), out)
    return out


@pytest.mark.parametrize("width", [1440, 360])
@pytest.mark.parametrize("name", ["model_card", "technical_file"])
def test_axe_finds_nothing_and_only_tables_scroll(
    browser: Browser, vendor: Path, written: Path, name: str, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto((written / f"{name}.html").as_uri())
    page.evaluate((vendor / "axe-core" / "axe.min.js").read_text())

    found = page.evaluate("rules => axe.run({runOnly: rules})", RULES)
    beyond = page.evaluate("document.documentElement.scrollWidth")
    page.close()

    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []
    assert beyond <= width


def test_the_last_column_of_a_wide_table_is_in_sight(browser: Browser, written: Path) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto((written / "model_card.html").as_uri())

    beyond = page.evaluate(
        "[...document.querySelectorAll('.wide')].filter(el => el.scrollWidth > el.clientWidth + 1)"
        ".map(el => el.getAttribute('aria-label'))"
    )
    page.close()

    assert beyond == []


def test_on_paper_no_table_is_cut_off(browser: Browser, written: Path) -> None:
    page = browser.new_page(viewport={"width": 700, "height": 990})
    page.goto((written / "model_card.html").as_uri())
    page.emulate_media(media="print")

    cut = page.evaluate(
        "[...document.querySelectorAll('.wide table')]"
        ".filter(el => el.getBoundingClientRect().right > innerWidth + 1).length"
    )
    page.close()

    assert cut == 0
