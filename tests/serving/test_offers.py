from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from features.contract import default_contract, parse_contract
from features.requests import check_case
from serving.medical import read_medical
from serving.offers import (
    Fit,
    Offer,
    OffersError,
    default_offers,
    find_offers,
    get_rules,
    read_offers,
)
from tests.factories import make_case, make_contract, make_field, make_head

ON = date(2026, 11, 22)
# facts that the default contract has no field for: always to be asked
NOT_IN_CONTRACT = {"severe_mental_illness", "vdab_indication", "career_years"}
NOBODY: dict[str, Any] = {
    "labour_status": "employee",
    "has_contract": True,
    "tenure_years": 5.0,
    "diagnosis_group": "injury",
    "permitted_work": True,
    "physical_demands": "light",
    "physical_workload": 1,
    "work_health_interference": 1,
    "accommodation_offered": "no",
    "needs_other_job": "no",
    "job_satisfaction": 6,
    "own_expectation": "soon",
    "work_ability": 8,
    "absence_started_on": "2026-08-25",
    "screened_on": "2026-11-20",
}


def find(on: date = ON, **changes: Any) -> dict[str, Offer]:
    contract = default_contract()
    case = check_case(make_case(**(NOBODY | changes)), contract)
    return {offer.key: offer for offer in find_offers(case, contract, on, default_offers())}


def write_table(folder: Path, **changes: str) -> Path:
    """Write one offer on one condition; a change is the TOML of a value."""
    keys = {
        "key": '"one"',
        "name_nl": '"Een aanbod"',
        "what_nl": '"Wat het is."',
        "valid_from": "2024-01-01",
        "source": '"Een bron"',
        "reveals_diagnosis": "false",
    }
    condition = {"field": '"needs_other_job"', "test": '"is"', "value": '"yes"', "label_nl": '"L"'}
    top = "\n".join(f"{k} = {changes.get(k, v)}" for k, v in keys.items())
    below = "\n".join(f"{k} = {changes.get(k, v)}" for k, v in condition.items())
    more = "\n".join(f"{k} = {v}" for k, v in changes.items() if k not in keys | condition)
    path = folder / "offers.toml"
    path.write_text(f"[[offers]]\n{top}\n{more}\n[[offers.conditions]]\n{below}\n")
    return path


FITTING = [
    ("job_coaching", {"tenure_years": 0.99}),
    ("specialised_job_coaching", {"tenure_years": 1.0}),
    ("orientation", {"own_expectation": "unsure"}),
    ("orientation", {"has_contract": False}),
    ("orientation", {"absence_started_on": "2026-05-26"}),
    ("training", {"needs_other_job": "yes"}),
    ("workplace_learning", {"labour_status": "unemployed", "has_contract": False}),
    ("rentree", {"diagnosis_group": "cancer"}),
    ("permitted_work", {"permitted_work": False}),
]


@pytest.mark.parametrize(("key", "changes"), FITTING)
def test_an_offer_fits_and_says_which_condition_it_met(
    key: str, changes: Mapping[str, Any]
) -> None:
    offer = find(**changes)[key]

    assert offer.fit is Fit.FITS
    assert offer.met
    assert not {question.label_nl for question in offer.to_ask} & set(offer.met)


NOT_FITTING = [
    ("job_coaching", {"tenure_years": 1.0}),
    ("job_coaching", {"has_contract": False, "tenure_years": 0.5}),
    ("specialised_job_coaching", {"tenure_years": 0.99}),
    ("workplace_adaptation", {}),
    ("workplace_adaptation", {"labour_status": "unemployed", "physical_demands": "heavy"}),
    ("individual_support_package", {"labour_status": "unemployed"}),
    ("career_guidance", {}),
    ("orientation", {}),
    ("orientation", {"absence_started_on": "2026-05-27"}),
    ("training", {}),
    ("rentree", {}),
    ("ips", {}),
    ("permitted_work", {}),
]


@pytest.mark.parametrize(("key", "changes"), NOT_FITTING)
def test_an_offer_is_left_out_where_a_condition_fails(key: str, changes: Mapping[str, Any]) -> None:
    offers = find(**changes)

    assert key not in offers


TO_ASK = [
    ("workplace_adaptation", {"physical_demands": "heavy"}, ["vdab_indication"]),
    ("individual_support_package", {}, ["vdab_indication"]),
    ("career_guidance", {"needs_other_job": "yes"}, ["career_years"]),
    ("ips", {"diagnosis_group": "depression_anxiety"}, ["severe_mental_illness"]),
    ("training", {"needs_other_job": None}, ["needs_other_job"]),
    ("job_coaching", {"tenure_years": None}, ["tenure_years"]),
]


@pytest.mark.parametrize(("key", "changes", "asked"), TO_ASK)
def test_an_unknown_fact_is_asked_and_rules_nothing_out(
    key: str, changes: Mapping[str, Any], asked: list[str]
) -> None:
    offer = find(**changes)[key]

    assert offer.fit is Fit.ASK
    assert [question.field for question in offer.to_ask] == asked


def test_without_any_answer_no_offer_on_answers_is_lost() -> None:
    names = [field.name for field in default_contract().fields if field.kind == "answer"]
    nothing: dict[str, Any] = dict.fromkeys(names)

    offers = find(permitted_work=False, **nothing)

    assert {"orientation", "training", "career_guidance", "permitted_work"} <= set(offers)


def test_what_fits_comes_before_what_is_to_be_asked_and_specific_before_general() -> None:
    offers = find(diagnosis_group="cancer", needs_other_job="yes", tenure_years=0.5)

    fits = [offer.fit for offer in offers.values()]
    order = [rule.key for rule in default_offers()]
    fitting = [key for key, offer in offers.items() if offer.fit is Fit.FITS]
    assert fits == sorted(fits, reverse=True)
    assert fitting[0] == "rentree"
    assert fitting == sorted(fitting, key=order.index)


def test_the_days_of_absence_are_counted_until_the_day_of_asking() -> None:
    before, after = find(on=date(2027, 2, 20)), find(on=date(2027, 2, 21))

    assert "orientation" not in before
    assert "orientation" in after


def test_an_offer_holds_from_its_first_until_its_last_day(tmp_path: Path) -> None:
    rules = read_offers(write_table(tmp_path, valid_until="2026-11-22"))

    days = [date(2023, 12, 31), date(2024, 1, 1), date(2026, 11, 22), date(2026, 11, 23)]

    assert [len(get_rules(rules, day)) for day in days] == [0, 1, 1, 0]


def test_the_table_holds_every_offer_of_the_plan_with_its_source() -> None:
    rules = default_offers()

    assert [rule.key for rule in rules] == [
        *("rentree", "ips", "job_coaching", "specialised_job_coaching", "workplace_adaptation"),
        *("individual_support_package", "career_guidance", "orientation", "training"),
        *("workplace_learning", "permitted_work"),
    ]
    assert all(rule.source and rule.note and rule.conditions for rule in rules)


def test_fields_outside_the_contract_are_named_on_purpose() -> None:
    used = {c.field for rule in default_offers() for c in rule.conditions}

    assert used - set(default_contract().names) == NOT_IN_CONTRACT


def test_only_offers_on_a_diagnosis_are_marked_as_such() -> None:
    marked = [rule.key for rule in default_offers() if rule.reveals_diagnosis]

    offers = find(diagnosis_group="cancer").values()

    assert marked == ["rentree", "ips"]
    assert [offer.key for offer in offers if offer.reveals_diagnosis] == ["rentree"]


def test_a_contract_without_these_fields_gets_every_offer_to_ask() -> None:
    contract = make_contract()
    rules = read_offers(contract=contract)

    offers = find_offers(check_case(make_case(contract), contract), contract, ON, rules)

    assert {o.fit for o in offers if o.key != "orientation"} == {Fit.ASK}
    assert len(offers) == len(rules)


def test_a_field_with_other_levels_in_the_contract_of_the_case_is_unknown() -> None:
    field = make_field("needs_other_job", kind="answer", low=None, high=None)
    contract = parse_contract(make_head() + field + 'levels = ["perhaps", "surely"]\n')

    offers = find_offers({"needs_other_job": "surely"}, contract, ON, default_offers())

    training = next(offer for offer in offers if offer.key == "training")
    assert training.fit is Fit.ASK
    assert "needs_other_job" in [question.field for question in training.to_ask]


def test_a_value_of_another_kind_is_unknown() -> None:
    case = {"has_contract": True, "tenure_years": "five"}

    offers = find_offers(case, default_contract(), ON, default_offers())

    assert next(o for o in offers if o.key == "job_coaching").fit is Fit.ASK


FAULTS = [
    ({"value": '"perhaps"'}, 'one: needs_other_job: expected test "is" with one of no, yes'),
    ({"value": '["no", "perhaps"]'}, "one: needs_other_job: expected"),
    ({"test": '"at_least"'}, "one: needs_other_job: at_least needs a number"),
    ({"field": '"has_contract"'}, 'one: has_contract: expected test "is" with true or false'),
    ({"field": '"tenure_years"', "value": "1"}, 'one: tenure_years: expected test "at_least"'),
    ({"field": '"tenure_years"', "test": '"near"'}, "offers.0.conditions.0.test"),
    ({"valid_until": "2023-12-31"}, "one: valid_until lies before valid_from"),
    ({"field": '"diagnosis_group"', "value": '"cancer"'}, "set reveals_diagnosis = true"),
    ({"name_nl": '"Werk na een depressie"'}, "set reveals_diagnosis = true"),
    ({"label_nl": '"Heeft kanker"'}, "set reveals_diagnosis = true"),
    ({"colour": '"red"'}, "offers.0.colour"),
    ({"valid_from": '"soon"'}, "offers.0.valid_from"),
    ({"key": ""}, "expected TOML with"),
]


@pytest.mark.parametrize(("changes", "fault"), FAULTS)
def test_a_table_that_cannot_be_used_says_why(
    tmp_path: Path, changes: Mapping[str, str], fault: str
) -> None:
    path = write_table(tmp_path, **changes)

    with pytest.raises(OffersError) as caught:
        read_offers(path)

    assert fault in str(caught.value)


@pytest.mark.parametrize(("next_from", "clash"), [("2024-06-30", True), ("2024-07-01", False)])
def test_a_next_row_of_an_offer_begins_after_the_last_day_of_the_former(
    tmp_path: Path, next_from: str, clash: bool
) -> None:
    former = write_table(tmp_path, valid_until="2024-06-30").read_text()
    path = write_table(tmp_path, valid_from=next_from)
    path.write_text(former + path.read_text())

    if clash:
        with pytest.raises(OffersError, match="one: two rows hold on the same day"):
            read_offers(path)
    else:
        assert len(read_offers(path)) == 2


def test_a_table_that_is_not_there_is_named_without_its_path(tmp_path: Path) -> None:
    with pytest.raises(OffersError, match=r"^offers none.toml cannot be used"):
        read_offers(tmp_path / "none.toml")


def test_the_medical_fields_can_be_those_of_another_contract(tmp_path: Path) -> None:
    medical = tmp_path / "medical.toml"
    medical.write_text('fields = ["mood"]\neveryday = []\nparts = []\nwords = []\n')
    path = write_table(tmp_path, field='"mood"', value='"low"')

    with pytest.raises(OffersError, match="set reveals_diagnosis"):
        read_offers(path, make_contract(), read_medical(medical))
