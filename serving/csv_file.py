"""CSV for a spreadsheet, in the one dialect that we write; no cell of it runs as a formula."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from io import TextIOWrapper
from tempfile import SpooledTemporaryFile

IN_MEMORY = 1_000_000  # what is longer waits in a file without a name, gone once it was sent
_AT_ONCE = 64 * 1024
# a spreadsheet takes a cell that begins like this for a formula; some do so in full width too
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001
_NUMBER = re.compile(r"-?\d+(,\d+)?")


def write_csv(
    header: Sequence[str], rows: Iterable[Sequence[str | int]]
) -> "SpooledTemporaryFile[bytes]":
    """Return a CSV with these rows, which are taken one by one, to be sent with `read_parts`."""
    content: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
    try:
        # with a BOM Excel reads UTF-8, and in Belgium a semicolon parts the columns
        text = TextIOWrapper(content, encoding="utf-8-sig", newline="", write_through=True)
        writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
        writer.writerow(header)
        writer.writerows([neutralise(str(cell)) for cell in row] for row in rows)
        text.detach()
    except BaseException:
        content.close()
        raise
    content.seek(0)
    return content


def read_parts(content: "SpooledTemporaryFile[bytes]") -> Iterator[bytes]:
    """Yield a file part by part, and drop it."""
    with content:
        while part := content.read(_AT_ONCE):
            yield part


def neutralise(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; a number stays a number."""
    if cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell
