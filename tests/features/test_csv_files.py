from pathlib import Path

import numpy as np
import pytest

from features.contract import Contract
from features.errors import KantelpuntError
from features.tables import read_extract
from tests.factories import make_contract

HEADER = (
    "case_id,person_key,sickness_fund,region,absence_started_on,screened_on,"
    "load_kg,visits,shift,insured,mood"
)
ROWS = (
    "C-1,P-1,fonds-a,Liège,2026-01-05,2026-03-31,3.5,2,1,true,low",
    "C-2,P-2,fonds-b,Limburg,2026-01-06,2026-04-01,4,,2,,",
)
SEMICOLONS = "\n".join([HEADER, *ROWS]).replace(",", ";").replace("3.5", "3,5") + "\n"
COMMAS = "\n".join([HEADER, *ROWS]) + "\n"
CONTRACT: Contract = make_contract()

FORMS = {
    "commas": COMMAS.encode(),
    "commas and a decimal comma in quotes": COMMAS.replace("3.5", '"3,5"').encode(),
    "semicolons and a decimal comma": SEMICOLONS.encode(),
    "tabs": COMMAS.replace(",", "\t").encode(),
    "byte order mark": COMMAS.encode("utf-8-sig"),
    "Latin-1": SEMICOLONS.encode("latin-1"),
    "Windows letters": SEMICOLONS.encode("cp1252"),
    "UTF-16": SEMICOLONS.encode("utf-16"),
    "Windows line ends": COMMAS.replace("\n", "\r\n").encode(),
    "old Mac line ends": COMMAS.replace("\n", "\r").encode(),
    "no last line end": COMMAS.rstrip().encode(),
    "everything in quotes": (
        '"' + COMMAS.strip().replace(",", '","').replace("\n", '"\n"') + '"'
    ).encode(),
    "Excel's own delimiter": ("sep=;\n" + SEMICOLONS).encode(),
    "blank lines and empty rows": COMMAS.replace("\n", "\n\n").encode() + b",,,,,,,,,,\n",
    "blanks around": COMMAS.replace(",", " , ").encode(),
    "a delimiter at each end": COMMAS.replace("\n", ",\n").encode(),
    "days as DD/MM/YYYY": COMMAS.replace("2026-01-05", "05/01/2026").encode(),
    "days as D-M-YYYY": COMMAS.replace("2026-01-05", "5-1-2026").encode(),
    "days with a time": COMMAS.replace("2026-01-05", "2026-01-05T00:00:00").encode(),
    "gaps as NA": COMMAS.replace("4,,2,,", "4,NA,2,NaN,null").encode(),
    "whole numbers with a point": COMMAS.replace("2,1,true", "2.0,1.0,1.0").encode(),
}


@pytest.mark.parametrize("content", FORMS.values(), ids=FORMS)
def test_csv_is_read_in_any_form_that_it_comes_in(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cases.csv").write_bytes(content)

    extract = read_extract(tmp_path, CONTRACT)

    cases = extract.cases
    assert list(cases["case_id"]) == ["C-1", "C-2"]
    assert list(cases["region"]) == ["Liège", "Limburg"]
    assert [f"{day:%Y-%m-%d}" for day in cases["absence_started_on"]] == [
        "2026-01-05",
        "2026-01-06",
    ]
    np.testing.assert_array_equal(cases["load_kg"], [3.5, 4])
    np.testing.assert_array_equal(cases["visits"], [2, np.nan])
    np.testing.assert_array_equal(cases["insured"], [1, np.nan])
    assert list(cases["shift"]) == ["1", "2"]
    assert list(cases["mood"].fillna("?")) == ["low", "?"]


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        *[(text, 1) for text in ("TRUE", "Ja", "yes", "waar", "1")],
        *[(text, 0) for text in ("FALSE", "nee", "No", "onwaar", "0")],
    ],
)
def test_yes_and_no_are_read_in_two_languages(tmp_path: Path, text: str, flag: float) -> None:
    (tmp_path / "cases.csv").write_text(COMMAS.replace("true", text))

    extract = read_extract(tmp_path, CONTRACT)

    assert extract.cases["insured"][0] == flag


def test_a_cell_may_hold_delimiters_quotes_and_line_ends(tmp_path: Path) -> None:
    groups = 'case_id,origin\nC-1,"a, ""b"""\nC-2,"c\nd"\n'
    (tmp_path / "cases.csv").write_text(COMMAS)
    (tmp_path / "groups.csv").write_text(groups)

    extract = read_extract(tmp_path, CONTRACT, max_rejected_share=0.5)

    assert list(extract.groups["origin"]) == ['a, "b"']
    assert list(extract.rejected["row"]) == [2]


def test_a_row_with_too_few_or_too_many_cells_is_set_aside_by_its_number(tmp_path: Path) -> None:
    good = [ROWS[0].replace("-1", f"-{place}", 2) for place in range(1, 6)]
    lines = [HEADER, good[0], "C-9,P-9", "", good[1], good[2] + ",more", good[3]]
    (tmp_path / "cases.csv").write_text("\n".join(lines))

    extract = read_extract(tmp_path, CONTRACT, max_rejected_share=0.5)

    assert list(extract.cases["case_id"]) == ["C-1", "C-2", "C-4"]
    assert list(extract.rejected["row"]) == [2, 4]
    assert set(extract.rejected["reason"]) == {"the row must have 11 cells, as many as the header"}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (COMMAS.replace("3.5", '"3.5').encode(), "a quotation mark is not closed"),
        (
            COMMAS.replace("Liège", '"Liège').replace("Limburg", '"Limburg').encode(),
            "a quotation mark is not closed, so that one cell holds whole rows",
        ),
        (COMMAS.replace("Liège", f'"{"x" * 5_000_000}"').encode(), "its rows cannot be told apart"),
        (b"case_id,person_key\nC-1,\x81\x8d\x8f\n", "its letters are in no encoding we know"),
        (b"case_id\x00person_key", "it is no text"),
        (b"x" * 200_000 + b",y\n1,2\n", "none of its columns has a name that we know"),
    ],
)
def test_a_file_that_is_no_csv_is_refused_with_what_to_do(
    tmp_path: Path, content: bytes, fault: str
) -> None:
    (tmp_path / "cases.csv").write_bytes(content)

    with pytest.raises(KantelpuntError) as failed:
        read_extract(tmp_path, CONTRACT)

    assert f"cases.csv cannot be read: {fault}: " in str(failed.value)
