"""Files that someone made to do harm: through the command and through the API, nothing is kept."""

import gzip
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from features.errors import KantelpuntError
from models.suggestion import read_limits
from serving import intake_check
from serving.file_texts import FILE_TEXTS
from serving.intake_check import FileRefusedError, check_file
from serving.intake_file import Intake
from serving.store.assessments import count_assessments
from serving.store.engine import EVERY_FUND, Store
from tests.factories import make_extract_tables, write_extract
from tests.running_service import FUND, NOW, PASSWORD, Service, get_bundle
from tests.serving.whole_import import import_cases

MARK = "9f3gemerkt"
# as a process of its own knows it, whatever a test says here
MOST_CELLS = intake_check.MOST_CELLS


def write_good(path: Path, count: int = 5, **changes: Any) -> bytes:
    tables = make_extract_tables(count, sickness_fund=FUND, **changes)
    write_extract(path.parent / "good", {"cases": tables["cases"]})
    return (path.parent / "good" / "cases.csv").read_bytes()


def write_bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("cases.csv", b"0" * 5_000_000)


def write_dictionary_bomb(path: Path) -> None:
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 30_000, pa.int32()), ["x" * 100_000])
    parquet.write_table(
        pa.table({"case_id": texts.cast(pa.dictionary(pa.int32(), pa.string()))}), path
    )


def write_many_rows(path: Path) -> None:
    columns = intake_check.MOST_COLUMNS
    rows = np.zeros(MOST_CELLS // columns + 1, np.int32)
    same = pa.DictionaryArray.from_arrays(rows, ["x"])
    parquet.write_table(pa.table({f"c{n}": same for n in range(columns)}), path)


def write_long_texts(path: Path, kind: pa.DataType | None = None) -> None:
    same = pa.chunked_array([pa.array(["x" * 100_000] * 1000, kind or pa.string())] * 11)
    parquet.write_table(pa.table({"case_id": same}), path, row_group_size=1000)


def write_fixed(path: Path) -> None:
    """Each value of a million bytes; 476 of them in the file."""
    same = pa.DictionaryArray.from_arrays(
        pa.array([0] * 2000, pa.int32()), pa.array([b"x" * 1_000_000], pa.binary(1_000_000))
    )
    parquet.write_table(pa.table({"case_id": same.cast(same.type.value_type)}), path)


def write_twice(path: Path) -> None:
    same = pa.array(["x"])
    parquet.write_table(pa.Table.from_arrays([same, same], names=["case_id", "case_id"]), path)


def write_many_groups(path: Path) -> None:
    row = pa.table({f"c{n}": [1] for n in range(400)})
    with parquet.ParquetWriter(path, row.schema) as opened:
        for _ in range(250):
            opened.write_table(row)


def write_nested(path: Path) -> None:
    parquet.write_table(pa.table({"case_id": [[1, 2]]}), path)


def write_cut_parquet(path: Path) -> None:
    write_nested(path)
    path.write_bytes(path.read_bytes()[:-20])


_LONG = "file-long-line"
FILES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "empty": (lambda p: p.write_bytes(b""), "file-empty"),
    "zip bomb": (write_bomb, "file-compressed"),
    "gzip": (lambda p: p.write_bytes(gzip.compress(b"0" * 1_000_000)), "file-compressed"),
    "NUL bytes": (lambda p: p.write_bytes(b"case_id,x\nC-1,\0\n"), "file-no-text"),
    "program": (lambda p: p.write_bytes(b"\x7fELF" + bytes(range(256)) * 9), "file-no-text"),
    "a picture without NUL bytes": (
        lambda p: p.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(1, 256))),
        "file-no-text",
    ),
    "one line of 50 MB": (
        lambda p: p.write_bytes(b"case_id\n" + b"9" * 50_000_000),
        "file-long-line",
    ),
    "a million columns": (lambda p: p.write_bytes(b"c," * 200_000 + b"\n"), "file-too-wide"),
    "a million line ends": (
        lambda p: p.write_bytes(b"a,b,c\n" + b"\n" * 2_000_000),
        "file-too-many-cells",
    ),
    "parquet of lists": (write_nested, "file-nested"),
    "parquet cut short": (write_cut_parquet, "file-damaged"),
    "parquet of one long text": (write_dictionary_bomb, "file-too-large"),
    "parquet of long texts in many groups": (write_long_texts, "file-too-large"),
    "parquet of texts as views": (
        lambda p: write_long_texts(p, pa.string_view()),
        "file-too-large",
    ),
    "parquet of JSON": (lambda p: write_long_texts(p, pa.json_()), "file-nested"),
    "parquet of values of one length": (write_fixed, "file-nested"),
    "parquet of two columns of one name": (write_twice, "file-doubled"),
    "parquet of many groups of rows": (write_many_groups, "file-too-large"),
    "parquet of many rows": (write_many_rows, "file-too-many-cells"),
}


@pytest.fixture(autouse=True)
def _few_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_check, "MOST_CELLS", 1_000_000)


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    with closing(Store(sqlite_url)) as made:
        yield made


@pytest.fixture
def uploading(start_service: Callable[..., Service], sqlite_url: str, tmp_path: Path) -> Service:
    return start_service(sqlite_url, uploads=tmp_path / "uploads")


def count(store: Store) -> int:
    with store.reading(EVERY_FUND) as connection:
        return count_assessments(connection)


def run(path: Path, store: Store) -> None:
    import_cases(path, Intake(store, get_bundle(), read_limits(), NOW))


@pytest.mark.parametrize("name", FILES)
def test_the_command_refuses_a_hostile_file_and_keeps_nothing(
    name: str, store: Store, tmp_path: Path
) -> None:
    make, key = FILES[name]
    path = tmp_path / ("cases.parquet" if name.startswith("parquet") else "cases.csv")
    make(path)

    with pytest.raises(FileRefusedError) as caught:
        run(path, store)

    assert caught.value.key == key
    assert count(store) == 0


@pytest.mark.parametrize("name", FILES)
def test_the_api_refuses_a_hostile_file_in_dutch_and_keeps_nothing(
    name: str, uploading: Service, tmp_path: Path
) -> None:
    make, key = FILES[name]
    make(tmp_path / "file")

    files = {"file": ("=cmd.csv", (tmp_path / "file").read_bytes())}
    answer = uploading.client.post("/api/v1/imports", files=files, auth=("systeem", PASSWORD))

    status, title, _ = FILE_TEXTS[key]
    assert (answer.status_code, answer.json()["title"]) == (status, title)
    assert list((tmp_path / "uploads").iterdir()) == []
    assert count(uploading.store) == 0


MIXED_UP = [("cases.csv", write_nested), ("cases.parquet", lambda p: p.write_text("a,b\n"))]


@pytest.mark.parametrize(("name", "make"), MIXED_UP)
def test_a_file_that_is_not_what_its_name_says_is_refused(
    name: str, make: Callable[[Path], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_check, "_check_parquet", lambda *_: None)
    make(tmp_path / name)

    with pytest.raises(FileRefusedError, match=r"named \.csv, and Parquet \.parquet"):
        check_file(tmp_path / name)


def make_loop(path: Path) -> None:
    path.symlink_to(path)


NO_FILES = [Path.mkdir, make_loop, lambda p: p.symlink_to("/dev/zero"), Path.exists]


@pytest.mark.parametrize("make", NO_FILES)
def test_what_is_no_file_is_told(make: Callable[[Path], Any], store: Store, tmp_path: Path) -> None:
    make(tmp_path / "cases.csv")

    with pytest.raises(KantelpuntError):
        run(tmp_path / "cases.csv", store)


def test_a_file_that_may_not_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cases.csv"
    path.write_bytes(write_good(path))

    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "no")

    monkeypatch.setattr(Path, "open", refuse)

    with pytest.raises(FileRefusedError, match="may be read"):
        check_file(path)


def remove_header(content: bytes) -> bytes:
    return content.partition(b"\n")[2]


def double_header(content: bytes) -> bytes:
    return content.replace(b"region", b"case_id", 1)


TABLES = [remove_header, double_header, lambda c: c.partition(b"\n")[0] + b"\n"]


@pytest.mark.parametrize("change", TABLES)
def test_a_header_that_is_missing_or_double_or_alone_keeps_nothing(
    change: Callable[[bytes], bytes], store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "cases.csv"
    path.write_bytes(change(write_good(path)))

    with pytest.raises(KantelpuntError):
        run(path, store)

    assert count(store) == 0


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1", "utf-8-sig"])
def test_another_encoding_is_read_for_what_it_says(
    encoding: str, store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "cases.csv"
    content = write_good(path, region="Liège").decode()
    path.write_bytes(content.encode(encoding))

    run(path, store)

    with store.reading(EVERY_FUND) as connection:
        regions = set(connection.exec_driver_sql("select region from cases").scalars())
    assert regions == {"Liège"}


FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1"]


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_is_no_number_of_a_case_and_is_not_repeated(
    formula: str, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cases.csv"
    path.write_bytes(write_good(path, person_key=f"{formula}{MARK}"))

    with pytest.raises(KantelpuntError) as caught:
        run(path, store)

    said = capsys.readouterr()
    assert MARK not in str(caught.value) + said.out + said.err
    assert count(store) == 0
