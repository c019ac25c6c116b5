import pytest

from features.contract import parse_contract
from features.contract_change import find_breaks
from tests.factories import FIVE_FIELDS, make_contract, make_field

NEW = make_field("pulse")
ALLOWED = {
    "nothing": (("", ""),),
    "another wording": (('label_nl = "Last"', 'label_nl = "Gewicht"'),),
    "a wider bound": (("high = 120", "high = 150"),),
    "a level more": (('"3" = "nacht"', '"3" = "nacht", "4" = "weekend"'),),
    "what was required may be missing": (("missing = false", "missing = true"),),
    "broken numbers where whole ones were asked": (("integer = true", "integer = false"),),
    "levels in another order": (('["low", "fair", "good"]', '["good", "fair", "low"]'),),
}


@pytest.mark.parametrize("change", ALLOWED)
def test_a_contract_that_accepts_every_case_of_today_breaks_nothing(change: str) -> None:
    text = FIVE_FIELDS
    for before, after in ALLOWED[change]:
        text = text.replace(before, after)

    assert find_breaks(make_contract(), parse_contract(text)) == []


def test_a_new_field_breaks_nothing_where_it_may_be_missing() -> None:
    found = find_breaks(make_contract(), make_contract(extra=NEW))
    required = find_breaks(make_contract(), make_contract(extra=make_field("pulse", missing=False)))

    assert found == []
    assert required == ["pulse: is new and required"]


REFUSED = {
    "horizon_days = 180": ("horizon_days = 365", "outcome: another outcome"),
    "high = 120": ("high = 100", "load_kg: no longer accepts all of -5.5 to 120"),
    "low = -5.5": ("low = 0", "load_kg: no longer accepts all of -5.5 to 120"),
    'unit_nl = "kg"': ('unit_nl = "g"', "load_kg: means something else"),
    '"2" = "late", ': ("", "shift: no longer accepts 1 of its levels"),
    'name = "insured"': ('name = "covered"', "insured: is gone"),
    'kind = "flag"': ('kind = "number"\nlow = 0\nhigh = 1', "insured: means something else"),
    'label_nl = "Bezoeken"': ('label_nl = "B"\nmissing = false', "visits: may no longer be"),
}


@pytest.mark.parametrize("before", REFUSED)
def test_a_contract_that_could_refuse_a_case_of_today_is_named_with_its_field(before: str) -> None:
    after, told = REFUSED[before]
    text = FIVE_FIELDS.replace(before, after, 1)

    found = find_breaks(make_contract(), parse_contract(text))

    assert text != FIVE_FIELDS
    assert [one for one in found if one.startswith(told)]


def test_whole_numbers_and_fewer_days_of_absence_are_told() -> None:
    wide = make_contract(extra=make_field("days", derived="absent_days", low=0, high=400))
    narrow = make_contract(extra=make_field("days", derived="absent_days", low=10, high=400))
    whole = parse_contract(FIVE_FIELDS.replace("high = 120", "high = 120\ninteger = true"))

    assert find_breaks(wide, narrow) == find_breaks(make_contract(), narrow) != []
    assert find_breaks(narrow, wide) == []
    assert "load_kg: accepts whole numbers only" in find_breaks(make_contract(), whole)
