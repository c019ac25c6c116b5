from collections.abc import Callable

import pytest

from features import codelists
from features.codelists import CodeUnknownError, read_ranges
from features.contract import default_contract

CODES = """
    ICD-10   F43.0   depression_anxiety   acute stress reaction
    ICD-10   F43.2   depression_anxiety   adjustment disorder
    ICD-10   F32     depression_anxiety   depression
    ICD-10   f41.1   depression_anxiety   anxiety, in small letters
    ICD-10   Z73.0   burn_out             burn-out
    ICD-10   Z730    burn_out             burn-out, without the dot
    ICD-10   F48.0   burn_out             neurasthenia
    ICD-10   Z73.1   other                another problem of managing life
    ICD-10   F20     other                schizophrenia
    ICD-10   M54     musculoskeletal      back pain
    ICD-10   M54.5   musculoskeletal      low back pain
    ICD-10   S72     injury               broken femur
    ICD-10   S72.001A injury              the same in more digits
    ICD-10   T84.5   other                complication of an implant
    ICD-10   W19     injury               a fall
    ICD-10   C50     cancer               breast cancer
    ICD-10   D05.1   cancer               carcinoma in situ
    ICD-10   D25     other                fibroid of the womb
    ICD-10   I21     cardiovascular       heart attack
    ICD-10   I63     cardiovascular       stroke
    ICD-10   J18     infection            pneumonia
    ICD-10   J45     other                asthma
    ICD-10   A00     infection            cholera
    ICD-10   B99     infection            other infections
    ICD-10   U07.1   infection            COVID-19
    ICD-10   G35     other                multiple sclerosis
    ICD-10   O26     other                pregnancy
    ISCO-08  1       managers             managers
    ISCO-08  2221    professionals        nurses
    ISCO-08  5153    service_sales        caretakers
    ISCO-08  0310    service_sales        armed forces
    ISCO-08  8332    operators            lorry drivers
    ISCO-08  9112    elementary           cleaners
    NACE     Q       health_care          section
    NACE     86.101  health_care          hospitals
    NACE     Q86     health_care          section and division
    NACE     01.1    agriculture          crops
    NACE     47      trade                shops
    NACE     47110   trade                supermarkets
    NACE     41.20   construction         building
    NACE     84      public               public administration
    NACE     96.02   other                hairdressers
    NIS      11002   antwerpen            Antwerpen
    NIS      10000   antwerpen            the province
    NIS      71022   limburg              Hasselt
    NIS      44021   oost_vlaanderen      Gent
    NIS      24062   vlaams_brabant       Leuven
    NIS      20001   vlaams_brabant       the province
    NIS      31005   west_vlaanderen      Brugge
    NIS      21004   brussel              Brussel
    NIS      4000    brussel              the region, its first zero lost
"""
TRANSLATE: dict[str, Callable[[str], str]] = {
    code.system: code.translate for code in codelists.CODED.values()
}


def read_rows() -> list[list[str]]:
    return [line.split(maxsplit=3) for line in CODES.strip().splitlines()]


@pytest.mark.parametrize(("system", "code", "group", "meaning"), read_rows())
def test_a_code_belongs_to_its_group(system: str, code: str, group: str, meaning: str) -> None:
    found = TRANSLATE[system](code)

    assert found == group, meaning


@pytest.mark.parametrize(
    ("system", "code"),
    [
        ("ICD-10", "burn-out"),
        ("ICD-10", "F"),
        ("ICD-10", ""),
        ("ISCO-08", "nurse"),
        ("ISCO-08", "12345"),
        ("NACE", "00"),
        ("NACE", "40"),
        ("NACE", "Z"),
        ("NIS", "99999"),
        ("NIS", "Gent"),
    ],
)
def test_an_unknown_code_is_refused_without_being_shown(system: str, code: str) -> None:
    with pytest.raises(CodeUnknownError) as refused:
        TRANSLATE[system](code)

    assert str(refused.value) == f"no {system} code that we know: see features/codelists"


@pytest.mark.parametrize(
    ("name", "field"), [("icd10", "diagnosis_group"), ("isco08", "occupation"), ("nace2", "sector")]
)
def test_every_group_of_a_code_list_is_a_level_of_the_contract(name: str, field: str) -> None:
    groups = {found.group for found in read_ranges(name)}

    assert groups == set(default_contract().get_field(field).levels)
