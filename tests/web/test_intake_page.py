import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from serving.errors import build_problem
from serving.file_texts import FILE_TEXTS
from serving.pages.intake_view import FaultView
from tests.factories import make_extract_tables, write_extract
from tests.running_service import (
    FUND,
    Service,
    find_token,
    get_sqlite_template,
    make_service,
)
from tests.waiting import wait_until
from tests.web.test_pages import Outline, read


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("intake")
    shutil.copy(get_sqlite_template(), folder / "store.db")
    url = f"sqlite:///{folder / 'store.db'}"
    made = make_service(url, uploads=folder / "uploads", most_upload_bytes=100_000)
    yield made
    made.app.state.service.uploads.stop()
    made.client.close()
    made.store.close()


@pytest.fixture
def intake(running: Service) -> Service:
    running.client.cookies.clear()
    running.log_on()
    return running


def make_file(folder: Path, count: int, **changes: Any) -> bytes:
    tables = make_extract_tables(count, sickness_fund=FUND, age_years=40)
    for name, value in changes.items():
        tables["cases"].loc[1, name] = value
    write_extract(folder, {"cases": tables["cases"]})
    return (folder / "cases.csv").read_bytes()


def send(service: Service, content: bytes | None, **form: str) -> Any:
    token = find_token(service.client.get("/invoer").text)
    name = "" if content is None else "meldingen.csv"
    files = {"file": (name, content or b"", "text/csv")}
    return service.client.post("/invoer", data={"token": token, **form}, files=files)


def wait(service: Service, address: str) -> Outline:
    """Return the page of an import once it has ended."""
    pages: list[Outline] = []

    def has_ended() -> bool:
        pages.append(read(service, address))
        [state] = [d["data-progress"] for d in pages[-1].all("div") if "data-progress" in d]
        return state in ("done", "failed")

    wait_until(has_ended)
    return pages[-1]


def test_a_file_is_sent_followed_and_its_rejected_rows_are_downloaded(
    intake: Service, tmp_path: Path
) -> None:
    answer = send(intake, make_file(tmp_path / "x", 30, age_years=477))
    page = wait(intake, answer.url.path)
    listed = read(intake, "/invoer")
    address = f"{answer.url.path}/afgekeurd.csv"
    rejected = intake.client.get(address)

    assert [r.status_code for r in answer.history] == [303]
    assert "29 ingeschat en bewaard" in _swap(page.text)
    assert "1 afgekeurde rijen" in _swap(page.text)
    assert "Gestuurd door Dr. Arts." in page.text
    assert address in {a["href"] for a in listed.all("a")}
    assert "29 van 29 rijen (100 %)" in listed.text.replace("\N{NO-BREAK SPACE}", " ")
    assert "cases;2;age_years" in rejected.text
    assert "477" not in rejected.text + page.text + listed.text


def _swap(text: str) -> str:
    """Return a text with the number before its label, as the page shows it."""
    labels = ("ingeschat en bewaard", "afgekeurde rijen")
    words = text.split()
    for label in labels:
        size = len(label.split())
        for i in range(len(words) - size):
            if " ".join(words[i : i + size]) == label and words[i + size].isdecimal():
                words[i : i + size + 1] = [words[i + size], *words[i : i + size]]
                break
    return " ".join(words)


def test_a_waiting_file_can_be_followed_without_script(
    intake: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads = intake.app.state.service.uploads
    monkeypatch.setattr(uploads, "_queue", Mock(wraps=uploads._queue, put=Mock()))
    answer = send(intake, make_file(tmp_path / "x", 4))
    uploads.give_back_room()

    page = Outline(answer.text)

    assert "Wacht op zijn beurt" in page.text
    assert "niets gaat verloren en niets komt dubbel" in page.text
    assert answer.url.path in {a["href"] for a in page.all("a")}
    assert [s["src"] for s in page.all("script") if "intake.js" in str(s["src"])]
    assert page.all("meta")[0] == {"charset": "utf-8"}
    assert not [m for m in page.all("meta") if m.get("http-equiv")]


REFUSED = {
    "no file": (None, 422, "Kies eerst een bestand."),
    "an empty file": (b"", 422, "Dit bestand is leeg. Kies een ander."),
    "a workbook": (b"PK\x03\x04x", 422, "Het is samengeperst, of een Excel-werkmap."),
    "a file that is too large": (b"a;b\n" * 60_000, 413, "Verdeel het over kleinere bestanden"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_file_that_is_refused_is_told_next_to_its_field(intake: Service, what: str) -> None:
    content, status, told = REFUSED[what]

    answer = send(intake, content, toegelaten="0.2")

    page = Outline(answer.text)
    assert answer.status_code == status
    assert told in page.text
    [field] = [i for i in page.all("input") if i.get("type") == "file"]
    assert (field["aria-invalid"], field["aria-describedby"]) == ("true", "fout-file")
    chosen = [o["value"] for o in page.all("option") if "selected" in o]
    assert chosen == (["0.2"] if what != "a file that is too large" else [])


def test_a_file_with_too_many_bad_rows_says_how_to_let_more_pass(
    intake: Service, tmp_path: Path
) -> None:
    content = make_file(tmp_path / "x", 4, age_years=477)

    failed = wait(intake, send(intake, content).url.path)
    passed = wait(intake, send(intake, content, toegelaten="0.5").url.path)

    assert "stuur het bestand opnieuw en laat meer rijen toe" in failed.text
    assert "max_rejected" not in failed.text
    assert "Haal de afgekeurde rijen op" in failed.text
    assert "Wat er van de rijen werd" in passed.text


def test_missing_columns_are_named(intake: Service) -> None:
    page = wait(intake, send(intake, b"case_id,person_key\nC-1,P-1\n").url.path)

    assert "Deze kolommen ontbreken." in page.text
    assert "age_years" in page.words


def test_a_file_of_something_else_is_told_that_its_columns_have_other_names(
    intake: Service,
) -> None:
    page = wait(intake, send(intake, b"naam;adres\nJan;Straat 1\n").url.path)
    listed = read(intake, "/invoer")

    assert "Geen enkele kolom heeft een naam die hier gekend is." in page.text
    assert "Straat" not in page.text + listed.text


def test_too_many_files_at_once_ask_to_wait(
    intake: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = Mock(acquire=Mock(return_value=False))
    monkeypatch.setattr(intake.app.state.service.uploads, "_room", room)

    answer = send(intake, b"a;b\n1;2\n")

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
    assert "Er wachten al veel bestanden." in answer.text


def test_a_form_without_our_token_brings_nothing_in(intake: Service) -> None:
    room = intake.app.state.service.uploads._room._value

    answer = intake.client.post("/invoer", files={"file": ("x.csv", b"a;b\n1;2\n")})

    assert answer.status_code == 403
    assert "Het formulier is verlopen" in answer.text
    assert intake.app.state.service.uploads._room._value == room


def test_files_of_another_fund_are_not_there(intake: Service, tmp_path: Path) -> None:
    address = send(intake, make_file(tmp_path / "x", 4)).url.path
    wait(intake, address)
    intake.client.cookies.clear()
    intake.log_on("arts.b")

    for path in (address, f"{address}/afgekeurd.csv", "/invoer/x"):
        assert intake.client.get(path).status_code == 404
    assert "nog geen bestand gestuurd" in read(intake, "/invoer").text


def test_an_empty_file_with_all_columns_can_be_fetched(intake: Service) -> None:
    answer = intake.client.get("/invoer/leeg.csv")

    columns = answer.content.decode("utf-8-sig").strip().split(";")
    assert columns[:2] == ["case_id", "person_key"]
    assert "work_ability" in columns
    assert "absent_days" not in columns


def test_no_text_on_the_page_speaks_of_the_api() -> None:
    texts = [FaultView.of(build_problem(key)).text for key in FILE_TEXTS]

    assert not [text for text in texts if "max_rejected" in text or "multipart" in text]
