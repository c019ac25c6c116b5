"""Referral forms for tests: any form, and the longest that is allowed."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from features.contract import Contract, default_contract
from features.requests import check_case
from serving.capacities import default_choices, read_choices
from serving.medical import default_medical
from serving.offers import default_offers, read_offers
from serving.permissions import Role
from serving.referral_form import (
    Consent,
    ReferralForm,
    Rules,
    Sender,
    Wishes,
    build_referral_form,
)
from tests.factories import make_case

ON = date(2026, 11, 22)
CONSENT = Consent(date(2026, 11, 20), Role.RTW_COORDINATOR, "aanmelding bij VDAB")
ANY_TEXT = "Wil in een kleine ploeg werken, het liefst dicht bij huis en met vaste taken."


def make_rules(contract: Contract | None = None) -> Rules:
    if contract is None:
        return Rules(default_contract(), default_choices(), default_offers(), default_medical())
    return Rules(
        contract, read_choices(contract=contract), read_offers(contract=contract), default_medical()
    )


def make_form(
    wishes: Wishes | None = None,
    *,
    consent: Consent = CONSENT,
    case: Mapping[str, Any] | None = None,
    rules: Rules | None = None,
    contact_nl: str = "",
    fund_nl: str = "",
    **given: Any,
) -> ReferralForm:
    rules = rules or make_rules()
    checked = check_case(make_case(rules.contract, **(case or {})), rules.contract)
    filled: dict[str, Any] = {"reference": "VR-2026-000123", "made_on": ON} | given
    sender = Sender(Role.RTW_COORDINATOR, fund_nl, contact_nl)
    return build_referral_form(checked, wishes or Wishes(), consent, rules, sender=sender, **filled)


def make_longest_form() -> ReferralForm:
    choices = default_choices()
    wishes = Wishes(
        capacities=tuple(choice.key for choice in choices.capacities),
        needs=tuple(choice.key for choice in choices.needs),
        capacities_text="W" * 500,
        needs_text="\n".join([("Mag en kan veel " * 3).strip()] * 10),
        offers=tuple(rule.key for rule in default_offers()),
    )
    consent = Consent(ON, Role.ADVISING_PHYSICIAN, "M" * 200)
    case = {"sickness_fund": "F" * 64, "region": "R" * 64}
    return make_form(wishes, consent=consent, case=case, reference="X" * 64, contact_nl="C" * 120)
