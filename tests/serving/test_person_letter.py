import re
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any

import pytest

from features.contract import default_contract
from models.estimate import Estimate, GainStatus, Sum
from serving.assessment import Assessment
from serving.person_letter import PersonLetter, to_pdf, to_texts
from tests.pdf_reading import (
    check_accessible,
    check_margins,
    list_kinds,
    read_pages,
    read_part,
    read_text,
)
from tests.running_service import TODAY, get_other_bundle, make_assessment
from tests.serving.test_referral_letter import HOSTILE

ESTIMATED, SAME, UNKNOWN = GainStatus.ESTIMATED, GainStatus.SAME_FOR_ALL, GainStatus.UNKNOWN
BLANK = {f.name: None for f in default_contract().fields if f.kind == "answer"}
DIAGNOSES = default_contract().get_field("diagnosis_group").levels.values()


def make_letter(
    a: Assessment | None = None, *, status: GainStatus = ESTIMATED, **changes: Any
) -> PersonLetter:
    letter = PersonLetter(
        a or make_assessment(1, status=status),
        TODAY,
        "Ziekenfonds Demo",
        "Team terug naar werk, 02 555 10 10",
        "dpo@fonds.example",
    )
    return replace(letter, **changes)


def make_gain(value: float, a: Assessment) -> Assessment:
    def make(number: float) -> Sum:
        return replace(a.estimate.usual, value=number, low=number - 0.05, high=number + 0.05)

    sums = (make(0.31), make(value), make(0.31 + value))
    return replace(a, estimate=Estimate(*sums, ESTIMATED))


def test_the_letter_says_what_was_estimated_with_and_without_support_and_its_doubt() -> None:
    a = make_gain(0.13, make_assessment(1, status=ESTIMATED))

    first = read_pages(to_pdf(make_letter(a)))[0]

    for expected in (
        *("Ziekenfonds Demo", "Dienst van de adviserend arts", "Dossier C-0001", "15 april 2026"),
        "Hoeveel van 100 mensen zoals u keren binnen een jaar terug naar werk?",
        "Zonder extra steun ongeveer 31 van de 100 niet zeker: waarschijnlijk tussen 26 en 36",
        "Met steun van VDAB of een partner ongeveer 44 van de 100",
        "niet zeker: waarschijnlijk tussen 39 en 49",
        "naar schatting 13 van de 100 meer terug",
        "het ligt waarschijnlijk tussen 8 meer en 18 meer",
        "minstens 90 dagen na elkaar werken",
        "Niemand kan vooraf weten hoe het met u zal gaan.",
    ):
        assert expected in first


def test_it_says_who_decides_and_what_it_is_never_used_for() -> None:
    first = read_pages(to_pdf(make_letter()))[0]

    for expected in (
        "De arts beslist. De computer beslist niets.",
        "vrijwillig. U mag altijd neen zeggen.",
        "nooit om u te controleren",
        "nooit voor een sanctie",
        "Het bepaalt niet of u een uitkering krijgt.",
    ):
        assert expected in first


def test_it_says_how_to_correct_object_see_everything_and_complain() -> None:
    text = read_text(to_pdf(make_letter()))

    for expected in (
        *("Klopt een gegeven niet?", "U kunt bezwaar maken.", "Dat is gratis."),
        *("Team terug naar werk, 02 555 10 10", "gegevensbescherming: dpo@fonds.example."),
        "Gegevensbeschermingsautoriteit, Drukpersstraat 35, 1000 Brussel.",
        *("gemaakt op 15 april 2026", "versie 3 van het computermodel"),
    ):
        assert expected in text


def test_an_estimate_of_just_after_midnight_is_of_that_day_here() -> None:
    late = replace(make_assessment(1), made_at=datetime(2026, 4, 10, 22, 30, tzinfo=UTC))

    told = to_texts(make_letter(late))

    assert told["made_by"][0] == "De inschatting is gemaakt op 11 april 2026."


def test_without_contacts_it_still_says_whom_to_ask() -> None:
    text = read_text(to_pdf(make_letter(contact_nl="", dpo_nl="")))

    assert "de dienst van de adviserend arts van uw ziekenfonds" in text
    assert "u bereikt die persoon via uw ziekenfonds" in text


def test_the_first_pages_hold_no_diagnosis_no_points_and_no_value_of_the_person() -> None:
    letter = make_letter()

    pages = read_pages(to_pdf(letter))

    annex = next(place for place, text in enumerate(pages) if text.startswith("Bijlage"))
    assert annex >= 1
    before = " ".join(pages[:annex])
    assert not [name for name in DIAGNOSES if re.search(rf"\b{re.escape(name)}\b", before)]
    assert not re.search(r"[+\u2212]\d|punten", before)
    for label, value in (pair for _, pairs in to_texts(letter)["known"] for pair in pairs):
        assert f"{label} {value}" not in before


def test_the_annex_holds_all_that_the_estimate_was_made_from_in_words() -> None:
    letter = make_letter()

    pages = read_pages(to_pdf(letter))

    annex = " ".join(text for text in pages if text not in pages[:2])
    assert "Van uw ziekenfonds" in annex
    assert "Van uw antwoorden op de vragenlijst van week 10" in annex
    assert "Verander niets aan een behandeling zonder uw arts." in annex
    values = [pair for _, pairs in to_texts(letter)["known"] for pair in pairs]
    assert len(values) == len(default_contract().fields)
    for label, value in values:
        assert f"{label} {value}" in annex
    assert not re.search(r"\(\d-\d+\)|ISCO|NACE", annex)
    assert re.search(r"Pijn \d op 6", annex)


def test_what_can_still_change_is_told_without_how_much_it_weighs() -> None:
    letter = make_letter()

    rows = to_texts(letter)["changeable"]

    kinds = {pulls for _, pulls in rows}
    assert 1 <= len(rows) <= 6
    assert kinds <= {"maakt het getal nu hoger", "maakt het getal nu lager"}


def test_who_did_not_answer_reads_that_this_is_allowed() -> None:
    letter = make_letter(make_assessment(1, status=ESTIMATED, **BLANK))

    text = read_text(to_pdf(letter))

    assert "U vulde de vragenlijst niet in. Dat mag." in text
    assert "Vragenlijst niet ingevuld" in text
    assert "niet beantwoord" not in text


@pytest.mark.parametrize(
    ("gain", "expected"),
    [
        (0.0, "Naar schatting maakt steun in uw situatie geen verschil."),
        (-0.04, "Met steun keren er naar schatting 4 van de 100 minder terug."),
        (0.04, "het ligt waarschijnlijk tussen 1 minder en 9 meer"),
        (0.05, "het ligt waarschijnlijk tussen 0 en 10 meer"),
    ],
)
def test_support_that_does_nothing_or_harm_is_told_as_such(gain: float, expected: str) -> None:
    a = make_gain(gain, make_assessment(1, status=ESTIMATED))

    assert expected in " ".join(chain(*to_texts(make_letter(a))["estimate"]))


def test_a_gain_that_is_the_same_for_all_or_unknown_is_told_as_such() -> None:
    same, unknown = (read_text(to_pdf(make_letter(status=one))) for one in (SAME, UNKNOWN))

    assert "Voor steun gebruiken wij één getal voor iedereen." in same
    assert "Wij weten niet hoeveel steun voor u verschil maakt." in unknown
    assert "Met steun van VDAB" not in unknown


def test_another_contract_gives_a_letter_too() -> None:
    a = make_assessment(1, status=ESTIMATED)
    model = get_other_bundle().model
    case = {"load_kg": 3.5, "visits": 2, "shift": "2", "insured": True, "mood": "low"}
    other = replace(a, contract=model.contract, case={**a.case, **case})

    text = read_text(to_pdf(make_letter(replace(other, reasons=replace(a.reasons, usual=())))))

    assert "binnen 180 dagen" in text
    assert "minstens 30 dagen na elkaar werken" in text
    assert "Van scale" in text
    assert "Wat nog kan veranderen" not in text


def test_it_is_tagged_dutch_and_titled() -> None:
    pdf = to_pdf(make_letter())

    check_accessible(pdf, "Brief over uw terugkeer naar werk, dossier C-0001")
    assert {"H1", "H2", "P", "L", "Table", "TH", "TD"} <= set(list_kinds(pdf))


def test_it_takes_four_pages_with_nothing_over_the_edge_and_room_for_an_address() -> None:
    pdf = to_pdf(make_letter(contact_nl="C" * 200, fund_nl="F" * 64))

    assert 3 <= check_margins(pdf) <= 4
    # the window of an envelope: 110 to 200 mm from the left, 52 to 77 mm from the top, is empty
    assert read_part(pdf, 105, 200, 49, 72) == ""


def test_the_same_letter_gives_the_same_bytes() -> None:
    letter = make_letter()

    assert to_pdf(letter) == to_pdf(letter)
    assert to_pdf(letter) != to_pdf(replace(letter, made_on=date(2026, 4, 16)))


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_deployment_declares_is_printed_and_never_run(text: str) -> None:
    line = text.split("\n")[0]

    shown = read_text(to_pdf(make_letter(contact_nl=line, dpo_nl=line, fund_nl=line)))

    assert shown.count("".join(line.split("\n")[0])) >= 3
    assert "root:" not in shown


def test_hostile_text_in_a_value_or_a_label_is_printed_and_never_run() -> None:
    a = make_assessment(1, status=ESTIMATED)
    contract = a.contract
    hostile = replace(contract.fields[0], label_nl="#panic(1) *x* $y$ <z>", unit_nl='#read("x")')
    changed = replace(contract, fields=(hostile, *contract.fields[1:]))

    text = read_text(to_pdf(make_letter(replace(a, contract=changed, model_version="#v *3*"))))

    assert "#panic(1) *x* $y$ <z>" in text
    assert '#read("x")' in text
    assert "versie #v *3* van" in text
