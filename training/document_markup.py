"""Turns Markdown into HTML that a screen reader and a narrow screen can do with."""

import re
from collections.abc import Sequence
from html import escape
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

DEPLOYER = "To be filled by the deployer:"
DUTCH_HEADS = ("input",)  # columns of labels that users see
MANY_COLUMNS = 9  # from which on figures have to wrap, or the last column is out of sight
_NUMBER = r"[+-]?\d[\d.,]*"
_FIGURE = re.compile(rf"{_NUMBER}( \({_NUMBER} ?(to|-) ?{_NUMBER}\))?")
_HASH = re.compile(r"[0-9a-f]{32,}")


def build_parser() -> MarkdownIt:
    """Return a reader of Markdown with tables, that takes HTML and addresses elsewhere as text."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.validateLink = _is_beside  # type: ignore[method-assign]
    return parser


def _is_beside(url: str) -> bool:
    return url.startswith(("plots/", "#"))


def render_markdown(markdown: str) -> tuple[str, list[tuple[str, str]]]:
    """Return HTML, and id and words of each heading of the second level."""
    parser = build_parser()
    tokens = parser.parse(markdown)
    contents = _name_headings(tokens)
    mended = _Tables().mend(tokens)
    for token, after in pairwise(mended):
        if token.type == "paragraph_open" and tell(after).startswith(DEPLOYER):
            token.attrSet("class", "deployer")
    html = str(parser.renderer.render(mended, parser.options, {}))
    # what may have to scroll has to be reached without a mouse
    return html.replace("<pre>", '<pre tabindex="0">'), contents


def tell(token: Token) -> str:
    """Return the words of a piece of text."""
    return "".join(child.content for child in token.children or [])


def _name_headings(tokens: Sequence[Token]) -> list[tuple[str, str]]:
    contents, used = [], set[str]()
    for token, after in pairwise(tokens):
        if token.type != "heading_open":
            continue
        name = re.sub(r"[^a-z0-9]+", "-", tell(after).lower()).strip("-")
        while name in used:
            name += "-2"
        used.add(name)
        token.attrSet("id", name)
        if token.tag == "h2":
            contents.append((name, tell(after)))
    return contents


class _Tables:
    """Lets tables scroll by themselves, tells rows by their first cell, marks Dutch and figures."""

    def __init__(self) -> None:
        self._heading, self._count, self._column = "", 0, 0
        self._dutch: set[int] = set()

    def mend(self, tokens: Sequence[Token]) -> list[Token]:
        """Return the tokens with what tables need."""
        found: list[Token] = []
        for place, token in enumerate(tokens):
            if token.type == "heading_open":
                self._heading, self._count = tell(tokens[place + 1]), 0
            if token.type == "table_open":
                found.append(self._open())
                if _count_columns(tokens[place:]) >= MANY_COLUMNS:
                    token.attrSet("class", "dense")
            if token.type == "tr_open":
                self._column = 0
            if token.type in ("th_open", "td_open"):
                self._mend_cell(token, tokens[place + 1], tokens[place + 2])
                self._column += 1
            found.append(token)
            if token.type == "table_close":
                found.append(_build_html("</div>\n"))
        return found

    def _open(self) -> Token:
        self._count += 1
        self._dutch = set()
        label = f"Table: {self._heading}" + (f", {self._count}" if self._count > 1 else "")
        return _build_html(
            f'<div class="wide" role="region" tabindex="0" aria-label="{escape(label)}">\n'
        )

    def _mend_cell(self, token: Token, inside: Token, end: Token) -> None:
        text = tell(inside)
        if token.type == "th_open":
            token.attrSet("scope", "col")
            if text in DUTCH_HEADS:
                self._dutch.add(self._column)
            return
        if self._column in self._dutch:
            token.attrSet("lang", "nl")
        if self._column == 0 and text:
            token.tag = end.tag = "th"
            token.attrSet("scope", "row")
        elif _HASH.fullmatch(text):
            token.attrSet("class", "hash")
        elif _FIGURE.fullmatch(text):
            token.attrSet("class", "figure")


def _count_columns(tokens: Sequence[Token]) -> int:
    kinds = [token.type for token in tokens]
    return kinds[: kinds.index("thead_close")].count("th_open")


def _build_html(content: str) -> Token:
    token = Token("html_block", "", 0)
    token.content = content
    return token
