"""What /docs says in Dutch of schemas, properties, enums and parameters, not their docstrings."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from features.deadlines import DEADLINES
from models.suggestion import SUGGESTION_NL
from serving.consent import PURPOSE_NL
from serving.decision_reasons import REASON_NL
from serving.offers import FIT_NL
from serving.permissions import ROLE_NL
from serving.person_schemas import KIND_NL, OUTCOME_NL
from serving.states import DECISION_NL, EVENT_NL, RECALL_NL, STATE_NL
from serving.store.contacts import RESULT_NL

PATH = Path(__file__).with_name("api_texts.toml")
# what people read of each value, declared where the value is
_LABELS: Mapping[str, Mapping[Any, str]] = {
    "CaseState": STATE_NL,
    "DecisionKind": DECISION_NL,
    "DecisionReason": REASON_NL,
    "CaseEvent": EVENT_NL,
    "ConsentPurpose": PURPOSE_NL,
    "RecallReason": RECALL_NL,
    "RequestKind": KIND_NL,
    "ContactResult": RESULT_NL,
    "RequestOutcome": OUTCOME_NL,
    "Suggestion": SUGGESTION_NL,
    "Role": ROLE_NL,
    "Fit": FIT_NL,
}
_CLOCK = "clock"
_DONE = "Gelukt"


@cache
def read_texts() -> dict[str, Any]:
    """Return the texts as they are declared."""
    return tomllib.loads(PATH.read_text(encoding="utf-8"))


def put_into_dutch(described: dict[str, Any]) -> None:
    """Give a description of the API its Dutch texts; what has no text here has none at all."""
    for node in list(_walk(described)):
        title = str(node.get("title"))
        if "enum" in node and title in read_texts()["enums"]:
            if tell_enum(title) not in node.get("description", ""):
                node["description"] = tell_enum(title)
        elif isinstance(node.get("properties"), dict):
            _describe_properties(node, title)
    for operations in described["paths"].values():
        for operation in operations.values():
            _describe_operation(operation)
    for name in ("HTTPValidationError", "ValidationError"):
        described["components"]["schemas"].pop(name, None)


def _walk(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for part in node.values():
            yield from _walk(part)
    elif isinstance(node, list):
        for part in node:
            yield from _walk(part)


def tell_enum(name: str) -> str:
    """Return what an enum is, and each of its values with what people read of it."""
    labels = _LABELS.get(name) or read_texts()["labels"][name]
    return f"{read_texts()['enums'][name]}: {_list(labels)}."


def _list(labels: Mapping[Any, str]) -> str:
    return "; ".join(f"`{value}` ({label})" for value, label in labels.items())


def _describe_properties(schema: dict[str, Any], title: str) -> None:
    texts = read_texts()
    if title in texts["schemas"]:
        schema["description"] = texts["schemas"][title]
    for name, one in schema["properties"].items():
        known = texts["properties"]
        told = one.get("description") or known.get(f"{title}.{name}") or known.get(name)
        if told:
            one["description"] = " ".join([told, *_tell_enums(one)])


def _tell_enums(schema: dict[str, Any]) -> list[str]:
    """Return what the values of a schema mean, where it is an enum or refers to one."""
    names = [_name(node) or str(node.get("title")) for node in _walk(schema)]
    return [tell_enum(name) for name in names if name in read_texts()["enums"]]


def _describe_operation(operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", []):
        told = parameter.get("description") or read_texts()["parameters"].get(parameter["name"], "")
        labels = _tell_enums(parameter["schema"])
        if parameter["name"] == _CLOCK:
            labels.append(f"Termijn: {_list({one.key: one.label_nl for one in DEADLINES})}.")
        parameter["description"] = " ".join([told, *labels]).strip()
    for status, response in list(operation["responses"].items()):
        if any(_name(node) == "HTTPValidationError" for node in _walk(response)):
            del operation["responses"][status]
        elif response.get("description") == "Successful Response":
            response["description"] = _DONE


def _name(node: Mapping[str, Any]) -> str:
    return str(node.get("$ref", "")).rpartition("/")[2]
