"""docs/regels.md: the legal clocks, and the examples that tests/spec checks the rules against."""

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

from features.deadlines import DEADLINES, Deadline
from scripts.markdown import build_table

INTRO = """# Regels

De regels die Kantelpunt volgt, met hun bron. De voorbeelden onderaan zijn woordelijk de tabellen
waartegen de code getest wordt (`tests/spec`), in het Engels; [de woordenlijst](woordenlijst.md)
vertaalt.

## Termijnen

Geteld vanaf de eerste dag van de afwezigheid. Een termijn geldt voor afwezigheden die op of na de
dag in de laatste kolom beginnen. Bron in de code: `features/deadlines.py`.
"""
EXAMPLES = """## Voorbeelden die getest worden
"""


def build_rule_page(root: Path) -> str:
    """Return docs/regels.md from the code and the spec tables under `root`."""
    specs = [_build_spec(path) for path in sorted((root / "tests" / "spec").glob("test_*.py"))]
    return "\n".join([INTRO, _build_deadlines(), EXAMPLES, *filter(None, specs)])


def _build_deadlines() -> str:
    rows = [[d.label_nl, _period_nl(d), d.source, d.valid_from.isoformat()] for d in DEADLINES]
    return build_table(["termijn", "na", "bron", "geldt vanaf"], rows)


def _period_nl(deadline: Deadline) -> str:
    months = f"{deadline.months} maand{'en' if deadline.months > 1 else ''}"
    weeks = f"{deadline.weeks} we{'ken' if deadline.weeks > 1 else 'ek'}"
    return " en ".join([months] * bool(deadline.months) + [weeks] * bool(deadline.weeks))


def _build_spec(path: Path) -> str:
    """Return the tables of one spec file, under its own first line; empty where it has none."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    tables = list(_read_tables(tree, _read_comments(text)))
    title = (ast.get_docstring(tree) or path.stem).splitlines()[0].rstrip(".")
    return (
        "\n".join([f"### {title}", "", f"`tests/spec/{path.name}`", "", *tables]) if tables else ""
    )


def _read_tables(tree: ast.Module, comments: dict[int, str]) -> Iterator[str]:
    for node in tree.body:
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)):
            continue
        table = node.value.value
        if isinstance(table, str) and "|" in table:
            heads, *rows = [
                [c.strip() for c in line.split("|")] for line in table.strip().splitlines()
            ]
            caption = comments.get(node.lineno - 1)
            yield (f"{caption}:\n\n" if caption else "") + build_table(heads, rows)


def _read_comments(text: str) -> dict[int, str]:
    """Return the comments of a file by the line that they stand on."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    found = {t.start[0]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT}
    return {line: comment[:1].upper() + comment[1:] for line, comment in found.items()}
