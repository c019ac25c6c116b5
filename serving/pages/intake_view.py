"""What the pages of the intake show: a file to send, how far it is, and what became of its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from serving.errors import Problem, build_problem
from serving.permissions import User
from serving.store.imports import Import, Imported, ImportStatus
from serving.wording import number_nl, percent_nl, short_moment_nl

PAGE = "/invoer"
# which share of the rows may be bad; the first is the usual one
SHARES: tuple[tuple[str, str], ...] = (
    ("0.05", "tot 5 % afgekeurd (gewoon)"),
    ("0.2", "tot 20 % afgekeurd"),
    ("0.5", "tot de helft afgekeurd"),
    ("1", "alles wat goed is, hoe weinig ook"),
)
_STATUS_NL: Mapping[ImportStatus, str] = {
    ImportStatus.WAITING: "Wacht op zijn beurt",
    ImportStatus.RUNNING: "Wordt ingelezen",
    ImportStatus.DONE: "Klaar",
    ImportStatus.FAILED: "Geweigerd",
}
_COUNTS_NL: Sequence[tuple[str, str]] = (
    ("saved", "ingeschat en bewaard"),
    ("known", "al ingeschat, met dezelfde gegevens"),
    ("rejected", "afgekeurde rijen"),
    ("other_case", "onder het nummer van een ander dossier"),
    ("elsewhere", "van een ander ziekenfonds of een andere regio"),
    ("untimely", "van na vandaag, of van te lang geleden"),
    ("blocked", "met een bezwaar"),
)
# said otherwise than to who programs against the API
_ON_PAGE_NL = {
    "no-file": "Kies eerst een bestand.",
    "file-empty": "Dit bestand is leeg. Kies een ander.",
    "rows-too-many-rejected": "Te veel rijen zijn afgekeurd. Er is niets bewaard. Haal de "
    "afgekeurde rijen op: daar staat waarom. Verbeter ze, of stuur het bestand opnieuw en laat "
    "meer rijen toe.",
    "too-many": "Er wachten al veel bestanden. Probeer het over een minuut opnieuw.",
}


@dataclass(frozen=True)
class FaultView:
    """Why a file was refused, and the columns that it is about."""

    title: str
    text: str
    columns: Sequence[str]

    @classmethod
    def of(cls, problem: Problem) -> "FaultView":
        """Return what the page says of a problem."""
        text = _ON_PAGE_NL.get(problem.key, problem.detail)
        return cls(problem.title, text, [one.field for one in problem.errors])


@dataclass(frozen=True)
class ImportView:
    """One file that came in."""

    address: str
    began: str
    by: str
    status: str
    status_nl: str
    is_active: bool
    is_read: bool
    done: int
    total: int
    progress_nl: str
    counts: Sequence[tuple[str, str]]
    fault: FaultView | None
    rejected_address: str
    has_bad_rows: bool

    @classmethod
    def of(cls, made: Import, people: Mapping[str, User], zone: tzinfo | None) -> "ImportView":
        """Return what the page shows of an import."""
        user = people.get(made.began_by)
        return cls(
            address=f"{PAGE}/{made.import_id}",
            began=short_moment_nl(made.began_at.astimezone(zone)),
            by=user.name if user else made.began_by,
            status=made.status.value,
            status_nl=_STATUS_NL[made.status],
            is_active=made.status in (ImportStatus.WAITING, ImportStatus.RUNNING),
            is_read=made.rows_total > 0,
            done=made.rows_done,
            total=made.rows_total,
            progress_nl=_tell_progress(made),
            counts=list_counts(made.counts),
            fault=_view_fault(made),
            rejected_address=f"{PAGE}/{made.import_id}/afgekeurd.csv",
            has_bad_rows=made.counts.rejected + made.counts.other_case > 0,
        )


def _tell_progress(made: Import) -> str:
    if not made.rows_total:
        return "Het bestand wordt zo dadelijk gelezen."
    part = percent_nl(made.rows_done / made.rows_total)
    return f"{number_nl(made.rows_done)} van {number_nl(made.rows_total)} rijen ({part})"


def list_counts(counts: Imported) -> list[tuple[str, str]]:
    """Return what became of the rows; saved ones always, and the rest where there are any."""
    values = vars(counts)
    return [
        (label, number_nl(values[name]))
        for name, label in _COUNTS_NL
        if values[name] or name == "saved"
    ]


def _view_fault(made: Import) -> FaultView | None:
    if made.problem is None:
        return None
    fault = FaultView.of(build_problem(made.problem["key"]))
    return FaultView(fault.title, fault.text, made.problem.get("columns", []))


@dataclass(frozen=True)
class IntakeView:
    """The page on which a file is sent, with the earlier ones."""

    imports: Sequence[ImportView]
    fund: str
    reach_nl: str
    shares: Sequence[tuple[str, str]]
    share: str
    most_bytes: int
    most_nl: str
    fault: FaultView | None


def read_share(text: str) -> float:
    """Return which share of the rows may be bad; the usual one for anything that is no choice."""
    chosen = next((share for share, _ in SHARES if share == text), SHARES[0][0])
    return float(chosen)
