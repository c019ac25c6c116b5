import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from features.contract import default_contract
from serving.capacities import CapacitiesError, default_choices, read_choices
from serving.medical import default_medical, list_labels
from serving.permissions import Role
from serving.referral_form import (
    IN_CONSULTATION_NL,
    Consent,
    ReferralRefusedError,
    Wishes,
    check_not_empty,
)
from serving.referral_letter import to_pdf
from serving.referral_schemas import ReferralFormOut, to_json
from tests.factories import make_contract
from tests.pdf_reading import read_text
from tests.referral_forms import ON, make_form, make_longest_form, make_rules

LEVELS = list(default_contract().get_field("diagnosis_group").levels)


@pytest.mark.parametrize("level", LEVELS)
def test_no_diagnosis_changes_a_byte_of_letter_or_json(level: str) -> None:
    wishes = Wishes(offers=("rentree", "ips", "training"))

    form = make_form(wishes, case={"diagnosis_group": level, "comorbidities": 7, "pain": 6})

    plain = make_form(Wishes(offers=("training",)), case={"diagnosis_group": "other"})
    assert to_pdf(form) == to_pdf(plain)
    assert to_json(form) == to_json(plain)


def test_no_label_of_a_diagnosis_stands_in_the_longest_form() -> None:
    labels = set(list_labels(default_contract(), default_medical())) - {"andere"}

    text = (read_text(to_pdf(make_longest_form())) + to_json(make_longest_form())).lower()

    assert len(labels) == len(LEVELS) - 1
    assert not [label for label in labels if label in text]
    assert not [word for word in ("rentree", "ips", "ernstige psychische") if word in text]


def test_an_offer_that_tells_of_a_diagnosis_cannot_be_told_from_no_wish_at_all() -> None:
    forms = [make_form(Wishes(offers=keys)) for keys in ((), ("rentree",), ("ips", "rentree"))]

    assert len({to_json(form) for form in forms}) == 1
    assert len({to_pdf(form) for form in forms}) == 1
    assert IN_CONSULTATION_NL in to_json(forms[0])


def test_only_declared_facts_leave_the_case() -> None:
    form = make_form()

    sent = json.loads(to_json(form))

    assert [fact["key"] for fact in sent["facts"]] == list(default_choices().facts)
    assert set(sent) == set(ReferralFormOut.model_fields)
    assert not {"met", "p_usual", "gain", "suggestion", "reasons"} & set(
        json.dumps(sent).split('"')
    )


def test_choices_come_in_the_order_of_the_list_and_once() -> None:
    form = make_form(Wishes(("home", "seated", "seated"), offers=("training", "job_coaching")))

    assert [choice.key for choice in form.capacities] == ["seated", "home"]
    assert [choice.key for choice in form.offers] == ["job_coaching", "training"]


def test_a_case_of_another_contract_gets_a_form_without_its_fields() -> None:
    form = make_form(Wishes(("seated",)), rules=make_rules(make_contract()))

    text = read_text(to_pdf(form))

    assert form.facts == ()
    assert "Werksituatie" not in text
    assert "zittend werk doen" in text


def test_a_deployment_can_send_other_facts_with_their_units() -> None:
    rules = make_rules()
    choices = replace(rules.choices, facts=("weekly_hours", "no_such_field"))

    form = make_form(case={"weekly_hours": 22.5}, rules=replace(rules, choices=choices))

    assert [(f.label_nl, f.value_nl) for f in form.facts] == [("Arbeidsuren per week", "22,5 uur")]


def test_an_unknown_fact_is_called_unknown() -> None:
    form = make_form(case={"occupation": None})

    assert {fact.key: fact.value_nl for fact in form.facts}["occupation"] == "niet gekend"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"wishes": Wishes(capacities=("fly",))}, "capacities"),
        ({"wishes": Wishes(needs=("seated",))}, "needs"),
        ({"wishes": Wishes(offers=("lottery",))}, "offers"),
        ({"wishes": Wishes(offers=("training",)), "made_on": date(2023, 1, 1)}, "offers"),
        ({"wishes": Wishes(capacities_text="a" * 501)}, "capacities_text"),
        ({"wishes": Wishes(needs_text="a" * 501)}, "needs_text"),
        ({"wishes": Wishes(needs_text="a\n" * 11)}, "needs_text"),
        ({"consent": Consent(date(2026, 11, 23), Role.RTW_COORDINATOR, "x")}, "consent"),
        ({"consent": Consent(ON, Role.RTW_COORDINATOR, "na kanker")}, "consent"),
        ({"consent": Consent(ON, Role.RTW_COORDINATOR, "a" * 201)}, "consent"),
    ],
)
def test_a_form_that_cannot_be_made_names_the_part(changes: Mapping[str, Any], field: str) -> None:
    with pytest.raises(ReferralRefusedError) as caught:
        make_form(**changes)

    assert field in [fault.field for fault in caught.value.faults]


def test_a_key_that_is_not_in_the_list_is_told_by_its_place_and_not_repeated() -> None:
    with pytest.raises(ReferralRefusedError) as caught:
        make_form(Wishes(capacities=("seated", "fly", "swim")))

    expected = caught.value.faults[0].expected
    assert "GET offers" in expected
    assert "plaatsen 2, 3" in expected
    assert "fly" not in expected


@pytest.mark.parametrize("wishes", [Wishes(), Wishes(offers=("rentree",)), Wishes(needs_text=" ")])
def test_a_form_that_says_nothing_is_not_sent_nor_one_that_tells_by_being_empty(
    wishes: Wishes,
) -> None:
    form = make_form(wishes)

    with pytest.raises(ReferralRefusedError) as caught:
        check_not_empty(form)

    assert "minstens één" in caught.value.faults[0].expected


def test_every_fault_is_told_at_once() -> None:
    wishes = Wishes(capacities=("fly",), capacities_text="kanker", needs_text="a" * 501)

    with pytest.raises(ReferralRefusedError) as caught:
        make_form(wishes)

    assert [fault.field for fault in caught.value.faults] == [
        *("capacities", "capacities_text", "needs_text")
    ]


def test_the_json_says_its_schema_and_refuses_what_it_does_not_know() -> None:
    sent = to_json(make_form(Wishes(("seated",))))

    read = ReferralFormOut.model_validate_json(sent)
    described = ReferralFormOut.model_json_schema()["properties"]
    assert read.form_schema == "kantelpunt-referral-form/1"
    assert all("description" in part or "$ref" in part for part in described.values())
    with pytest.raises(ValidationError):
        ReferralFormOut.model_validate(json.loads(sent) | {"diagnosis_group": "cancer"})


BAD_CHOICES = [
    ('facts = ["pain"]', "no fact for VDAB"),
    ('facts = ["needs_other_job"]', "no fact for VDAB"),
    ('facts = []\n[[needs]]\nkey = "a"\nlabel_nl = "heeft kanker"', "a: names a diagnosis"),
    ("facts = [", "expected facts"),
    ('facts = []\ncolour = "red"', "expected facts"),
]


@pytest.mark.parametrize(("text", "fault"), BAD_CHOICES)
def test_a_list_of_choices_that_cannot_be_used_says_why(
    tmp_path: Path, text: str, fault: str
) -> None:
    path = tmp_path / "capacities.toml"
    lists = [f"{name} = []" for name in ("capacities", "needs") if f"[[{name}]]" not in text]
    path.write_text("\n".join([*lists, text]))

    with pytest.raises(CapacitiesError, match=fault):
        read_choices(path)


def test_a_key_stands_once_in_a_list_and_no_list_is_longer_than_a_form_takes(
    tmp_path: Path,
) -> None:
    path = tmp_path / "capacities.toml"
    row = '[[needs]]\nkey = "a"\nlabel_nl = "b"\n'
    path.write_text(f"facts = []\ncapacities = []\n{row}{row}")
    choices = default_choices()

    assert max(len(choices.capacities), len(choices.needs)) <= 12
    with pytest.raises(CapacitiesError, match="a key stands twice"):
        read_choices(path)
