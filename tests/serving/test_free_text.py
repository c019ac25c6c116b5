from pathlib import Path

import pytest

from features.contract import default_contract
from serving.free_text import clean
from serving.medical import MedicalError, default_medical, list_labels, read_medical
from serving.referral_form import ReferralRefusedError, Wishes
from tests.referral_forms import ANY_TEXT, make_form
from tests.serving.free_texts import CONTACTS, HARMLESS, MEDICAL


def find_fault(text: str) -> str | None:
    try:
        make_form(Wishes(needs_text=text))
    except ReferralRefusedError as error:
        return error.faults[0].expected
    return None


@pytest.mark.parametrize(
    "text", ["goed 😀", "שלום", "سلام", "漢字", "a\u202eb", "a\u200bb", "a\x07b", "a\ue000"]
)
def test_signs_that_the_letter_cannot_show_are_refused_in_a_text(text: str) -> None:
    fault = find_fault(text)

    assert fault == "enkel letters, cijfers en leestekens"


PERSON_NUMBER = "85073003" + "328"
NUMBERS = [
    PERSON_NUMBER,
    "85.07.30" + "-033.28",
    "85/07/30 033 28",
    "nummer 850730\u2013033\u201328 van iemand",
    "850730\n03328",
    "85 07 30\u00a0033\u00a028",
]


@pytest.mark.parametrize("text", NUMBERS)
def test_a_number_that_may_be_of_a_person_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ReferralRefusedError) as caught:
        make_form(Wishes(capacities_text=text))

    told = str(caught.value) + "".join(fault.expected for fault in caught.value.faults)
    assert "nummer van een persoon" in told
    assert "85" not in told


NAMING = [
    *(
        "Heeft kanker gehad",
        "herstelt van BORSTKANKER",
        "burn-out",
        "burn out",
        "Burnout",
        "kánker",
    ),
    *("is depressief", "depressie of angst", "angst", "hart en vaten", "spieren", "ADHD", "F32.1"),
    *("zie C50", "diagnose: volgt", "M54.5 dus", "fibromyalgie", "psychiater", "long-covid"),
    *(label for label in list_labels(default_contract(), default_medical()) if label != "andere"),
]


@pytest.mark.parametrize("text", NAMING)
def test_a_text_that_names_a_diagnosis_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ReferralRefusedError) as caught:
        make_form(Wishes(needs_text=f"Graag rust, {text}."))

    told = str(caught.value) + "".join(fault.expected for fault in caught.value.faults)
    assert "zonder diagnose" in told
    assert text not in told


ORDINARY = [
    *(
        "",
        ANY_TEXT,
        "Heeft nood aan een andere job.",
        "Rijdt over de E40 en de A12, 8:30 tot 12:00",
    ),
    *("Van 08:00-12:00 en 13:00-17:00", "Kan 2 x 4 uur, vanaf 2026-12-01"),
    *("Hartelijk in de omgang, spierwit bureau", "Mag geen vaten van 20 kg tillen", "Ω ł ş ő é"),
]


@pytest.mark.parametrize("text", ORDINARY)
def test_an_ordinary_text_is_taken(text: str) -> None:
    assert find_fault(text) is None


@pytest.mark.parametrize("text", HARMLESS)
def test_what_workers_need_can_be_said(text: str) -> None:
    assert find_fault(text) is None


@pytest.mark.parametrize("text", MEDICAL)
def test_what_is_medical_is_refused(text: str) -> None:
    fault = find_fault(text)

    assert fault is not None
    assert "medisch woord" in fault


@pytest.mark.parametrize("text", CONTACTS)
def test_how_to_reach_or_pay_someone_is_refused(text: str) -> None:
    fault = find_fault(text)

    assert fault is not None
    assert "telefoon" in fault


def test_a_text_is_tidied() -> None:
    tidied = clean("  e\u0301e\u0301n \t woord\r\n\r\n\u00a0twee  \n")

    assert tidied == "één woord\ntwee"


def test_a_list_of_medical_words_that_cannot_be_used_says_why(tmp_path: Path) -> None:
    path = tmp_path / "medical.toml"
    path.write_text("fields = 3\n")

    with pytest.raises(MedicalError, match="expected lists of texts"):
        read_medical(path)
