"""Who may see or do what: one table of roles and actions, and which cases lie in reach."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from features.errors import KantelpuntError


class NotAllowedError(KantelpuntError):
    """Something that this user may not see or do."""


class Role(StrEnum):
    """What a user is here for."""

    ADVISING_PHYSICIAN = "advising_physician"
    RTW_COORDINATOR = "rtw_coordinator"
    PLANNER = "planner"
    DATA_SCIENTIST = "data_scientist"
    AUDITOR = "auditor"
    FUND_SYSTEM = "fund_system"


class Action(StrEnum):
    """What can be asked of the service; every route declares one."""

    ASSESS = "assess"
    UPLOAD_CASES = "upload_cases"
    REPORT_OUTCOMES = "report_outcomes"
    LIST_CASES = "list_cases"
    EXPORT_LIST = "export_list"
    VIEW_CASE = "view_case"
    VIEW_CONTRIBUTIONS = "view_contributions"
    TAKE_CASE = "take_case"
    ESTIMATE_FIRST = "estimate_first"
    DECIDE = "decide"
    RECORD_CONSENT = "record_consent"
    RECORD_CONTACT = "record_contact"
    REFER = "refer"
    RECORD_REQUEST = "record_request"
    HANDLE_REQUEST = "handle_request"
    SEND_LETTER = "send_letter"
    VIEW_MODEL = "view_model"
    VIEW_SHADOW = "view_shadow"
    VIEW_AUDIT = "view_audit"
    VIEW_MONITOR = "view_monitor"
    VIEW_PLANNING = "view_planning"
    PLAN = "plan"
    REPORT_ENTRIES = "report_entries"
    LOG_OFF = "log_off"


PHYSICIAN, COORDINATOR = Role.ADVISING_PHYSICIAN, Role.RTW_COORDINATOR
PLANNER, SCIENTIST, AUDITOR = Role.PLANNER, Role.DATA_SCIENTIST, Role.AUDITOR
SYSTEM = Role.FUND_SYSTEM
_FUND = frozenset({PHYSICIAN, COORDINATOR})

# the table: whoever is not named may not
MAY: Mapping[Action, frozenset[Role]] = {
    Action.ASSESS: frozenset({PHYSICIAN, SYSTEM}),
    Action.UPLOAD_CASES: frozenset({PHYSICIAN, SYSTEM}),
    Action.REPORT_OUTCOMES: frozenset({SYSTEM}),
    Action.LIST_CASES: _FUND,
    Action.EXPORT_LIST: _FUND,
    Action.VIEW_CASE: _FUND,
    # how much each field weighs is the inside of the model: not for who calls the person
    Action.VIEW_CONTRIBUTIONS: frozenset({PHYSICIAN}),
    Action.TAKE_CASE: _FUND,
    # the estimate of a physician, before seeing ours, and what follows: nobody else decides
    Action.ESTIMATE_FIRST: frozenset({PHYSICIAN}),
    Action.DECIDE: frozenset({PHYSICIAN}),
    Action.RECORD_CONSENT: _FUND,
    # a coordinator calls the person, and a physician who does so notes it too
    Action.RECORD_CONTACT: _FUND,
    Action.REFER: _FUND,
    # what a person asks reaches us through anybody of the fund; a physician answers
    Action.RECORD_REQUEST: _FUND,
    Action.HANDLE_REQUEST: frozenset({PHYSICIAN}),
    # tells the person what was estimated, and what to do about it
    Action.SEND_LETTER: _FUND,
    Action.VIEW_MODEL: frozenset({PHYSICIAN, PLANNER, SCIENTIST, AUDITOR}),
    # who decides on a case may not know what a trial version would say
    Action.VIEW_SHADOW: frozenset({SCIENTIST, AUDITOR}),
    Action.VIEW_AUDIT: frozenset({AUDITOR}),
    # figures about a model that may be wrong are for who can tell why
    Action.VIEW_MONITOR: frozenset({SCIENTIST, AUDITOR}),
    # totals without a case, which are all that a planner sees
    Action.VIEW_PLANNING: frozenset({PLANNER, AUDITOR}),
    # capacities, scenarios and the limit on the gain, which decides on nobody by itself
    Action.PLAN: frozenset({PLANNER}),
    Action.REPORT_ENTRIES: frozenset({SYSTEM}),
    Action.LOG_OFF: frozenset(Role),
}

# routes without an action, each for its reason
OPEN_ROUTES: Mapping[str, str] = {
    "/healthz": "asked by the machine that watches the service; says nothing of anyone",
    "/readyz": "asked by the machine that watches the service; says nothing of anyone",
    "/metrics": "counts without any label about a person",
    "/docs": "describes the API; holds no case",
    "/openapi.json": "describes the API; holds no case",
    "/login": "where one logs on",
    "/login/oidc": "goes to the identity provider to log on",
    "/login/oidc/terug": "where the identity provider brings one back",
    "/static": "styles and scripts",
}

ROLE_NL: Mapping[Role, str] = {
    PHYSICIAN: "adviserend arts",
    COORDINATOR: "terug-naar-werk-coördinator",
    PLANNER: "planner",
    SCIENTIST: "dataspecialist",
    AUDITOR: "auditor",
    SYSTEM: "systeem van het ziekenfonds",
}


@dataclass(frozen=True)
class Scope:
    """The cases in someone's reach: those of one sickness fund and, if set, of one region of it."""

    sickness_fund: str
    region: str | None = None


@dataclass(frozen=True)
class User:
    """Someone with an account. Roles that see cases have a sickness fund."""

    key: str
    name: str
    role: Role
    sickness_fund: str | None = None
    region: str | None = None
    password_hash: str = field(default="", repr=False)
    session_version: int = 0


def needs_fund(role: Role) -> bool:
    """Tell whether a role sees or sends cases, which are always those of one sickness fund."""
    return role in MAY[Action.LIST_CASES] | MAY[Action.ASSESS]


def can(user: User, action: Action) -> bool:
    """Tell whether the role of the user may do this."""
    return user.role in MAY[action]


def check_can(user: User, action: Action) -> None:
    """Raise NotAllowedError unless the role of the user may do this."""
    if not can(user, action):
        raise NotAllowedError(f"role {user.role} may not {action}")


def get_scope(user: User) -> Scope:
    """Return the cases in reach; raises NotAllowedError for whoever has no sickness fund."""
    if user.sickness_fund is None:
        raise NotAllowedError("an account without a sickness fund reaches no case")
    return Scope(user.sickness_fund, user.region)


def check_can_assess(user: User, case: Mapping[str, Any]) -> None:
    """Raise NotAllowedError unless the user may assess, and the case lies in the user's reach."""
    check_can(user, Action.ASSESS)
    scope = get_scope(user)
    if case["sickness_fund"] != scope.sickness_fund:
        raise NotAllowedError("sickness_fund: expected the fund of the account")
    if scope.region is not None and case["region"] != scope.region:
        raise NotAllowedError("region: expected the region of the account")
