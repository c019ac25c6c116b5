"""What the user is told when something goes wrong: Dutch, what to do, never a value of a case."""

from dataclasses import dataclass, replace
from typing import Any

from features.contract import Contract
from features.errors import KantelpuntError
from features.requests import CASE_LABELS_NL, CaseRefusedError
from features.wording import expected_nl
from models.suggestion import LimitsError
from serving.claims import AccountUnusableError
from serving.issuer import IssuerGoneError
from serving.permissions import NotAllowedError
from serving.rate_limit import TooManyError
from serving.states import STATE_NL, StaleError, StateError
from serving.store.engine import StoreGoneError
from serving.store.standing import NoSuchCaseError
from serving.store.users import AccountClosedError


class NotLoggedOnError(KantelpuntError):
    """Nobody is logged on, or not with an account that counts."""


class SessionEndedError(NotLoggedOnError):
    """A session that was idle or lasted too long, or that was ended."""


class NotFoundError(KantelpuntError):
    """A page or a case that is not there, or not for this user."""


class FormExpiredError(KantelpuntError):
    """A form without the token that we gave with it."""


class RequestRefusedError(KantelpuntError):
    """A request that cannot be read: its form, size or parameters, by the key of a text below."""

    def __init__(self, key: str, faults: list["FieldFault"] | None = None) -> None:
        """Keep the key of the text and the parameters that are wrong."""
        self.key = key
        self.faults = faults or []
        super().__init__(f"request refused: {key}")


@dataclass(frozen=True)
class FieldFault:
    """One field that has to change: its name and what is expected there, in Dutch."""

    field: str
    expected: str


@dataclass(frozen=True)
class Problem:
    """A problem as RFC 9457 describes it, which an error page can show just as well."""

    status: int
    key: str
    title: str
    detail: str
    errors: tuple[FieldFault, ...] = ()
    retry_seconds: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the problem as the API sends it."""
        body: dict[str, Any] = {
            "type": f"urn:kantelpunt:problem:{self.key}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            body["errors"] = [vars(fault) for fault in self.errors]
        return body


# key: status, title, what to do
TEXTS: dict[str, tuple[int, str, str]] = {
    "not-logged-on": (
        401,
        "U bent niet aangemeld",
        "Meld u aan met een naam en een wachtwoord die hier bekend zijn.",
    ),
    "session-ended": (
        401,
        "Uw sessie is verlopen",
        "Wat u net invulde, is niet bewaard. Meld u opnieuw aan.",
    ),
    "account-unusable": (
        403,
        "Dit is niet voor uw account",
        "Uw organisatie kent u, maar uw account heeft daar geen rol, of geen ziekenfonds, waarmee "
        "u hier terechtkunt. Vraag uw beheerder om dat aan te passen.",
    ),
    "account-closed": (
        403,
        "Dit is niet voor uw account",
        "Uw account is hier afgesloten. Vraag het aan uw beheerder als dat niet klopt.",
    ),
    "not-allowed": (
        403,
        "Dit is niet voor uw account",
        "Uw rol, ziekenfonds of regio geeft geen toegang hiertoe. "
        "Vraag het aan uw beheerder als dat niet klopt.",
    ),
    "form-expired": (
        403,
        "Het formulier is verlopen",
        "Ga terug, laad de pagina opnieuw en probeer nog eens.",
    ),
    "not-found": (
        404,
        "Niet gevonden",
        "Dit adres bestaat niet, of het dossier hoort niet bij uw ziekenfonds of regio.",
    ),
    "method-not-allowed": (
        405,
        "Dit kan hier niet",
        "Dit adres bestaat, maar niet voor deze bewerking. De beschrijving staat op /docs.",
    ),
    "stale": (
        409,
        "Dit dossier veranderde ondertussen",
        "Er is niets overschreven en er ging niets verloren. Bekijk het dossier opnieuw en beslis "
        "dan of dit nog nodig is.",
    ),
    "wrong-state": (
        409,
        "Dit kan nu niet met dit dossier",
        "Er is niets veranderd. Bekijk het dossier opnieuw: daar staat wat er nu kan.",
    ),
    "too-large": (
        413,
        "De aanvraag is te groot",
        "Stuur hoogstens 1.000 meldingen en 5 MB per keer, en verdeel de rest over meer aanvragen.",
    ),
    "not-json": (
        415,
        "De aanvraag is geen JSON",
        "Stuur de melding als JSON, met Content-Type: application/json.",
    ),
    "unreadable": (
        422,
        "De aanvraag is niet leesbaar",
        "De JSON is niet geldig. Controleer haakjes, aanhalingstekens en getallen.",
    ),
    "not-a-batch": (
        422,
        "De aanvraag is geen lijst van meldingen",
        'Stuur een lijst van meldingen, of een object met die lijst onder "cases".',
    ),
    "body": (
        422,
        "De aanvraag klopt niet",
        "Pas deze velden aan; er is niets bewaard.",
    ),
    "parameters": (
        422,
        "De aanvraag klopt niet",
        "Pas deze parameters aan.",
    ),
    "too-many": (
        429,
        "Te veel pogingen of aanvragen",
        "Wacht even en probeer dan opnieuw.",
    ),
    "case-refused": (422, "Deze melding kan niet ingeschat worden", ""),
    "no-limits": (
        422,
        "Deze melding kan niet ingeschat worden",
        "Voor de dag van de inschatting gelden nog geen grenzen. Kies een latere dag.",
    ),
    "fault": (
        500,
        "Er ging iets mis bij ons",
        "De fout is genoteerd, zonder gegevens van het dossier. "
        "Probeer het later opnieuw of verwittig uw beheerder.",
    ),
    "issuer-gone": (
        503,
        "Aanmelden kan even niet",
        "De aanmelddienst van uw organisatie antwoordt niet. Wie al aangemeld is, werkt gewoon "
        "verder. Probeer het over enkele seconden opnieuw.",
    ),
    "store-gone": (
        503,
        "De dienst is even niet beschikbaar",
        "De opslag antwoordt niet; er is niets bewaard. Probeer het over enkele seconden opnieuw.",
    ),
}

_CASE_EXPECTED_NL = {
    "case_id": "1 tot 64 letters, cijfers, punten of streepjes",
    "person_key": "een pseudoniem van 1 tot 64 letters, cijfers, punten of streepjes",
    "sickness_fund": "een tekst van 1 tot 64 tekens",
    "region": "een tekst van 1 tot 64 tekens",
    "absence_started_on": "een datum als JJJJ-MM-DD",
    "screened_on": "een datum als JJJJ-MM-DD",
}
_MOST_NAMED = 5
RETRY_SECONDS = 5


def build_problem(key: str, faults: tuple[FieldFault, ...] = (), detail: str = "") -> Problem:
    """Return the problem with the text that belongs to a key."""
    status, title, what_to_do = TEXTS[key]
    retry = RETRY_SECONDS if status == 503 else None
    return Problem(status, key, title, detail or what_to_do, faults, retry)


def explain(error: Exception, contract: Contract) -> Problem:
    """Return what to tell the user of an error; of an unexpected one, only that it is noted."""
    if isinstance(error, CaseRefusedError):
        return _explain_refusal(error, contract)
    if isinstance(error, RequestRefusedError):
        return build_problem(error.key, tuple(error.faults))
    if isinstance(error, TooManyError):
        return replace(build_problem("too-many"), retry_seconds=error.seconds)
    if isinstance(error, StaleError):
        problem = build_problem("stale")
        now_nl = f"Dit dossier is nu: {STATE_NL[error.state]}."
        return replace(problem, detail=f"{now_nl} {problem.detail}")
    for kind, key in _KEYS.items():
        if isinstance(error, kind):
            return build_problem(key)
    return build_problem("fault")


_KEYS: dict[type[Exception], str] = {
    SessionEndedError: "session-ended",
    NotLoggedOnError: "not-logged-on",
    AccountUnusableError: "account-unusable",
    AccountClosedError: "account-closed",
    IssuerGoneError: "issuer-gone",
    NotAllowedError: "not-allowed",
    FormExpiredError: "form-expired",
    NotFoundError: "not-found",
    NoSuchCaseError: "not-found",
    StateError: "wrong-state",
    LimitsError: "no-limits",
    StoreGoneError: "store-gone",
}


def _explain_refusal(error: CaseRefusedError, contract: Contract) -> Problem:
    pairs = list(zip(error.fields, error.faults, strict=True))
    faults = tuple(FieldFault(name, _expected_nl(name, text, contract)) for name, text in pairs)
    named = [f"Bij {_label_nl(f.field, contract)}: {f.expected}." for f in faults[:_MOST_NAMED]]
    if len(faults) > _MOST_NAMED:
        more = len(faults) - _MOST_NAMED
        named.append(f"En nog {more} {'ander veld' if more == 1 else 'andere velden'}.")
    return build_problem("case-refused", faults, detail=" ".join(named))


def _label_nl(name: str, contract: Contract) -> str:
    if name in CASE_LABELS_NL:
        return CASE_LABELS_NL[name]
    return contract.get_field(name).label_nl if name in contract.names else name


def _expected_nl(name: str, fault: str, contract: Contract) -> str:
    if "unknown field" in fault:
        return "dit veld is onbekend; laat het weg"
    if "national number" in fault or "number of a person" in fault:
        return "een pseudoniem; een rijksregisternummer wordt nooit aanvaard"
    if "on or after absence_started_on" in fault:
        return "een dag op of na het begin van de afwezigheid"
    if "not after today" in fault:
        return "een dag die niet na vandaag ligt"
    if name not in CASE_LABELS_NL and name not in contract.names:
        return "een object met één waarde per veld"
    expected = _CASE_EXPECTED_NL.get(name) or expected_nl(contract.get_field(name))
    return f"{expected} (ontbreekt nu)" if "it is missing" in fault else expected
