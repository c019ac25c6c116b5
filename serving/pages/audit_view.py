"""What the pages of the audit log show: what was asked for, the lines, and whether all is whole."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from urllib.parse import urlencode

from features.pseudonyms import ID_PATTERN, TEXT_PATTERN
from serving.audit_schemas import FAULTS_NL
from serving.audit_trail import AuditPage, Fault, Verdict
from serving.pages.action_texts import ACTION_NL, MACHINES_NL, list_details, name_line
from serving.permissions import ROLE_NL, User
from serving.store.audit_trail import AuditLine
from serving.wording import number_nl, short_moment_nl, upper_first

LOG = "/logboek"
NAMES = ("gebruiker", "handeling", "dossier", "fonds", "van", "tot")
_LAST_NUMBER = 2**63 - 1
_DATE_NL = "Vul een datum in als dag, maand en jaar, of laat dit leeg."
_HASH = re.compile(r"[0-9a-f]{64}")
HASH_NL = "Een controlegetal heeft 64 tekens: cijfers en de letters a tot f. Plak het helemaal."
_OTHER_HEAD_NL = " Kijk na of het helemaal geplakt is. Is dat zo, dan is het logboek herschreven."


@dataclass(frozen=True)
class LogChoice:
    """The filters of the log as the address holds them, and what is wrong with them."""

    texts: Mapping[str, str]
    since: date | None = None
    until: date | None = None
    before: int | None = None
    faults: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "LogChoice":
        """Return the filters of an address; one that cannot be read is a fault, never "all"."""
        texts = {name: query.get(name, "").strip() for name in NAMES}
        since, until = (_read_day(texts[name]) for name in ("van", "tot"))
        faults = {name: _DATE_NL for name in ("van", "tot") if _is_no_day(texts[name])}
        faults |= dict(_list_faults(texts))
        if since and until and until < since:
            faults["tot"] = "Deze dag ligt voor de eerste. Kies een latere dag."
        before = query.get("voor", "")
        number = int(before) if re.fullmatch("[0-9]{1,19}", before) else 0
        place = number if 1 <= number <= _LAST_NUMBER else None
        return cls(texts, since, until, place, faults)

    def find(self, name: str) -> str | None:
        """Return a filter, None where it is not set."""
        return self.texts[name] or None

    @property
    def is_set(self) -> bool:
        """Whether anything is filtered at all."""
        return any(self.texts.values())

    def build_address(self, **changes: str) -> str:
        """Return the address of the log with these filters, changed."""
        kept = {k: v for k, v in {**self.texts, **changes}.items() if v}
        return f"{LOG}?{urlencode(kept)}" if kept else LOG


def _read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _is_no_day(text: str) -> bool:
    return bool(text) and _read_day(text) is None


def _list_faults(texts: Mapping[str, str]) -> list[tuple[str, str]]:
    rules = {
        "gebruiker": (r"[^\x00]{1,200}", "Vul de naam van een account in, hoogstens 200 tekens."),
        "handeling": (r"[a-z_]{1,64}", "Kies een handeling uit de lijst."),
        "dossier": (
            ID_PATTERN,
            "Een dossiernummer heeft 1 tot 64 letters, cijfers, punten of streepjes.",
        ),
        "fonds": (TEXT_PATTERN, "Vul het ziekenfonds in zoals het bij een regel staat."),
    }
    return [
        (name, nl)
        for name, (pattern, nl) in rules.items()
        if texts[name] and not re.fullmatch(pattern, texts[name])
    ]


@dataclass(frozen=True)
class LineView:
    """One line of the log."""

    number: int
    at: str
    who: str
    role_nl: str
    user_address: str
    what_nl: str
    details: Sequence[str]
    case_id: str | None
    case_address: str
    sickness_fund: str | None


@dataclass(frozen=True)
class LogView:
    """One page of the log."""

    chosen: LogChoice
    actions: Sequence[tuple[str, str]]
    lines: Sequence[LineView]
    own_fund: str | None
    next_address: str | None
    first_address: str | None

    @classmethod
    def of(cls, page: AuditPage, chosen: LogChoice, viewer: User, zone: tzinfo | None) -> "LogView":
        """Return what the page shows."""
        lines = [_view_line(line, page.people.get(line.user), chosen, zone) for line in page.lines]
        actions = sorted(((str(k), nl) for k, nl in ACTION_NL.items()), key=lambda one: one[1])
        onward = chosen.build_address(voor=str(page.before)) if page.before else None
        first = chosen.build_address() if chosen.before else None
        return cls(chosen, actions, lines, viewer.sickness_fund, onward, first)


def _view_line(
    line: AuditLine, user: User | None, chosen: LogChoice, zone: tzinfo | None
) -> LineView:
    return LineView(
        number=line.number,
        at=short_moment_nl(line.at.astimezone(zone)),
        who=user.name if user else MACHINES_NL.get(line.user, line.user),
        role_nl=ROLE_NL[user.role] if user else "",
        user_address=chosen.build_address(gebruiker=line.user),
        what_nl=name_line(line.action, line.detail),
        details=list_details(line.detail),
        case_id=line.case_id,
        case_address=chosen.build_address(dossier=line.case_id or ""),
        sickness_fund=line.sickness_fund,
    )


@dataclass(frozen=True)
class VerdictView:
    """Whether the log is whole, for someone who never heard of a hash."""

    is_whole: bool
    title_nl: str
    text_nl: str
    head: str
    at: str

    @classmethod
    def of(cls, verdict: Verdict, noted: str, now: datetime) -> "VerdictView":
        """Return what the page shows; `noted` is the earlier end that was filled in, or nothing."""
        lines = number_nl(verdict.lines)
        if verdict.is_whole:
            compared = " Het controlegetal dat u invulde, komt erin voor." if noted else ""
            text = f"{lines} regels zijn nagekeken, van de eerste tot de laatste.{compared}"
            title = "Het logboek is heel"
        else:
            fault = f"{upper_first(FAULTS_NL[verdict.fault])}."
            fault += _OTHER_HEAD_NL if verdict.fault == Fault.OTHER_HEAD else ""
            place = number_nl(verdict.broken or 0)
            text = f"{fault} Tot en met regel {lines} klopt alles; het breekt bij regel {place}."
            title = "Het logboek is niet heel"
        return cls(verdict.is_whole, title, text, verdict.head, short_moment_nl(now))


def find_head_fault(noted: str) -> str:
    """Return what is wrong with an end that somebody filled in, empty where nothing is."""
    return "" if not noted or _HASH.fullmatch(noted) else HASH_NL
