"""Which support fits a case: a dated table of offers, each with the conditions that it met."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked_dataclass

from features.contract import Contract, Field, default_contract
from features.errors import KantelpuntError
from serving.medical import Medical, default_medical, names_diagnosis

DEFAULT_PATH = Path(__file__).with_name("offers.toml")
ABSENT_DAYS = "absent_days"
Value = bool | int | float | str | list[str]
_CLOSED = ConfigDict(extra="forbid")


class OffersError(KantelpuntError):
    """A table of offers that cannot be used, with every fault that was found in it."""

    def __init__(self, where: str, faults: list[str]) -> None:
        """Keep the faults one by one, and join them into the message."""
        self.faults = faults
        super().__init__(f"offers {where} cannot be used:\n" + "\n".join(f"- {f}" for f in faults))


class Fit(StrEnum):
    """Whether an offer fits, or whether that has to be asked first."""

    FITS = "fits"
    ASK = "ask"


FIT_NL = {Fit.FITS: "past", Fit.ASK: "na te vragen"}


@checked_dataclass(frozen=True, config=_CLOSED)
class Condition:
    """What one field must be: `is` a value or one of several, `at_least` or `below` a number.

    A condition that is `needed` must hold. Of the others of an offer, the signs, one has to.
    """

    field: str
    test: Literal["is", "at_least", "below"]
    value: Value
    label_nl: str
    needed: bool = True


@checked_dataclass(frozen=True, config=_CLOSED)
class OfferRule:
    """One row of the table: from when to when (that day included) it holds, and on whose word."""

    key: str
    name_nl: str
    what_nl: str
    valid_from: date
    source: str
    conditions: list[Condition]
    valid_until: date = date.max
    note: str = ""
    reveals_diagnosis: bool = False


@dataclass(frozen=True)
class Question:
    """A condition of which the field is not known: what to ask."""

    field: str
    label_nl: str


@dataclass(frozen=True)
class Offer:
    """An offer for one case: the conditions that it met, and what is still to be asked.

    With `reveals_diagnosis` the offer tells of a diagnosis: only for whoever may know it.
    """

    rule: OfferRule
    fit: Fit
    met: tuple[str, ...]
    to_ask: tuple[Question, ...]

    @property
    def key(self) -> str:
        """The key of the offer, the same whatever the day."""
        return self.rule.key

    @property
    def reveals_diagnosis(self) -> bool:
        """Whether the name or a condition tells of a diagnosis."""
        return self.rule.reveals_diagnosis


def find_offers(
    case: Mapping[str, Any], contract: Contract, on: date, rules: tuple[OfferRule, ...]
) -> list[Offer]:
    """Return the offers of a day that fit a case, and then those of which that is to be asked.

    An unknown fact never rules an offer out. Both parts keep the order of the table, which runs
    from specific to general.
    """
    facts = _read_facts(case, contract, on)
    found = [_judge(rule, facts, contract) for rule in get_rules(rules, on)]
    offers = [offer for offer in found if offer is not None]
    return sorted(offers, key=lambda offer: offer.fit is Fit.ASK)


def get_rules(rules: tuple[OfferRule, ...], on: date) -> tuple[OfferRule, ...]:
    """Return the rows that hold on a day."""
    return tuple(rule for rule in rules if rule.valid_from <= on <= rule.valid_until)


def _read_facts(case: Mapping[str, Any], contract: Contract, on: date) -> dict[str, Any]:
    facts = {name: case.get(name) for name in contract.names}
    start = case.get("absence_started_on")
    if isinstance(start, date):  # counted anew, because the absence goes on after the screening
        facts[ABSENT_DAYS] = (on - start).days
    return facts


def _judge(rule: OfferRule, facts: Mapping[str, Any], contract: Contract) -> Offer | None:
    """Return the offer, or None where a condition rules it out.

    A condition on a field that means something else in the contract of the case is unknown: old
    cases keep the contract of their day.
    """
    held = [
        (c, None if _find_condition_faults(c, contract) else _holds(c, facts))
        for c in rule.conditions
    ]
    needed = [holds for condition, holds in held if condition.needed]
    signs = [holds for condition, holds in held if not condition.needed]
    if False in needed or (signs and not any(holds is not False for holds in signs)):
        return None
    is_sure = None not in needed and (not signs or True in signs)
    return Offer(
        rule=rule,
        fit=Fit.FITS if is_sure else Fit.ASK,
        met=tuple(c.label_nl for c, holds in held if holds),
        to_ask=tuple(Question(c.field, c.label_nl) for c, holds in held if holds is None),
    )


def _holds(condition: Condition, facts: Mapping[str, Any]) -> bool | None:
    """Tell whether a condition holds; None where the fact is not known or not comparable."""
    fact, value = facts.get(condition.field), condition.value
    if fact is None:
        return None
    if condition.test == "is":
        return fact in value if isinstance(value, list) else bool(fact == value)
    if not _is_number(fact) or not _is_number(value):
        return None
    return bool(fact >= value) if condition.test == "at_least" else bool(fact < value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def read_offers(
    path: Path = DEFAULT_PATH,
    contract: Contract | None = None,
    medical: Medical | None = None,
) -> tuple[OfferRule, ...]:
    """Return the table in a file, fit for a contract; raises OffersError with every fault."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        rules = TypeAdapter(dict[Literal["offers"], list[OfferRule]]).validate_python(raw)["offers"]
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise OffersError(path.name, faults) from None
    except (OSError, ValueError, KeyError, RecursionError) as error:
        raise OffersError(path.name, ["expected TOML with [[offers]]"]) from error
    faults = find_offer_faults(rules, contract or default_contract(), medical or default_medical())
    if faults:
        raise OffersError(path.name, faults)
    return tuple(rules)


@cache
def default_offers() -> tuple[OfferRule, ...]:
    """Return the offers that ship with Kantelpunt, for the contract that ships with it."""
    return read_offers()


def find_offer_faults(rules: list[OfferRule], contract: Contract, medical: Medical) -> list[str]:
    """Return everything that is wrong with a table of offers, for one contract."""
    faults = [fault for rule in rules for fault in _find_rule_faults(rule, contract, medical)]
    for one, other in combinations(rules, 2):
        apart = one.valid_until < other.valid_from or other.valid_until < one.valid_from
        if one.key == other.key and not apart:
            faults.append(f"{one.key}: two rows hold on the same day")
    return faults


def _find_rule_faults(rule: OfferRule, contract: Contract, medical: Medical) -> list[str]:
    faults = [
        f"{rule.key}: {condition.field}: {fault}"
        for condition in rule.conditions
        for fault in _find_condition_faults(condition, contract)
    ]
    if rule.valid_until < rule.valid_from:
        faults.append(f"{rule.key}: valid_until lies before valid_from")
    texts = [rule.name_nl, *(condition.label_nl for condition in rule.conditions)]
    tells = any(condition.field in medical.fields for condition in rule.conditions) or any(
        names_diagnosis(text, contract, medical) for text in texts
    )
    if tells and not rule.reveals_diagnosis:
        faults.append(f"{rule.key}: has a medical name or condition: set reveals_diagnosis = true")
    return faults


def _find_condition_faults(condition: Condition, contract: Contract) -> list[str]:
    if condition.test != "is" and not _is_number(condition.value):
        return [f"{condition.test} needs a number"]
    if condition.field not in contract.names:
        return []  # unknown in this deployment: always to be asked
    return _find_value_faults(condition, contract.get_field(condition.field))


def _find_value_faults(condition: Condition, field: Field) -> list[str]:
    if field.levels:
        values = condition.value if isinstance(condition.value, list) else [condition.value]
        fits = condition.test == "is" and all(value in field.levels for value in values)
    elif field.kind == "flag":
        fits = condition.test == "is" and isinstance(condition.value, bool)
    else:
        fits = condition.test != "is" and _is_number(condition.value)
    return [] if fits else [f"expected {_expected(field)}"]


def _expected(field: Field) -> str:
    if field.levels or field.kind == "flag":
        return f'test "is" with {field.expected()}'
    return f'test "at_least" or "below" with {field.expected()}'
