import csv
import io
from collections.abc import Callable

import pytest

from models.estimate import GainStatus
from serving.csv_file import neutralise, read_parts, write_csv
from serving.list_export import HEADER
from tests.running_service import Service, get_gain_bundle, make_own_case
from tests.serving.case_work import open_case, read_rows

CELLS = [
    ("=1+1", "'=1+1"),
    ("+32 2 123", "'+32 2 123"),
    ("-2+3", "'-2+3"),
    ("@SUM(A1)", "'@SUM(A1)"),
    ("\t=1", "'\t=1"),
    ("\r=1", "'\r=1"),
    ("＝1+1", "'＝1+1"),  # noqa: RUF001
    ("-3,2", "-3,2"),
    ("-3", "-3"),
    ("12,5", "12,5"),
    ("-3,2,1", "'-3,2,1"),
    ("a=1", "a=1"),
    ("", ""),
]


def read_table(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text[1:], newline=""), delimiter=";"))
    assert rows[0] == list(HEADER)
    assert {len(row) for row in rows} == {len(HEADER)}
    return [dict(zip(HEADER, row, strict=True)) for row in rows[1:]]


@pytest.mark.parametrize(("cell", "safe"), CELLS)
def test_no_cell_is_a_formula_and_numbers_stay_numbers(cell: str, safe: str) -> None:
    assert neutralise(cell) == safe


def test_a_file_is_written_row_by_row_and_no_cell_of_it_is_a_formula() -> None:
    rows: list[tuple[str | int, ...]] = [("=1+1", 2), ("＠x", ""), ("-5", "gewoon")]  # noqa: RUF001

    content = write_csv(("a", "b"), iter(rows))

    text = b"".join(read_parts(content)).decode()

    assert text == "\ufeffa;b\r\n'=1+1;2\r\n'＠x;\r\n-5;gewoon\r\n"  # noqa: RUF001
    assert content.closed


def test_the_table_holds_what_the_list_shows(
    start_service: Callable[..., Service], store_url: str
) -> None:
    service = start_service(store_url, get_gain_bundle(GainStatus.ESTIMATED))
    for number in range(1, 8):
        open_case(service, number, age_years=20 + 6 * number, work_ability=11 - number)

    answer = service.get("/api/v1/cases.csv")
    table = read_table(answer.content.decode())

    listed = service.get("/api/v1/cases").json()["cases"]
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "triagelijst-2026-04-15.csv" in answer.headers["content-disposition"]
    assert [row["Dossier"] for row in table] == [c["case_id"] for c in listed]
    for row, shown in zip(table, listed, strict=True):
        assert row["Zonder steun (op 100)"] == f"{shown['p_usual'] * 100:.1f}".replace(".", ",")
        gain = float(row["Effect van steun (punten)"].replace(",", "."))
        assert gain == pytest.approx(shown["gain"] * 100, abs=0.051)
    assert any(shown["gain"] < 0 for shown in listed)
    assert "P-000" not in answer.text


def test_the_same_filters_hold_and_the_count_is_noted(either_service: Service) -> None:
    for number in range(1, 6):
        open_case(either_service, number, region="limburg" if number < 3 else "antwerpen")

    table = read_table(either_service.get("/api/v1/cases.csv?region=limburg").content.decode())
    foreign = read_table(either_service.get("/api/v1/cases.csv", "arts.b").content.decode())

    assert [row["Regio"] for row in table] == ["limburg", "limburg"]
    assert foreign == []
    lines = read_rows(
        either_service, "select user_key, case_id, detail from audit where action = 'export_list'"
    )
    assert [line[:2] for line in lines] == [("arts", None), ("arts.b", None)]
    assert "2" in str(lines[0][2])
    assert "0" in str(lines[1][2])


def test_a_list_that_is_cut_says_so_in_its_name(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.list_export.MOST_ROWS", 3)
    monkeypatch.setattr("serving.list_export.ROWS_AT_ONCE", 2)
    for number in range(1, 6):
        open_case(service, number)

    cut = service.get("/api/v1/cases.csv")
    whole = service.get("/api/v1/cases.csv?search=C-0001")

    assert len(read_table(cut.content.decode())) == 3
    assert "triagelijst-2026-04-15-eerste-3.csv" in cut.headers["content-disposition"]
    assert "triagelijst-2026-04-15.csv" in whole.headers["content-disposition"]


def test_a_region_cannot_bring_a_formula_or_a_column(service: Service) -> None:
    made = service.post(make_own_case(region='=HYPERLINK("x");1'))

    [row] = read_table(service.get("/api/v1/cases.csv").content.decode())

    assert made.status_code == 201
    assert row["Regio"] == '\'=HYPERLINK("x");1'


def test_without_the_store_nothing_is_exported(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    from serving.store.engine import StoreGoneError

    def fail(*_: object, **__: object) -> None:
        raise StoreGoneError("gone")

    open_case(service)
    monkeypatch.setattr("serving.list_export.save_audit", fail)

    assert service.get("/api/v1/cases.csv").status_code == 503
