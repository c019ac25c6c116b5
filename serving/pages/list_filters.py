"""The filters of the triage list: as they stand in the address, and as the page shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from re import fullmatch
from typing import Any
from urllib.parse import urlencode

from features.contract import Contract
from features.deadlines import DEADLINES
from features.pseudonyms import TEXT_PATTERN
from models.suggestion import SUGGESTION_NL, Suggestion
from serving.assessment import URGENCY
from serving.states import STATE_NL, CaseState
from serving.store.cases import MOST_COUNTED
from serving.triage_query import CLOCK_KEYS, Due, Order, Wanted, Window
from serving.wording import number_nl, region_nl, short_date_nl

LIST, FILE = "/", "/lijst.csv"
MOST_DAYS = 366
_SEARCH = r"[A-Za-z0-9._-]{1,64}"
_CURSOR = r"[A-Za-z0-9_-]{1,400}"
_YES, _NO = "ja", "nee"
CLOCK_NL = {deadline.key: deadline.label_nl for deadline in reversed(DEADLINES)}
ANSWERED_NL = {_YES: "beantwoord", _NO: "niet beantwoord"}
ASKING_NL = "Vraag van de persoon wacht"
WITHIN = ("7", "14", "30")
WINDOW_NL = {
    Window.TIPPING_POINT: "dag 30 tot het einde van het eerste jaar",
    Window.ALL: "alle afwezigheden, ook kortere en langere",
}
ORDER_NL = {
    Order.URGENCY: "volgens het voorstel",
    Order.NEXT_CLOCK: "eerste termijn",
    Order.LONGEST_ABSENT: "langst afwezig",
}
# in the address, by what it stands for
_ORDERS = {"termijn": Order.NEXT_CLOCK, "afwezig": Order.LONGEST_ABSENT}
_WINDOWS = {"rond": Window.TIPPING_POINT, "alles": Window.ALL}
Options = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class FilterView:
    """The filters of the list, as in the address; what cannot be read counts as not set."""

    zoek: str = ""
    voorstel: str = ""
    vragenlijst: str = ""
    regio: str = ""
    binnen: str = ""
    termijn: str = ""
    status: str = ""
    statuut: str = ""
    van: str = ""
    tot: str = ""
    periode: str = ""
    mijn: str = ""
    opnieuw: str = ""
    vraag: str = ""
    volgorde: str = ""
    cursor: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "FilterView":
        """Return the filters in an address."""
        names = [f.name for f in fields(cls)]
        return cls(**{n: _keep(n, query[n].strip()) for n in names if n in query})

    def to_wanted(self) -> Wanted:
        """Return the filters as the use case of the list knows them."""
        return Wanted(
            suggestion=Suggestion(self.voorstel) if self.voorstel else None,
            region=self.regio or None,
            screened_from=date.fromisoformat(self.van) if self.van else None,
            screened_until=date.fromisoformat(self.tot) if self.tot else None,
            answered=self.vragenlijst == _YES if self.vragenlijst else None,
            search=self.zoek or None,
            state=CaseState(self.status) if self.status else None,
            labour_status=self.statuut or None,
            clock=self.termijn or None,
            within_days=int(self.binnen) if self.binnen else None,
            mine=self.mijn == _YES,
            due=Due.REASSESS if self.opnieuw else None,
            asking=self.vraag == _YES,
            window=_WINDOWS.get(self.periode),
            order=_ORDERS.get(self.volgorde, Order.URGENCY),
        )

    def to_address(self, *, path: str = LIST, cursor: str | None = None) -> str:
        """Return the address of the list with these filters, from the top or after a cursor."""
        shown = {k: v for k, v in vars(self).items() if v and k != "cursor"}
        if cursor:
            shown["cursor"] = cursor
        return path + (f"?{urlencode(shown)}" if shown else "")

    @property
    def here(self) -> str:
        """The address of the page of the list that is shown."""
        return self.to_address(cursor=self.cursor)

    @property
    def is_set(self) -> bool:
        """Whether any filter is set; an order is none."""
        return replace(self, volgorde="", cursor="") != FilterView()

    @property
    def has_rare(self) -> bool:
        """Whether a filter is set of those that the page keeps folded."""
        return any(getattr(self, name) for name in _RARE)


_RARE = ("termijn", "status", "statuut", "van", "tot", "periode", "mijn", "opnieuw", "vraag")
_ALLOWED: Mapping[str, Sequence[str]] = {
    "voorstel": tuple(Suggestion),
    "vragenlijst": (_YES, _NO),
    "termijn": CLOCK_KEYS,
    "status": tuple(CaseState),
    "periode": tuple(_WINDOWS),
    "mijn": (_YES,),
    "opnieuw": (_YES,),
    "vraag": (_YES,),
    "volgorde": tuple(_ORDERS),
}
_PATTERNS = {"zoek": _SEARCH, "regio": TEXT_PATTERN, "statuut": TEXT_PATTERN, "cursor": _CURSOR}


def _keep(name: str, text: str) -> str:
    """Return the text of a filter where it can be read, or nothing."""
    if name in _ALLOWED:
        return text if text in _ALLOWED[name] else ""
    if name in _PATTERNS:
        return text if fullmatch(_PATTERNS[name], text) else ""
    if name == "binnen":
        is_number = fullmatch(r"[0-9]{1,3}", text) and int(text) <= MOST_DAYS
        return str(int(text)) if is_number else ""
    return _keep_day(text)


def _keep_day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


@dataclass(frozen=True)
class ChipView:
    """One filter that is on, in words, and the address of the list without it."""

    text: str
    address: str


def build_chips(chosen: FilterView, statuses: Options) -> list[ChipView]:
    """Return a chip for every filter that is on."""
    told = {
        "zoek": f"Dossiernummer met {chosen.zoek}",
        "voorstel": f"Voorstel: {_find(SUGGESTION_NL, chosen.voorstel)}",
        "vragenlijst": f"Vragenlijst {ANSWERED_NL.get(chosen.vragenlijst, '')}",
        "regio": f"Regio: {region_nl(chosen.regio)}",
        "binnen": within_nl(chosen.binnen),
        "termijn": f"Volgende termijn: {CLOCK_NL.get(chosen.termijn, '')}",
        "status": f"Toestand: {_find(STATE_NL, chosen.status)}",
        "statuut": f"Statuut: {dict(statuses).get(chosen.statuut, chosen.statuut)}",
        "van": f"Ingeschat vanaf {_day_nl(chosen.van)}",
        "tot": f"Ingeschat tot en met {_day_nl(chosen.tot)}",
        "periode": f"Afwezigheid: {_find(WINDOW_NL, _WINDOWS.get(chosen.periode, ''))}",
        "mijn": "Van mij",
        "opnieuw": "Opnieuw in te schatten",
        "vraag": ASKING_NL,
    }
    on = [(name, text) for name, text in told.items() if getattr(chosen, name)]
    return [ChipView(text, replace(chosen, **{name: ""}).to_address()) for name, text in on]


def _find(texts: Mapping[Any, str], key: str) -> str:
    return texts[key] if key else ""


def _day_nl(day: str) -> str:
    return short_date_nl(date.fromisoformat(day)) if day else ""


def within_nl(days: str) -> str:
    """Return a filter on the next clock in words."""
    return "Termijn vandaag" if days == "0" else f"Termijn binnen {days} dagen"


@dataclass(frozen=True)
class ChoiceView:
    """What can be chosen in the filters; `labour_statuses` is empty where the model has none."""

    suggestions: Options
    answers: Options
    regions: Options
    within: Options
    clocks: Options
    states: Options
    labour_statuses: Options
    windows: Options
    orders: Options

    @classmethod
    def of(
        cls, regions: Sequence[str], statuses: Options, *, is_blind: bool, asking: bool = False
    ) -> "ChoiceView":
        """Return the choices; for who is blind to estimates no order tells about them."""
        named = [(k, ORDER_NL[o]) for k, o in _ORDERS.items()]
        orders = [("", "langst wachtende vraag" if asking else ORDER_NL[Order.URGENCY]), *named]
        blind = [("", ORDER_NL[Order.LONGEST_ABSENT]), ("termijn", ORDER_NL[Order.NEXT_CLOCK])]
        return cls(
            suggestions=[(s.value, SUGGESTION_NL[s]) for s in URGENCY],
            answers=list(ANSWERED_NL.items()),
            regions=[(key, region_nl(key)) for key in regions],
            within=[(days, f"binnen {days} dagen") for days in WITHIN],
            clocks=[(key, CLOCK_NL[key]) for key in CLOCK_KEYS],
            states=[(state.value, STATE_NL[state]) for state in CaseState],
            labour_statuses=statuses,
            windows=[(key, WINDOW_NL[window]) for key, window in _WINDOWS.items()],
            orders=blind if is_blind and not asking else orders,
        )


def list_labour_statuses(contract: Contract) -> Options:
    """Return the statuses of a contract by key, or none where it has no such field."""
    if "labour_status" not in contract.names:
        return ()
    return list(contract.get_field("labour_status").levels.items())


def _tell_count(count: int) -> str:
    over = "meer dan " if count > MOST_COUNTED else ""
    return over + number_nl(min(count, MOST_COUNTED))


def list_quick(chosen: FilterView, asking: int) -> list[tuple[str, str, bool]]:
    """Return the views that one click gives: label, address, and whether it is the one shown.

    One says how many persons wait for an answer, also of cases that stand in no other view.
    """
    views = {
        "Wat openstaat": FilterView(volgorde=chosen.volgorde),
        "Van mij": FilterView(mijn=_YES, volgorde=chosen.volgorde),
        within_nl("14"): FilterView(binnen="14", volgorde=chosen.volgorde),
        "Bij de coördinator": FilterView(
            status=CaseState.WITH_COORDINATOR.value, volgorde=chosen.volgorde
        ),
        "Opnieuw in te schatten": FilterView(opnieuw=_YES, volgorde=chosen.volgorde),
        # in its own order, the oldest first
        f"{ASKING_NL} ({_tell_count(asking)})": FilterView(vraag=_YES),
    }
    here = replace(chosen, cursor="")
    return [(label, view.to_address(), view == here) for label, view in views.items()]
