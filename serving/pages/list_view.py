"""What the page of the triage list shows, and its filters as they stand in the address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from re import fullmatch
from urllib.parse import quote, urlencode

from features.pseudonyms import TEXT_PATTERN
from models.estimate import GainStatus
from models.suggestion import SUGGESTION_NL, Suggestion
from serving.assessment import URGENCY
from serving.pages.clock_view import ClockView
from serving.pages.estimate_view import EstimateView
from serving.permissions import Action, can
from serving.states import OBJECTION_NL, STATE_NL
from serving.store.cases import ListedCase
from serving.triage import Reader, TriagePage, TriageRow
from serving.triage_query import Wanted
from serving.wording import number_nl

_SEARCH = r"[A-Za-z0-9._-]{1,64}"


@dataclass(frozen=True)
class FilterView:
    """The filters of the list, as in the address; what cannot be read counts as not set."""

    voorstel: str = ""
    regio: str = ""
    van: str = ""
    tot: str = ""
    vragenlijst: str = ""
    zoek: str = ""
    cursor: str | None = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "FilterView":
        """Return the filters in an address."""
        found = cls(**{f.name: query[f.name].strip() for f in fields(cls) if f.name in query})
        return replace(
            found,
            voorstel=found.voorstel if found.voorstel in set(Suggestion) else "",
            regio=found.regio if fullmatch(TEXT_PATTERN, found.regio) else "",
            van=_keep_day(found.van),
            tot=_keep_day(found.tot),
            vragenlijst=found.vragenlijst if found.vragenlijst in ("ja", "nee") else "",
            zoek=found.zoek if fullmatch(_SEARCH, found.zoek) else "",
            cursor=found.cursor or None,
        )

    def to_wanted(self) -> Wanted:
        """Return the filters as the use case of the list knows them."""
        return Wanted(
            suggestion=Suggestion(self.voorstel) if self.voorstel else None,
            region=self.regio or None,
            screened_from=date.fromisoformat(self.van) if self.van else None,
            screened_until=date.fromisoformat(self.tot) if self.tot else None,
            answered=self.vragenlijst == "ja" if self.vragenlijst else None,
            search=self.zoek or None,
        )

    def to_address(self, cursor: str | None = None) -> str:
        """Return the address of the list with these filters, from the top or after a cursor."""
        shown = {k: v for k, v in vars(self).items() if v and k != "cursor"}
        if cursor:
            shown["cursor"] = cursor
        return "/" + (f"?{urlencode(shown)}" if shown else "")

    @property
    def is_set(self) -> bool:
        """Whether any filter is set."""
        return self.to_address() != "/"


def _keep_day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


@dataclass(frozen=True)
class RowView:
    """One row of the triage list."""

    rank: int
    case_id: str
    address: str
    region: str
    absent_day: int
    clock: ClockView | None
    estimate: EstimateView | None
    state_nl: str
    blocked_nl: str | None
    reasons: Sequence[tuple[str, float]]
    answered: bool

    @classmethod
    def of(cls, row: TriageRow) -> "RowView":
        """Return what the list shows of a case."""
        c = row.case
        return cls(
            rank=row.rank,
            case_id=c.case_id,
            address=f"/dossiers/{quote(c.case_id)}",
            region=c.region,
            absent_day=row.absent_day,
            clock=ClockView.of(row.next_clock) if row.next_clock else None,
            estimate=None if row.is_withheld else _view_estimate(c),
            state_nl=STATE_NL[c.state],
            blocked_nl=OBJECTION_NL[row.is_upheld] if c.is_blocked else None,
            reasons=() if row.is_withheld else c.reasons,
            answered=c.answered,
        )


def _view_estimate(c: ListedCase) -> EstimateView:
    return EstimateView.of(c.suggestion, c.gain_status, c.usual, c.gain, c.support)


@dataclass(frozen=True)
class TriageView:
    """The triage list."""

    rows: Sequence[RowView]
    count_nl: str
    chosen: FilterView
    regions: Sequence[str]
    own_region: str | None
    shows_points: bool
    gain_status: GainStatus
    suggestions: Sequence[tuple[str, str]]
    next_address: str | None
    first_address: str | None
    today: date
    is_blind: bool

    @property
    def order_nl(self) -> str:
        """In which order the cases stand."""
        if self.is_blind:
            return "Wie het langst afwezig is, staat bovenaan."
        first = "het langst afwezig"
        if self.gain_status is GainStatus.ESTIMATED:
            first = "wie het meest bij steun wint"
        return f"Bovenaan: {SUGGESTION_NL[URGENCY[0]].lower()}, {first} eerst."

    @classmethod
    def of(
        cls,
        page: TriagePage,
        chosen: FilterView,
        reader: Reader,
        *,
        gain_status: GainStatus,
    ) -> "TriageView":
        """Return what the page of the list shows to a reader; the status is of today's model."""
        user = reader.user
        over = "" if page.count_is_exact else "meer dan "
        unit = "dossier" if page.count == 1 and page.count_is_exact else "dossiers"
        return cls(
            rows=[RowView.of(row) for row in page.rows],
            count_nl=f"{over}{number_nl(page.count)} {unit}",
            chosen=chosen,
            regions=page.regions,
            own_region=user.region,
            gain_status=gain_status,
            shows_points=can(user, Action.VIEW_CONTRIBUTIONS),
            suggestions=[(s.value, SUGGESTION_NL[s]) for s in URGENCY],
            next_address=chosen.to_address(page.next_cursor) if page.next_cursor else None,
            first_address=chosen.to_address() if chosen.cursor else None,
            today=reader.now.date(),
            is_blind=reader.is_blind,
        )
