"""Write the pages of docs/ that follow from the code; with --check only tell which are stale."""

import sys
from pathlib import Path

from features.contract import default_contract
from scripts.field_page import build_field_page
from scripts.referral_page import build_referral_page
from scripts.rule_page import build_rule_page
from scripts.setting_page import build_setting_page

ROOT = Path(__file__).resolve().parents[1]
NOTE = "<!-- Gemaakt door `make docs`: verander de bron, niet deze pagina. -->\n\n"


def build_pages(root: Path = ROOT) -> dict[str, str]:
    """Return the text of every generated page by its name under docs/."""
    pages = {
        "velden.md": build_field_page(default_contract()),
        "doorverwijzen.md": build_referral_page(),
        "regels.md": build_rule_page(root),
        "settings.md": build_setting_page(),
    }
    return {name: NOTE + text.rstrip("\n") + "\n" for name, text in pages.items()}


def find_stale(folder: Path, pages: dict[str, str]) -> list[str]:
    """Return the names of pages that are missing or differ from what the sources say now."""
    return [
        name
        for name, text in pages.items()
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != text
    ]


def main(arguments: list[str]) -> int:
    """Write the stale pages, or with --check name them and return 1."""
    pages = build_pages()
    stale = find_stale(ROOT / "docs", pages)
    if "--check" in arguments:
        for name in stale:
            print(f"docs/{name} is stale: run `make docs` and commit it")
        return 1 if stale else 0
    for name in stale:
        (ROOT / "docs" / name).write_text(pages[name], encoding="utf-8")
        print(f"docs/{name} written")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
