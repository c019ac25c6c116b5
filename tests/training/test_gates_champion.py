"""The gates beside the champion: error, ranking, reasons, and who calls the service."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from features.contract import parse_contract
from tests.factories import FIVE_FIELDS
from training.comparison import Comparison, is_comparable, translate
from training.config import read_config
from training.evaluate import Measured
from training.gates import Gate, GateVerdict
from training.gates_version import judge_comparison, judge_contract
from training.release import UNREADABLE

CONFIG = read_config()
SAME = Measured(0.0, -0.001, 0.001)
EXTRA = '\n[[fields]]\nname = "extra"\nkind = "flag"\nlabel_nl = "Extra"\nsource = "x"\n'


def test_a_contract_that_only_adds_breaks_no_caller() -> None:
    before, after = parse_contract(FIVE_FIELDS), parse_contract(FIVE_FIELDS + EXTRA)

    assert judge_contract(after, before).verdict is GateVerdict.PASS
    assert is_comparable(before, after)
    assert not is_comparable(after, before)


def test_a_champion_reads_its_own_fields_and_levels_in_its_own_order() -> None:
    champion = parse_contract(FIVE_FIELDS)
    head, fields = FIVE_FIELDS.split("\n[[fields]]", 1)
    more = fields.replace('{ "1" =', '{ "0" = "weekend", "1" =')
    ours = parse_contract(f"{head}{EXTRA}\n[[fields]]{more}")
    rows = np.array([[1.0, 20.0, 3.0, shift, 1.0, np.nan] for shift in (0.0, 1.0, 2.0, 3.0)])

    found = translate(rows, ours, champion)

    assert found[:, champion.names.index("load_kg")].tolist() == [20.0] * 4
    shifts = found[:, champion.names.index("shift")]
    assert np.isnan(shifts[0])  # the weekend is new to the champion
    assert shifts[1:].tolist() == [0.0, 1.0, 2.0]


def test_a_new_field_that_is_required_breaks_callers() -> None:
    before, after = (
        parse_contract(FIVE_FIELDS),
        parse_contract(FIVE_FIELDS + EXTRA + "missing = false\n"),
    )

    assert judge_contract(after, before).why == "extra: is new and required"


def test_a_field_that_is_gone_breaks_callers() -> None:
    before, after = parse_contract(FIVE_FIELDS + EXTRA), parse_contract(FIVE_FIELDS)

    found = judge_contract(after, before)

    assert found.verdict is GateVerdict.FAIL
    assert found.why == "extra: is gone, and a case that brings it would be refused"


def compare(**changed: Any) -> Comparison:
    found = Comparison("1", "d", "2026-01-01", ("2025-01-01", "2025-07-01"), 900)
    return replace(found, tested=SAME, released=SAME, reasons_changed=SAME, **changed)


def verdict_of(name: str, found: Comparison | None, champion: str = "1") -> Gate:
    return {g.name: g for g in judge_comparison(found, "2", champion, CONFIG.gates)}[name]


HARDLY = Measured(0.0004, 0.0001, 0.0008)  # what another seed made on 20,000 persons
WORSE, BETTER = Measured(0.004, 0.002, 0.006), Measured(-0.004, -0.006, -0.002)


@pytest.mark.parametrize(
    ("tested", "released", "knows", "verdict"),
    [
        (SAME, SAME, False, GateVerdict.PASS),
        (WORSE, BETTER, False, GateVerdict.FAIL),
        (WORSE, BETTER, True, GateVerdict.INSUFFICIENT),
        (WORSE, WORSE, True, GateVerdict.FAIL),
        (WORSE, HARDLY, True, GateVerdict.INSUFFICIENT),
        (BETTER, BETTER, True, GateVerdict.PASS),
        (None, WORSE, True, GateVerdict.FAIL),
        (None, BETTER, False, GateVerdict.INSUFFICIENT),
        (None, SAME, True, GateVerdict.PASS),
    ],
)
def test_worse_than_the_champion_fails_unless_the_champion_was_flattered(
    tested: Measured | None, released: Measured, knows: bool, verdict: GateVerdict
) -> None:
    found = replace(compare(), tested=tested, released=released, champion_may_know=knows)

    assert verdict_of("champion", found).verdict is verdict


@pytest.mark.parametrize(
    ("since", "verdict"),
    [
        (Measured(0.05, 0.03, 0.07), GateVerdict.FAIL),
        (Measured(0.002, 0.001, 0.003), GateVerdict.PASS),  # what another seed makes
        (Measured(0.01, -0.01, 0.03), GateVerdict.PASS),
    ],
)
def test_what_was_seen_since_the_champion_learnt_decides_where_it_knew_the_window(
    since: Measured, verdict: GateVerdict
) -> None:
    overfit = replace(compare(), tested=WORSE, released=BETTER, champion_may_know=True, since=since)

    assert verdict_of("champion", overfit).verdict is verdict


def test_a_comparison_with_another_champion_fails_and_says_how_to_compare_now() -> None:
    gate = verdict_of("champion", compare(), champion="7")

    assert gate.verdict is GateVerdict.FAIL
    assert "version 1 at training; version 7 is the champion now: give --data DIR" in gate.why


@pytest.mark.parametrize("found", [None, Comparison(noted="not compared at training: away")])
def test_without_a_comparison_the_champion_blocks(found: Comparison | None) -> None:
    failing = [one.name for one in judge_comparison(found, "2", "1", CONFIG.gates) if one.blocks]

    assert failing == ["champion", "reasons"]


def test_without_a_champion_nothing_has_to_be_beaten() -> None:
    found = {gate.verdict for gate in judge_comparison(None, "1", "", CONFIG.gates)}

    assert found == {GateVerdict.NOT_APPLICABLE}


def test_other_reasons_for_most_cases_fail() -> None:
    found = replace(compare(), reasons_changed=Measured(0.9, 0.88, 0.92))

    assert verdict_of("reasons", found).blocks


def test_a_worse_ranking_by_gain_fails_where_the_champion_knew_as_little() -> None:
    found = replace(compare(), ranking=Measured(-0.01, -0.02, -0.001))

    assert verdict_of("champion_ranking", found).blocks
    flattered = replace(found, champion_may_know=True)
    assert verdict_of("champion_ranking", flattered).verdict is GateVerdict.INSUFFICIENT


@pytest.mark.parametrize("changed", [{"tested": [float("nan")] * 3}, {"tested": "abc"}, {}])
def test_what_no_comparison_wrote_is_not_read(changed: dict[str, Any]) -> None:
    found = compare().plain() | changed if changed else {"version": "1"}

    with pytest.raises(UNREADABLE):
        Comparison.of_plain(found)


def test_what_was_compared_can_be_kept_and_read_again() -> None:
    found = compare(champion_may_know=True)

    assert Comparison.of_plain(found.plain()) == found
