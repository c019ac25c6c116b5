"""The use case of the triage list as CSV: the same rows, without inputs or pseudonyms."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from tempfile import SpooledTemporaryFile

from features.deadlines import DEADLINES
from models.suggestion import SUGGESTION_NL
from serving.permissions import Action, Scope, check_can, get_scope
from serving.states import STATE_NL
from serving.store.audit import AuditEvent, save_audit
from serving.store.cases import Bounds
from serving.triage import Reader, TriageRow, read_rows, wake
from serving.triage_query import Wanted

MOST_ROWS = 50_000
ROWS_AT_ONCE = 1000
IN_MEMORY = 1_000_000  # what is longer waits in a file without a name, gone once it was sent
_AT_ONCE = 64 * 1024
# a spreadsheet takes a cell that begins like this for a formula; some do so in full width too
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001
_NUMBER = re.compile(r"-?\d+(,\d+)?")
_CLOCK_NL = {deadline.key: deadline.label_nl for deadline in DEADLINES}

HEADER = (
    "Rang",
    "Dossier",
    "Regio",
    "Status",
    "Genomen door",
    "Afwezig sinds",
    "Dag",
    "Ingeschat op",
    "Opnieuw in te schatten",
    "Vragenlijst beantwoord",
    "Volgende termijn",
    "Termijn op",
    "Voorstel",
    "Zonder steun (op 100)",
    "Zonder steun, van",
    "Zonder steun, tot",
    "Effect van steun (punten)",
    "Effect, van",
    "Effect, tot",
    "Met steun (op 100)",
    "Met steun, van",
    "Met steun, tot",
)


@dataclass(frozen=True)
class ListFile:
    """A list that was written, to be read once; `is_whole` unless it was cut at MOST_ROWS."""

    content: "SpooledTemporaryFile[bytes]"
    file_name: str
    rows: int
    is_whole: bool

    def read(self) -> Iterator[bytes]:
        """Yield the file part by part, and drop it."""
        with self.content as content:
            while part := content.read(_AT_ONCE):
                yield part


def export_list(reader: Reader, wanted: Wanted) -> ListFile:
    """Return the list as CSV for a spreadsheet, with an audit line that counts its rows.

    It is written page by page and noted before the first row leaves.
    """
    check_can(reader.user, Action.EXPORT_LIST)
    scope = get_scope(reader.user)
    wake(reader.store, Scope(scope.sickness_fund), reader.now)
    content: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
    try:
        rows, is_whole = _write(content, reader, wanted)
        detail = {"rows": rows}
        line = AuditEvent(
            reader.now, reader.user.key, Action.EXPORT_LIST, scope.sickness_fund, None, detail
        )
        with reader.store.writing(scope.sickness_fund) as connection:
            save_audit(connection, [line])
    except BaseException:
        content.close()
        raise
    content.seek(0)
    cut = "" if is_whole else f"-eerste-{rows}"
    return ListFile(content, f"triagelijst-{reader.now.date()}{cut}.csv", rows, is_whole)


def _write(
    content: "SpooledTemporaryFile[bytes]", reader: Reader, wanted: Wanted
) -> tuple[int, bool]:
    """Write the list; return how many rows, and whether these are all."""
    # with a BOM Excel reads UTF-8, and in Belgium a semicolon parts the columns
    text = TextIOWrapper(content, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADER)
    fund, rows, cursor = get_scope(reader.user).sickness_fund, 0, None
    while True:
        limit = min(ROWS_AT_ONCE, MOST_ROWS - rows)
        with reader.store.reading(fund) as connection:
            found, cursor = read_rows(connection, reader, wanted, cursor=cursor, limit=limit)
        writer.writerows(map(_to_cells, found))
        rows += len(found)
        if cursor is None or rows >= MOST_ROWS:
            text.detach()
            return rows, cursor is None


def _to_cells(row: TriageRow) -> list[str]:
    c, clock = row.case, row.next_clock
    told = [
        str(row.rank),
        c.case_id,
        c.region,
        STATE_NL[c.state],
        c.assigned_to or "",
        c.absence_started_on.isoformat(),
        str(row.absent_day),
        c.screened_on.isoformat(),
        _tell(row.reassess_due),
        _tell(c.answered),
        _CLOCK_NL[clock.key] if clock else "",
        clock.due_on.isoformat() if clock else "",
    ]
    if row.is_withheld:
        return [neutralise(cell) for cell in told] + [""] * (len(HEADER) - len(told))
    told.append(SUGGESTION_NL[c.suggestion])
    for bounds in (c.usual, c.gain, c.support):
        told += _to_numbers(bounds)
    return [neutralise(cell) for cell in told]


def _tell(is_so: bool) -> str:
    return "ja" if is_so else "nee"


def _to_numbers(bounds: Bounds | None) -> list[str]:
    return ["", "", ""] if bounds is None else [_to_points(p) for p in bounds]


def _to_points(p: float) -> str:
    # a plain minus, and no -0,0: a spreadsheet has to read a number
    return f"{round(p * 100, 1) + 0.0:.1f}".replace(".", ",")


def neutralise(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; a number stays a number."""
    if cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell
