from collections.abc import Callable
from pathlib import Path

import pytest

from features.contract import default_contract
from features.pseudonyms import USE_A_PSEUDONYM
from serving.reject_texts import tell_reject_nl
from tests.factories import make_extract_tables, write_extract
from tests.running_service import FUND, PASSWORD, Service
from tests.serving.test_uploads import IMPORTS, wait

REASONS = [
    ("age_years", "not a number: expected a whole number from 16 to 70", "geen getal; verwacht:"),
    ("age_years", "out of bounds: expected …", "buiten de grenzen; verwacht: geheel getal van"),
    ("age_years", "missing: expected …", "ontbreekt; verwacht: geheel getal"),
    ("labour_status", "unknown code: expected …", "onbekende waarde; verwacht: een van employee"),
    ("screened_on", "not a readable date: expected …", "verwacht: een datum als JJJJ-MM-DD"),
    ("screened_on", "before absence_started_on: a case is screened later", "voor het begin"),
    ("person_key", USE_A_PSEUDONYM, "een pseudoniem; een rijksregisternummer"),
    ("person_key", "expected 1 to 64 letters", "verwacht: een pseudoniem van 1 tot 64"),
    ("case_id", "duplicate key: case_id and screened_on occur in an earlier row", "eerdere rij"),
    ("", "the row must have 50 cells, as many as the header", "zoveel cellen"),
    ("elsewhere", "something new", "verwacht: een waarde zoals docs/velden.md"),
]


@pytest.mark.parametrize(("field", "reason", "told"), REASONS)
def test_every_reason_of_a_rejected_row_is_told_in_dutch(
    field: str, reason: str, told: str
) -> None:
    found = tell_reject_nl(field, reason, default_contract())

    assert told in found
    assert "expected" not in found


def test_who_sends_a_file_says_which_share_of_it_may_be_bad(
    start_service: Callable[..., Service], store_url: str, tmp_path: Path
) -> None:
    service = start_service(store_url, uploads=tmp_path / "uploads")
    tables = make_extract_tables(10, sickness_fund=FUND, age_years=40)
    tables["cases"].loc[3:4, "age_years"] = 477
    write_extract(tmp_path / "x", {"cases": tables["cases"]})
    files = {"file": ("dossiers.csv", (tmp_path / "x" / "cases.csv").read_bytes(), "text/csv")}

    answers = [
        service.client.post(f"{IMPORTS}{query}", files=files, auth=("systeem", PASSWORD))
        for query in ("", "?max_rejected=0.2", "?max_rejected=1.5")
    ]

    ended = [wait(service, answer) for answer in answers[:2]]
    assert [one["status"] for one in ended] == ["failed", "done"]
    assert ended[1]["counts"]["saved"] == 8
    assert answers[2].status_code == 422
    assert answers[2].json()["errors"][0]["field"] == "max_rejected"
    service.app.state.service.uploads.stop()
