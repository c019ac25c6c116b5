"""What the page of the model says of groups, in Dutch and with its doubts."""

from dataclasses import replace
from typing import Any

import pytest

from features.contract import default_contract
from models.fairness import Verdict
from models.fairness_sums import COMPARED
from serving.pages.fairness_view import (
    FIGURES_NL,
    RELEASE_NL,
    VERDICT_NL,
    FairnessView,
    describe_groups,
    name_label,
)
from tests.running_service import Service
from tests.web.test_pages import read


def make_group(attribute: str, label: str, verdict: Verdict, **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = {"attributes": [attribute], "group": [label], "verdict": verdict.value}
    if verdict is Verdict.TOO_SMALL:
        return told
    return told | {
        "persons": 290,
        "figures": {
            "selection": [0.207, 0.159, 0.256],
            "false_own_way": [0.076, 0.042, 0.125],
        },
        "ratios": {},
        "error_ratio": [1.254, 0.9, 2.27],
        **more,
    }


def make_info(verdict: Verdict, **more: Any) -> dict[str, Any]:
    found = {
        "verdict": verdict.value,
        "screenings": 700,
        "judged": ["false_own_way"],
        "most_ratio": 1.25,
        "smallest_group": 30,
        "groups": [
            make_group("sex", "female", Verdict.PASS),
            make_group("sex", "male", Verdict.FAIL),
            make_group("origin", "eu", Verdict.INSUFFICIENT),
            make_group("diagnosis_group", "infection", Verdict.TOO_SMALL),
        ],
        "pairs": [],
        "pair_verdicts": {"pass": 2, "fail": 1, "insufficient_evidence": 207, "too_small": 369},
    }
    return {"fairness": found | more}


def view(info: dict[str, Any]) -> FairnessView:
    found = FairnessView.of(info, default_contract())
    assert found is not None
    return found


def test_every_verdict_and_every_compared_rate_has_its_dutch() -> None:
    assert set(VERDICT_NL) == set(Verdict)
    assert set(RELEASE_NL) == set(Verdict) - {Verdict.TOO_SMALL}
    assert set(FIGURES_NL) == set(COMPARED)


def test_a_group_is_shown_with_its_rates_its_margin_and_its_verdict() -> None:
    sex, origin, diagnosis = view(make_info(Verdict.FAIL)).attributes

    man, woman = sex.groups
    assert woman.label == "vrouw"
    assert (sex.label, man.label, man.persons) == ("Geslacht", "man", "290")
    assert [cell.figure for cell in man.cells] == ["21", "8", "niet te meten", "1,25"]
    assert man.cells[0].interval == "(16\N{EN DASH}26)"
    assert (man.verdict, man.is_bad) == ("Te veel fouten", True)
    assert origin.groups[0].verdict == "Te weinig gegevens"
    assert (diagnosis.label, diagnosis.groups[0].verdict) == (
        "Diagnosegroep",
        "Te klein om te meten",
    )
    assert diagnosis.groups[0].persons == ""


def test_a_release_that_fails_names_the_groups() -> None:
    found = view(make_info(Verdict.FAIL))

    assert "geslacht (man)" in found.verdict_nl
    assert "210 combinaties" in found.notes[0]
    assert "telt daarom niet mee" in found.notes[1]


def test_a_gap_in_pairs_only_is_said_to_be_there() -> None:
    groups = [make_group("sex", "male", Verdict.PASS)]

    found = view(make_info(Verdict.FAIL, groups=groups))

    assert "combinaties van twee kenmerken" in found.verdict_nl


@pytest.mark.parametrize(
    ("verdict", "words"),
    [(Verdict.PASS, "krijgt meer dan 1,25 keer"), (Verdict.INSUFFICIENT, "Dat is niet zeker")],
)
def test_a_release_that_does_not_fail_says_what_is_known(verdict: Verdict, words: str) -> None:
    told = view(make_info(verdict)).verdict_nl

    assert words in told


def test_labels_are_dutch_where_they_are_known() -> None:
    contract = default_contract()

    assert name_label("age", "35_to_49", contract) == "35 tot 49 jaar"
    assert name_label("age", "60_and_over", contract) == "60 jaar en ouder"
    assert name_label("age", "0_to_34", contract) == "tot 34 jaar"
    assert name_label("region", "oost_vlaanderen", contract) == "Oost-Vlaanderen"
    assert name_label("labour_status", "employee", contract) == "werknemer"
    assert name_label("team", "noord", contract) == "noord"


def test_a_model_without_groups_says_that_nobody_knows() -> None:
    assert FairnessView.of({}, default_contract()) is None
    assert "niet of het model voor alle groepen even goed werkt" in describe_groups({})


def test_the_page_shows_a_table_per_attribute(
    pages: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = pages.app.state.service
    bundle = replace(service.bundle, info=service.bundle.info | make_info(Verdict.FAIL))
    monkeypatch.setitem(pages.app.state._state, "service", replace(service, bundle=bundle))

    page = read(pages, "/model")

    assert "Even goed voor iedereen?" in page.text
    assert "Kennis van" not in page.text
    assert "geslacht (man)" in page.text
    assert "Te klein om te meten" in page.text
    assert "Fouten: keer de beste groep" in page.text
