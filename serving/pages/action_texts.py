"""What the audit log says, in Dutch: actions and the details beside them."""

from collections.abc import Mapping
from typing import Any

from serving.access_texts import name_action
from serving.permissions import ROLE_NL, Action, Role
from serving.problem_texts import TEXTS
from serving.states import CaseEvent
from serving.store.audit import REPORT_READ
from serving.wording import number_nl, region_nl

# actions that leave a line, as a list to choose from
ACTION_NL: Mapping[str, str] = {
    Action.VIEW_CASE: "dossier bekeken",
    Action.LIST_CASES: "triagelijst bekeken",
    Action.EXPORT_LIST: "triagelijst als bestand opgehaald",
    Action.ASSESS: "dossier ingeschat",
    Action.TAKE_CASE: "dossier genomen of vrijgegeven",
    Action.ESTIMATE_FIRST: "eigen inschatting gegeven",
    Action.DECIDE: "beslissing genomen",
    Action.RECORD_CONSENT: "toestemming bijgewerkt",
    Action.RECORD_CONTACT: "contact met de persoon genoteerd",
    Action.REFER: "doorverwijzing bijgewerkt of bekeken",
    Action.RECORD_REQUEST: "vraag van de persoon genoteerd",
    Action.HANDLE_REQUEST: "vraag van de persoon behandeld",
    Action.SEND_LETTER: "brief over de inschatting gemaakt",
    Action.REPORT_OUTCOMES: "opvolging gemeld",
    Action.UPLOAD_CASES: "bestand met dossiers aangeleverd",
    Action.VIEW_AUDIT: "toezicht: logboek of overeenstemming bekeken",
    Action.PLAN: "capaciteit, scenario of grens vastgelegd",
    Action.REPORT_ENTRIES: "instroom gemeld",
    "make_plan": "planning berekend",
    CaseEvent.WAKE: "dossier opnieuw op de lijst gezet",
    "fill_demo": "verzonnen verleden, ingevuld door de demo",
    "forget": "dossiers gewist",
    "export": "uittreksel voor het model gemaakt",
    "replay": "inschatting nagerekend",
    "monitor": "model bewaakt",
    "log_on": "aangemeld",
    Action.LOG_OFF: "afgemeld",
    "add_user": "account gemaakt",
    "close_user": "account afgesloten",
    "change_password": "wachtwoord vervangen",
}
# nobody is behind these: the service itself, or whoever manages it
MACHINES_NL: Mapping[str, str] = {
    "system": "de dienst zelf",
    "import": "invoer door de beheerder",
    "command line": "de beheerder",
    "demo": "de demo",
}
# said better by the sentence for the action, or of no use to a reader
_SAID_ALREADY = ("event", "because", "change", "outcome", "step", "what")
_STEP_NL = {
    "received": "bestand ontvangen",
    "read": "bestand gelezen",
    "done": "bestand helemaal verwerkt",
    "failed": "bestand geweigerd",
}
_PLAN_NL = {
    "capacity": "capaciteit van een regio vastgelegd",
    "limit": "grens op de meerwaarde van een regio vastgelegd",
    "scenario": "scenario bewaard",
    "scenario_gone": "scenario gewist",
}
_LABEL_NL: Mapping[str, str] = {
    "user": "account",
    "role": "rol",
    "region": "regio",
    "lines": "regels",
    "rows": "rijen",
    "by": "door",
    "replayed": "nagerekend",
    "not_replayed": "niet na te rekenen",
    "differing": "verschillend",
    "shown": "keer met de gegevens getoond",
    "broken": "eerste regel die niet klopt",
    "problem": "reden",
    "model_version": "modelversie",
    "assessment_id": "inschatting",
    "decision_id": "beslissing",
    "referral_id": "doorverwijzing",
    "consent_id": "toestemming",
    "request_id": "vraag",
    "contact_id": "contact",
    "import_id": "bestand",
    "saved": "bewaard",
    "known": "al bekend",
    "elsewhere": "van elders",
    "untimely": "buiten de tijd",
    "blocked": "met bezwaar",
    "rejected": "afgekeurd",
    "refused": "geweigerd",
    "other_case": "onder een ander nummer",
    "cases": "dossiers",
    "assessments": "inschattingen",
    "own_estimates": "eigen inschattingen",
    "decisions": "beslissingen",
    "consents": "toestemmingen",
    "referrals": "doorverwijzingen",
    "requests": "vragen",
    "contacts": "contacten",
    "pathways": "trajecten",
    "work_periods": "werkperiodes",
    "follow_up": "opvolging",
    "alarms": "alarmen",
    "months": "maanden",
    "regions": "regio's",
    "places": "plaatsen",
    "valid_from": "vanaf",
    "missing": "ontbrekend",
    "groups": "groepen",
    "fairness_groups": "groepen",
}
_ONE_NL = {
    "alarmen": "alarm",
    "regels": "regel",
    "rijen": "rij",
    "dossiers": "dossier",
    "trajecten": "traject",
    "eigen inschattingen": "eigen inschatting",
    "beslissingen": "beslissing",
    "toestemmingen": "toestemming",
    "doorverwijzingen": "doorverwijzing",
    "maanden": "maand",
    "regio's": "regio",
    "plaatsen": "plaats",
}
_IDENTIFIERS = (
    "assessment_id",
    "decision_id",
    "referral_id",
    "consent_id",
    "request_id",
    "contact_id",
)
_SHOWN_OF_NUMBER = 8


def name_line(action: str, detail: Mapping[str, Any]) -> str:
    """Return what a line of the log tells that somebody did."""
    if action == Action.UPLOAD_CASES and detail.get("step") in _STEP_NL:
        return _STEP_NL[detail["step"]]
    if action == Action.VIEW_CASE and detail.get("event") == REPORT_READ:
        return "overzicht voor de persoon gemaakt"
    if action == Action.VIEW_AUDIT:
        return _name_oversight(detail)
    if action == Action.PLAN and detail.get("what") in _PLAN_NL:
        return _PLAN_NL[detail["what"]]
    if set(detail) & {"event", "because", "change"}:
        return name_action(action, detail)
    return ACTION_NL.get(action, action.replace("_", " "))


def _name_oversight(detail: Mapping[str, Any]) -> str:
    if detail.get("what") == "agreement":
        return "overeenstemming bekeken"
    return "logboek nagekeken" if "broken" in detail else "logboek bekeken"


def list_details(detail: Mapping[str, Any]) -> list[str]:
    """Return the details of a line as a few words each; counts of nothing are left out."""
    return [
        _join(_LABEL_NL.get(key, key.replace("_", " ")), key, value)
        for key, value in detail.items()
        if key not in _SAID_ALREADY and value not in (0, "")
    ]


def _join(label: str, key: str, value: Any) -> str:
    told = _tell(key, value)
    if isinstance(value, int) and key != "broken":
        return f"{told} {_ONE_NL.get(label, label) if value == 1 else label}"
    return f"{label} {told}"


def _tell(key: str, value: Any) -> str:
    if key in (*_IDENTIFIERS, "import_id"):
        return str(value)[:_SHOWN_OF_NUMBER]
    if key == "role" and value in set(Role):
        return ROLE_NL[Role(value)]
    if key == "region":
        return region_nl(str(value))
    if key == "problem" and value in TEXTS:
        return TEXTS[value][2].replace("`", "")
    return number_nl(value) if isinstance(value, int) else str(value)
