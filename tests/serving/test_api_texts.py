import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from features.contract import default_contract
from serving import api_texts
from serving.openapi import build_openapi
from tests.running_service import TODAY, Service

# words that stand in an English sentence and in no Dutch one
ENGLISH = re.compile(r"\b(the|what|which|whether|each|and|where it|how far|cases?)\b")
TAGS = {
    *("Inschatten", "Lijst en dossier", "Beslissen", "Doorverwijzen", "Persoon", "Aanlevering"),
    *("Toezicht", "Planning", "Dienst"),
}


@pytest.fixture
def described(service: Service) -> dict[str, Any]:
    return build_openapi(service.app, default_contract(), today=TODAY)


def list_operations(described: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            yield f"{method} {path}", operation


def list_objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if isinstance(node.get("properties"), dict):
            yield node
        for part in node.values():
            yield from list_objects(part)
    elif isinstance(node, list):
        for part in node:
            yield from list_objects(part)


def list_texts(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("description"), str):
            yield node["description"]
        for part in node.values():
            yield from list_texts(part)
    elif isinstance(node, list):
        for part in node:
            yield from list_texts(part)


def list_docstrings(kind: type[BaseModel]) -> Iterator[str]:
    for one in kind.__subclasses__():
        if one.__module__.startswith("serving"):  # that of a case is made in Dutch
            yield inspect.cleandoc(one.__doc__ or "-")
        yield from list_docstrings(one)


def test_every_operation_says_in_dutch_what_it_does_under_a_theme(
    described: dict[str, Any],
) -> None:
    operations = dict(list_operations(described))

    told = [(name, o.get("summary"), o.get("description")) for name, o in operations.items()]

    assert not [name for name, summary, text in told if not summary or not text]
    assert {tag for o in operations.values() for tag in o["tags"]} == TAGS


def test_every_parameter_and_every_property_is_described(described: dict[str, Any]) -> None:
    parameters = [
        (name, one["name"])
        for name, operation in list_operations(described)
        for one in operation.get("parameters", [])
        if not one.get("description")
    ]
    properties = [
        (part.get("title"), name)
        for part in list_objects(described)
        for name, one in part["properties"].items()
        if not one.get("description")
    ]

    assert parameters == []
    assert properties == []


def test_no_description_is_an_english_docstring(described: dict[str, Any]) -> None:
    texts = [re.sub("`[^`]*`", "", text) for text in list_texts(described)]
    docstrings = set(list_docstrings(BaseModel))

    assert len(texts) > 300
    assert [text for text in texts if text in docstrings] == []
    assert [text for text in texts if ENGLISH.search(text.lower())] == []


def test_what_can_be_chosen_is_told_with_its_dutch_name(described: dict[str, Any]) -> None:
    paths = described["paths"]
    decision = paths["/api/v1/cases/{case_id}/decisions"]["post"]["requestBody"]
    answers = paths["/api/v1/cases/{case_id}/own-estimate"]["post"]["requestBody"]
    state = next(p for p in paths["/api/v1/cases"]["get"]["parameters"] if p["name"] == "state")

    assert any("`own_return` (keert op eigen kracht terug)" in t for t in list_texts(decision))
    assert any("Zijn stappen naar werk mogelijk? " in text for text in list_texts(answers))
    assert "`to_refer` (door te verwijzen)" in state["description"]


def test_every_text_is_of_something_that_is_there(described: dict[str, Any]) -> None:
    texts = api_texts.read_texts()
    titles = {part.get("title") for part in list_objects(described)}
    names = {name for part in list_objects(described) for name in part["properties"]}
    asked = {p["name"] for _, o in list_operations(described) for p in o.get("parameters", [])}

    assert set(texts["schemas"]) <= titles
    assert {name.rpartition(".")[2] for name in texts["properties"]} <= names
    assert set(texts["parameters"]) <= asked
    assert set(texts["enums"]) <= set(described["components"]["schemas"]) | {
        *("Answer", "DecisionReason", "RecallReason")
    }
