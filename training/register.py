"""The entry of an algorithm register, in Dutch, by the Dutch publication standard 1.0.

https://github.com/MinBZK/Algoritmeregister-Publicatiestandaard has its fields. No Flemish standard
for such fields is followed. What only the deployer knows is marked as such.
"""

import json
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

from features.errors import KantelpuntError
from models.bundle import CHAMPION
from training.document_facts import Facts
from training.page_templates import TEMPLATES

TEXTS, SCHEMA = "register.toml", "register.schema.json"
MOST_OF_INPUTS = 2500
MONTHS = (
    *("januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september"),
    *("oktober", "november", "december"),
)


class EntryError(KantelpuntError):
    """An entry that the publication standard does not take."""


@cache
def _read_texts() -> dict[str, Any]:
    return tomllib.loads((TEMPLATES / TEXTS).read_text(encoding="utf-8"))


def build_entry(facts: Facts) -> dict[str, Any]:
    """Return the entry; raises EntryError where the standard does not take it."""
    texts = _read_texts()
    marked = {name: f"{texts['to_fill']}: {what}" for name, what in texts["deployer"].items()}
    entry = {
        **texts["fields"],
        **marked,
        "category": ["Sociale zekerheid", "Werk", "Zorg en gezondheid"],
        "status": "In gebruik" if facts.standing == CHAMPION else "In ontwikkeling",
        "risks": _tell_risks(facts, texts["risks"]),
        "impacttoetsen_grouping": [],
        "source_data": _tell_inputs(facts, texts["inputs"]),
        "methods_and_models": _tell_method(facts, texts),
        "source_id": f"kantelpunt-{facts.version}".replace(" ", "-")[:100],
    }
    if facts.releases:
        entry["begin_date"] = str(facts.releases[0]["moment"])[:7]
    ordered = {name: entry[name] for name in read_schema()["properties"] if name in entry}
    check_entry(ordered)
    return ordered


def _tell_risks(facts: Facts, words: Mapping[str, str]) -> str:
    found = facts.fairness or facts.info.get("fairness") or {}
    verdict = words.get(str(found.get("verdict")), words["unknown"])
    return f"{words['first']} {verdict} {words['last']}"


def _tell_inputs(facts: Facts, words: Mapping[str, str]) -> str:
    labels = [field.label_nl for field in facts.contract.fields]
    text = words["first"].format(count=len(labels)) + ", ".join(labels) + "."
    if len(text) <= MOST_OF_INPUTS:
        return text
    room = MOST_OF_INPUTS - len(words["more"])
    return text[:room].rpartition(",")[0] + words["more"]


def _tell_method(facts: Facts, texts: Mapping[str, Mapping[str, str]]) -> str:
    info, words, outcome = facts.info, texts["method"], facts.contract.outcome
    shipped = texts["shipped"].get(str(info.get("shipped")), texts["shipped"]["unknown"])
    gain = texts["gain"].get(str(info.get("gain", {}).get("status")), texts["gain"]["unknown"])
    first = words["first"].format(
        horizon=outcome.horizon_days, sustained=outcome.sustained_days, shipped=shipped
    )
    parts = [first, gain, words["last"]]
    counts = info.get("screenings", {})
    if "all" in counts:
        day = _tell_day(info.get("windows", {}).get("known_until"), texts["inputs"]["no_day"])
        parts.append(words["learnt"].format(count=_count(counts["all"]), day=day))
    auc = info.get("figures", {}).get(str(info.get("shipped")), {}).get("auc")
    if auc and "test" in counts:
        value, low, high = (f"{one:.2f}".replace(".", ",") for one in auc)
        told = words["tested"].format(count=_count(counts["test"]), value=value, low=low, high=high)
        parts.append(told)
    return " ".join(parts)


def _count(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def _tell_day(text: Any, unknown: str) -> str:
    if text is None:
        return unknown
    day = date.fromisoformat(str(text))
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def list_to_fill(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the fields that the deployer still has to fill."""
    mark = _read_texts()["to_fill"]
    return tuple(name for name, value in entry.items() if str(value).startswith(mark))


def read_schema() -> dict[str, Any]:
    """Return the fields of the standard, in the words of JSON Schema."""
    found: dict[str, Any] = json.loads((TEMPLATES / SCHEMA).read_text(encoding="utf-8"))
    return found


def check_entry(entry: Mapping[str, Any]) -> None:
    """Raise EntryError unless the entry has the fields, kinds and lengths of the standard."""
    schema = read_schema()
    known: dict[str, Any] = schema["properties"]
    faults = [f"{name} is missing" for name in schema["required"] if name not in entry]
    faults += [f"{name} is no field of the standard" for name in entry if name not in known]
    for name, value in entry.items():
        if rules := known.get(name):
            faults += [f"{name} {fault}" for fault in _find_faults(value, rules)]
    if faults:
        raise EntryError(f"the entry of the register cannot be written: {'; '.join(faults)}")


def _find_faults(value: Any, rules: Mapping[str, Any]) -> Sequence[str]:
    kind = list if rules["type"] == "array" else str
    if not isinstance(value, kind):
        return [f"has to be of type {rules['type']}"]
    faults = []
    if "enum" in rules and value not in rules["enum"]:
        faults.append(f"has to be one of {', '.join(rules['enum'])}")
    most = rules.get("maxLength") or rules.get("maxItems")
    if most is not None and len(value) > most:
        faults.append(f"is longer than {most}")
    return faults
