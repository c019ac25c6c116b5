"""What the user is told when something goes wrong: Dutch, what to do, never a value of a case."""

from dataclasses import dataclass, replace
from typing import Any

from features.contract import Contract
from features.errors import KantelpuntError
from features.requests import CASE_LABELS_NL, CaseRefusedError
from features.wording import expected_nl
from models.suggestion import LimitsError
from serving.claims import AccountUnusableError
from serving.faults import (
    FieldFault,
    NoPlanError,
    NoReferralError,
    NoScenarioError,
    NotFoundError,
    RequestRefusedError,
)
from serving.intake_check import UploadsGoneError
from serving.permissions import NotAllowedError
from serving.problem_texts import TEXTS
from serving.rate_limit import TooManyError
from serving.states import STATE_NL, StaleError, StateError
from serving.store.consents import NoConsentError
from serving.store.engine import StoreBusyError, StoreGoneError
from serving.store.identity import OtherCaseError
from serving.store.outages import StoreRefusesError, StoreUnsureError
from serving.store.standing import NoSuchCaseError, ObjectionOpenError, ObjectionUpheldError
from serving.store.users import AccountClosedError


class NotLoggedOnError(KantelpuntError):
    """Nobody is logged on, or not with an account that counts."""


class IssuerGoneError(KantelpuntError):
    """The identity provider does not answer, or with something that cannot be used."""


class SessionEndedError(NotLoggedOnError):
    """A session that was idle or lasted too long, or that was ended."""


class FormExpiredError(KantelpuntError):
    """A form without the token that we gave with it."""


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


CASE_EXPECTED_NL = {
    "case_id": "1 tot 64 letters, cijfers, punten of streepjes",
    "person_key": "een pseudoniem van 1 tot 64 letters, cijfers, punten of streepjes",
    "sickness_fund": "een tekst van 1 tot 64 tekens",
    "region": "een tekst van 1 tot 64 tekens",
    "absence_started_on": "een datum als JJJJ-MM-DD",
    "screened_on": "een datum als JJJJ-MM-DD",
}
_SAME_NL = {
    "person_key": "dezelfde persoon als bij dit nummer bewaard is",
    "absence_started_on": "dezelfde eerste dag als bij dit nummer bewaard is",
    "region": "een dossier uit uw regio; dit nummer is van een dossier uit een andere",
}
_MOST_NAMED = 5
RETRY_SECONDS = 5
_RETRY_OTHERWISE = {"store-busy": 1, "store-refuses": 60, "maintenance": 300}


def build_problem(key: str, faults: tuple[FieldFault, ...] = (), detail: str = "") -> Problem:
    """Return the problem with the text that belongs to a key."""
    status, title, what_to_do = TEXTS[key]
    retry = _RETRY_OTHERWISE.get(key, RETRY_SECONDS) if status == 503 else None
    return Problem(status, key, title, detail or what_to_do, faults, retry)


def explain(error: Exception, contract: Contract) -> Problem:
    """Return what to tell the user of an error; of an unexpected one, only that it is noted."""
    if isinstance(error, CaseRefusedError):
        return _explain_refusal(error, contract)
    if isinstance(error, OtherCaseError):
        return _explain_other_case(error)
    if isinstance(error, RequestRefusedError):
        return build_problem(error.key, error.faults)
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
    NoReferralError: "no-referral",
    NoPlanError: "no-plan",
    NoScenarioError: "no-scenario",
    NotFoundError: "not-found",
    NoSuchCaseError: "not-found",
    StateError: "wrong-state",
    NoConsentError: "no-consent",
    ObjectionUpheldError: "objection-upheld",
    ObjectionOpenError: "objection-open",
    LimitsError: "no-limits",
    StoreBusyError: "store-busy",
    StoreRefusesError: "store-refuses",
    StoreUnsureError: "store-unsure",
    StoreGoneError: "store-gone",
    UploadsGoneError: "uploads-gone",
}


def _explain_other_case(error: OtherCaseError) -> Problem:
    faults = tuple(FieldFault(name, _SAME_NL[name]) for name in error.fields)
    problem = build_problem("other-case", faults)
    named = ", ".join(CASE_LABELS_NL[name] for name in error.fields)
    return replace(problem, detail=f"Dit verschilt: {named}. {problem.detail}")


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
    expected = CASE_EXPECTED_NL.get(name) or expected_nl(contract.get_field(name))
    return f"{expected} (ontbreekt nu)" if "it is missing" in fault else expected
