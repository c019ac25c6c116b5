"""Every class has a rule in a sheet that its page links, and every rule has a class to dress."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from serving.estimate_view import PILL
from serving.pages.templating import HERE

TEMPLATES, STATIC = HERE / "templates", HERE / "static"
PARTS = re.compile(r"{%-? *(?:extends|include|import|from) \"([^\"]+)\"")
LINKED = re.compile(r"static\('([\w/.-]+\.css)'\)")
NAME = re.compile(r"(?<![\w.-])(?:kp|au)-[\w-]+")
RULE = re.compile(r"\.((?:kp|au)-[\w-]+)")
# marks a heading and changes nothing of it
WITHOUT_RULE = {"kp-now__title"}
DRESSED = re.compile(r'class="((?:{{.*?}}|{%.*?%}|[^"{])*)"')
PAGES = sorted(
    path.relative_to(TEMPLATES).as_posix()
    for path in TEMPLATES.rglob("*.html")
    if '{% extends "base.html" %}' in path.read_text("utf-8")
)


@cache
def read_template(name: str) -> str:
    return (TEMPLATES / name).read_text("utf-8")


@cache
def read_rules(sheet: str) -> frozenset[str]:
    """Return the classes that a sheet has a rule for."""
    text = re.sub(r"/\*.*?\*/", "", (STATIC / sheet).read_text("utf-8"), flags=re.DOTALL)
    return frozenset(found for part in re.split(r"{[^{}]*}", text) for found in RULE.findall(part))


def list_parts(name: str) -> Iterator[str]:
    """Give a template and all that it is put together from."""
    yield name
    for part in PARTS.findall(read_template(name)):
        yield from list_parts(part)


def list_classes(name: str) -> set[str]:
    """Return the classes in a template; one that ends in a dash goes on with a key."""
    return set(NAME.findall(" ".join(DRESSED.findall(read_template(name)))))


def is_met(name: str, rules: frozenset[str]) -> bool:
    return any(rule.startswith(name) for rule in rules) if name.endswith("-") else name in rules


@pytest.mark.parametrize("page", PAGES)
def test_every_class_of_a_page_has_a_rule_in_a_sheet_that_it_links(page: str) -> None:
    parts = set(list_parts(page))
    sheets = {sheet for part in parts for sheet in LINKED.findall(read_template(part))}
    rules = frozenset[str]().union(*(read_rules(sheet) for sheet in sheets))

    bare = {name for part in parts for name in list_classes(part) if not is_met(name, rules)}

    assert len(sheets) >= 2
    assert bare <= WITHOUT_RULE


def test_no_rule_is_for_what_no_page_wears() -> None:
    ours = frozenset[str]().union(*(read_rules(path.name) for path in STATIC.glob("*.css")))
    worn = {name for part in TEMPLATES.rglob("*.html") for name in NAME.findall(part.read_text())}

    idle = {rule for rule in ours if not any(is_met(name, frozenset({rule})) for name in worn)}

    assert len(ours) > 150
    assert idle == set()


def test_every_suggestion_has_a_pill_of_its_own_look() -> None:
    vendored = Path("vendor/appuniversum/appuniversum.css")

    assert {f"au-c-pill--{look}" for look in PILL.values()} <= read_rules(str(vendored))
