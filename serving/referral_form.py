"""The referral form for VDAB: capacities, needs and wishes; never a diagnosis, score or reason."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from features.contract import Contract, Field
from features.errors import KantelpuntError
from features.wording import to_dutch
from serving.capacities import Choice, Choices, find_unknown, pick
from serving.faults import FieldFault
from serving.free_text import clean, find_text_fault_nl
from serving.medical import Medical
from serving.offers import OfferRule, get_rules
from serving.permissions import Role

MOST_CHOSEN = 12
MOST_CHARACTERS = 500
MOST_PURPOSE = 200
IN_CONSULTATION_NL: Literal["Aanbod in overleg met het ziekenfonds"] = (
    "Aanbod in overleg met het ziekenfonds"
)
UNKNOWN_NL = "niet gekend"


class ReferralRefusedError(KantelpuntError):
    """A form that cannot be made: which parts have to change, and what is expected there."""

    def __init__(self, faults: list[FieldFault]) -> None:
        """Keep the faults; the message names the parts and holds nothing that was written."""
        self.faults = faults
        super().__init__("referral form refused: " + ", ".join(fault.field for fault in faults))


@dataclass(frozen=True)
class Consent:
    """What the person agreed to: when, for what, and in which role someone recorded it."""

    given_on: date
    recorded_by: Role
    purpose_nl: str


@dataclass(frozen=True)
class Sender:
    """Who sends the form: in which role, how the fund is called, and whom VDAB can contact."""

    role: Role
    fund_nl: str = ""
    contact_nl: str = ""


@dataclass(frozen=True)
class Wishes:
    """What physician or coordinator chose: keys of the declared lists, and two short texts."""

    capacities: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    capacities_text: str = ""
    needs_text: str = ""
    offers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rules:
    """What a deployment declares: the contract, the lists to choose from, and what is medical."""

    contract: Contract
    choices: Choices
    offers: tuple[OfferRule, ...]
    medical: Medical


@dataclass(frozen=True)
class Fact:
    """One fact of the case that VDAB may see."""

    key: str
    label_nl: str
    value_nl: str


@dataclass(frozen=True)
class ReferralForm:
    """All that VDAB gets to see.

    Offers that tell of a diagnosis are not in it, nor is why an offer fits. Every form ends its
    offers with the same line on what is done in consultation, so that this tells nothing either.
    """

    reference: str
    made_on: date
    sickness_fund: str
    fund_nl: str
    region: str
    sent_by: Role
    contact_nl: str
    facts: tuple[Fact, ...]
    capacities: tuple[Choice, ...]
    capacities_text: str
    needs: tuple[Choice, ...]
    needs_text: str
    offers: tuple[Choice, ...]
    consent: Consent


def build_referral_form(
    case: Mapping[str, Any],
    wishes: Wishes,
    consent: Consent,
    rules: Rules,
    *,
    reference: str,
    made_on: date,
    sender: Sender,
) -> ReferralForm:
    """Return the form of one case; raises ReferralRefusedError with every fault.

    Of the case it reads the fund, the region and the declared facts, and nothing else.
    """
    on_day = get_rules(rules.offers, made_on)
    faults = [
        *_find_choice_faults(wishes, rules.choices, on_day),
        *_find_text_faults(wishes, consent, rules),
    ]
    if consent.given_on > made_on:
        faults.append(FieldFault("consent", "een toestemming op of voor de dag van het formulier"))
    if faults:
        raise ReferralRefusedError(faults)
    named = [Choice(rule.key, rule.name_nl) for rule in on_day if not rule.reveals_diagnosis]
    return ReferralForm(
        reference=reference,
        made_on=made_on,
        sickness_fund=str(case["sickness_fund"]),
        fund_nl=sender.fund_nl or str(case["sickness_fund"]),
        region=str(case["region"]),
        sent_by=sender.role,
        contact_nl=sender.contact_nl,
        facts=_read_facts(case, rules),
        capacities=pick(wishes.capacities, rules.choices.capacities),
        capacities_text=clean(wishes.capacities_text),
        needs=pick(wishes.needs, rules.choices.needs),
        needs_text=clean(wishes.needs_text),
        offers=pick(wishes.offers, named),
        consent=replace(consent, purpose_nl=clean(consent.purpose_nl)),
    )


def _find_choice_faults(
    wishes: Wishes, choices: Choices, on_day: tuple[OfferRule, ...]
) -> list[FieldFault]:
    offers = [Choice(rule.key, rule.name_nl) for rule in on_day]
    lists = [
        ("capacities", wishes.capacities, choices.capacities),
        ("needs", wishes.needs, choices.needs),
        ("offers", wishes.offers, offers),
    ]
    faults = []
    for name, keys, declared in lists:
        if places := find_unknown(keys, declared):
            faults.append(FieldFault(name, _tell_unknown(places)))
        elif len(set(keys)) > MOST_CHOSEN:
            faults.append(FieldFault(name, f"hoogstens {MOST_CHOSEN} keuzes uit de lijst"))
    return faults


def _tell_unknown(places: list[int]) -> str:
    which = "plaats " if len(places) == 1 else "plaatsen "
    listed = ", ".join(str(place + 1) for place in places)
    return f"enkel sleutels die GET offers noemt; onbekend op {which}{listed} van deze lijst"


def check_not_empty(form: ReferralForm) -> None:
    """Raise ReferralRefusedError for a form that says nothing of the person.

    Of the offers only those that VDAB sees count: an empty form would tell that another was chosen.
    """
    if not any((form.capacities, form.needs, form.capacities_text, form.needs_text, form.offers)):
        expected = "minstens één keuze of tekst: wat iemand kan, nodig heeft, of welk aanbod past"
        raise ReferralRefusedError([FieldFault("capacities", expected)])


def _find_text_faults(wishes: Wishes, consent: Consent, rules: Rules) -> list[FieldFault]:
    texts = [
        ("capacities_text", wishes.capacities_text, MOST_CHARACTERS),
        ("needs_text", wishes.needs_text, MOST_CHARACTERS),
        ("consent", consent.purpose_nl, MOST_PURPOSE),
    ]
    found = [
        (name, find_text_fault_nl(clean(text), most, rules.contract, rules.medical))
        for name, text, most in texts
    ]
    return [FieldFault(name, fault) for name, fault in found if fault is not None]


def _read_facts(case: Mapping[str, Any], rules: Rules) -> tuple[Fact, ...]:
    fields = [rules.contract.get_field(n) for n in rules.choices.facts if n in rules.contract.names]
    return tuple(Fact(f.name, f.label_nl, _value_nl(f, case.get(f.name))) for f in fields)


def _value_nl(field: Field, value: Any) -> str:
    if value is None:
        return UNKNOWN_NL
    if field.kind == "flag":
        return "ja" if value else "nee"
    if field.levels:
        return field.levels.get(value, UNKNOWN_NL)
    return f"{to_dutch(value)} {field.unit_nl}".strip()
