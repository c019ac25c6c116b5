"""The use case of the triage list as CSV: the same rows, without inputs or pseudonyms."""

from collections.abc import Iterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile

from features.deadlines import DEADLINES
from models.suggestion import SUGGESTION_NL
from serving.csv_file import write_csv
from serving.permissions import Action, Scope, check_can, get_scope
from serving.states import STATE_NL
from serving.store.audit import AuditEvent, save_audit
from serving.store.cases import Bounds
from serving.triage import Reader, TriageRow, read_rows, wake
from serving.triage_query import Wanted

MOST_ROWS = 50_000
ROWS_AT_ONCE = 1000
_CLOCK_NL = {deadline.key: deadline.label_nl for deadline in DEADLINES}

HEADER = (
    "Rang",
    "Dossier",
    "Regio",
    "Toestand",
    "Genomen door",
    "Afwezig sinds",
    "Dag",
    "Ingeschat op",
    "Opnieuw in te schatten",
    "Vraag van de persoon: antwoord ten laatste op",
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
    """A list that was written, to be sent once."""

    content: "SpooledTemporaryFile[bytes]"
    file_name: str


@dataclass
class _Taken:
    """How many rows were taken from the list, and whether these are all."""

    rows: int = 0
    is_whole: bool = False


def export_list(reader: Reader, wanted: Wanted) -> ListFile:
    """Return the list as CSV for a spreadsheet, with an audit line that counts its rows.

    It is written page by page and noted before the first row leaves.
    """
    check_can(reader.user, Action.EXPORT_LIST)
    fund, taken = get_scope(reader.user).sickness_fund, _Taken()
    wake(reader.store, Scope(fund), reader.now)
    content = write_csv(HEADER, map(_to_cells, _take_rows(reader, wanted, taken)))
    detail = {"rows": taken.rows}
    line = AuditEvent(reader.now, reader.user.key, Action.EXPORT_LIST, fund, None, detail)
    try:
        with reader.store.writing(fund) as connection:
            save_audit(connection, [line])
    except BaseException:
        content.close()
        raise
    cut = "" if taken.is_whole else f"-eerste-{taken.rows}"
    return ListFile(content, f"triagelijst-{reader.now.date()}{cut}.csv")


def _take_rows(reader: Reader, wanted: Wanted, taken: _Taken) -> Iterator[TriageRow]:
    fund, cursor = get_scope(reader.user).sickness_fund, None
    while not taken.is_whole and taken.rows < MOST_ROWS:
        limit = min(ROWS_AT_ONCE, MOST_ROWS - taken.rows)
        with reader.store.reading(fund) as connection:
            found, cursor = read_rows(connection, reader, wanted, cursor=cursor, limit=limit)
        yield from found
        taken.rows += len(found)
        taken.is_whole = cursor is None


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
        row.answer.due_on.isoformat() if row.answer else "",
        _tell(c.answered),
        _CLOCK_NL[clock.key] if clock else "",
        clock.due_on.isoformat() if clock else "",
    ]
    if row.is_withheld:
        return told + [""] * (len(HEADER) - len(told))
    told.append(SUGGESTION_NL[c.suggestion])
    for bounds in (c.usual, c.gain, c.support):
        told += _to_numbers(bounds)
    return told


def _tell(is_so: bool) -> str:
    return "ja" if is_so else "nee"


def _to_numbers(bounds: Bounds | None) -> list[str]:
    return ["", "", ""] if bounds is None else [_to_points(p) for p in bounds]


def _to_points(p: float) -> str:
    # a plain minus, and no -0,0: a spreadsheet has to read a number
    return f"{round(p * 100, 1) + 0.0:.1f}".replace(".", ",")
