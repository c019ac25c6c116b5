"""The Dutch sentences of an access report: purpose, rights, sources, and who did what."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from serving.permissions import Action
from serving.states import CaseEvent
from serving.store.audit import REPORT_READ
from serving.store.decisions import Answer
from serving.store.requests import RequestKind, RequestOutcome
from serving.wording import date_nl

PURPOSE_NL = (
    "De inschatting helpt de adviserend arts om tijdig steun bij terugkeer naar werk te bespreken.",
    "De adviserend arts beslist, altijd. De inschatting beslist niets.",
)
NOT_USED_NL = (
    "Ze dient nooit voor controle of sanctie, en niet om een uitkering te bepalen.",
    "Deelnemen aan een traject is vrijwillig.",
    "Geslacht, herkomst, nationaliteit en taal gaan nooit in de inschatting.",
)
AUTHORITY_NL = "Gegevensbeschermingsautoriteit, Drukpersstraat 35, 1000 Brussel"
RIGHTS_NL = (
    "U kunt bezwaar maken: tot het behandeld is, wordt er niets ingeschat.",
    "U kunt gegevens laten verbeteren: dan volgt een nieuwe inschatting van dezelfde dag.",
    "U kunt een toestemming op elk moment intrekken.",
    "Met een vraag over uw gegevens kunt u terecht bij de DPO van uw ziekenfonds.",
    f"U kunt een klacht indienen bij de {AUTHORITY_NL}.",
)
DECIDED_NL = (
    "Over dit dossier besliste een adviserend arts, een mens. Het voorstel werd enkel getoond: het "
    "besliste niets. U kunt de arts vragen waarom."
)
UNDECIDED_NL = (
    "Over dit dossier is nog niets beslist. Enkel een adviserend arts, een mens, kan dat doen; het "
    "voorstel beslist niets."
)
MARGIN_NL = (
    "Een inschatting is niet zeker. De twee getallen erbij zijn haar marge: hoe verder ze uit "
    "elkaar liggen, hoe minder zeker het getal is."
)
RETENTION_NL = (
    "{months} maanden na de laatste inschatting wordt dit dossier gewist: de gegevens, de "
    "inschattingen, de beslissingen, de contacten, de toestemmingen, de doorverwijzingen, de "
    "vragen en de opvolging. Zolang een traject loopt, blijft het bewaard. In het logboek blijft "
    "staan wie in welke rol met dit nummer iets deed, zonder de gegevens zelf."
)
TRIAL_NL = (
    "Een versie van het model die op proef meeliep, rekende dit ook uit. Niemand gebruikte dit: de "
    "arts kreeg het bij uw dossier niet te zien, en het telde niet mee in het voorstel. Het dient "
    "enkel om twee versies van het model te vergelijken."
)
SOURCE_NL = {
    "sickness fund": "uw ziekenfonds",
    "questionnaire week 10": "uw antwoorden op de vragenlijst van week 10",
    "VDAB": "VDAB",
    "dates of the case": "de datums van uw dossier",
}
ANSWER_NL: Mapping[Answer, str] = {
    Answer.YES: "ja",
    Answer.NO: "nee",
    Answer.UNSURE: "weet het niet",
}
EXIT_NL = {
    "pension": "pensioen",
    "death": "overlijden",
    "not_recognised": "niet langer arbeidsongeschikt erkend",
}
NO_ROLE_NL = "invoer of beheer"
# what a fund reports for the audit of fairness; of another name or level, what it wrote itself
GROUPS_NL: Mapping[str, str] = {
    "sex": "Geslacht",
    "origin": "Herkomst",
    "dutch_level": "Kennis van het Nederlands",
}
LEVELS_NL: Mapping[str, str] = {
    "sex male": "man",
    "sex female": "vrouw",
    "origin belgian": "Belgisch",
    "origin eu": "andere EU-landen",
    "origin outside_eu": "buiten de EU",
    "dutch_level none": "geen",
    "dutch_level basic": "beperkt",
    "dutch_level good": "goed",
    "dutch_level fluent": "vlot",
}
_TRAINING_NL = (
    "Om het model te maken en na te kijken, kan uw ziekenfonds een uittreksel maken met "
    "pseudoniemen in plaats van nummers. Dossiers met een bezwaar gaan daar niet in mee."
)
_A, _E, _K, _O = Action, CaseEvent, RequestKind, RequestOutcome
_ACTION_NL: Mapping[str, str] = {
    _A.ASSESS: "ingeschat",
    _A.VIEW_CASE: "dossier bekeken",
    _A.TAKE_CASE: "genomen of vrijgegeven",
    _A.ESTIMATE_FIRST: "zelf ingeschat",
    _A.DECIDE: "beslist",
    _A.RECORD_CONSENT: "toestemming bijgewerkt",
    _A.RECORD_CONTACT: "contact met u genoteerd",
    _A.REFER: "doorverwijzing bijgewerkt",
    _A.RECORD_REQUEST: "vraag genoteerd",
    _A.HANDLE_REQUEST: "vraag behandeld",
    _A.REPORT_OUTCOMES: "opvolging gemeld",
    _A.SEND_LETTER: "brief over de inschatting gemaakt",
    "replay": "inschatting nagerekend, om na te gaan of ze klopt",
    _E.WAKE: "opnieuw op de lijst gezet: de dag om opnieuw te kijken was er",
}
_STEP_NL: Mapping[str, str] = {
    _E.SEND: "aanmeldingsformulier verstuurd naar VDAB",
    _E.ACCEPT: "aanvaard door VDAB",
    _E.DECLINE: "niet aanvaard door VDAB",
    _E.RECALL: "aanmeldingsformulier teruggenomen",
    _E.START: "traject gestart",
    _E.END: "traject beëindigd",
}
# what an action was about, from the detail of its line in the log
_EVENT_NL: Mapping[tuple[str, str], str] = {
    **{(action, e): nl for action in (_A.REFER, _A.REPORT_OUTCOMES) for e, nl in _STEP_NL.items()},
    (_A.ASSESS, "correction"): "opnieuw ingeschat na een verbetering",
    (_A.VIEW_CASE, REPORT_READ): "dit overzicht gemaakt",
    (_A.VIEW_CASE, "offers"): "aanbod bekeken",
    (_A.VIEW_CASE, "referral"): "doorverwijzing bekeken",
    (_A.VIEW_CASE, "referral_pdf"): "brief van de doorverwijzing opgehaald",
    (_A.TAKE_CASE, "take"): "dossier genomen",
    (_A.TAKE_CASE, "release"): "dossier vrijgegeven",
    (_A.RECORD_CONSENT, "given"): "toestemming genoteerd",
    (_A.RECORD_CONSENT, _E.WITHDRAW): "toestemming ingetrokken",
    (_A.RECORD_REQUEST, _K.OBJECTION): "bezwaar genoteerd",
    (_A.RECORD_REQUEST, _K.CORRECTION): "vraag om verbetering genoteerd",
    (_A.RECORD_REQUEST, _K.ACCESS): "vraag om inzage genoteerd",
    (_A.HANDLE_REQUEST, f"{_K.OBJECTION} {_O.UPHELD}"): "bezwaar aanvaard",
    (_A.HANDLE_REQUEST, f"{_K.OBJECTION} {_O.REJECTED}"): "bezwaar niet aanvaard",
    (_A.HANDLE_REQUEST, f"{_K.CORRECTION} {_O.DONE}"): "verbetering uitgevoerd",
    (_A.HANDLE_REQUEST, f"{_K.CORRECTION} {_O.REJECTED}"): "verbetering niet uitgevoerd",
    (_A.HANDLE_REQUEST, f"{_K.ACCESS} {_O.DONE}"): "inzage gegeven",
    (_A.HANDLE_REQUEST, f"{_K.ACCESS} {_O.REJECTED}"): "inzage niet gegeven",
}


def name_action(action: str, detail: Mapping[str, Any]) -> str:
    """Return what a line of the log tells that somebody did."""
    about = next((detail[key] for key in ("event", "because", "change") if key in detail), "")
    if action == Action.HANDLE_REQUEST:
        about = f"{about} {detail.get('outcome')}"
    if action == Action.REFER and (action, about) not in _EVENT_NL:
        return "ontwerp van het aanmeldingsformulier bekeken" if about else _ACTION_NL[action]
    return _EVENT_NL.get((action, str(about))) or _ACTION_NL.get(action, "andere handeling")


def tell_groups(groups: Mapping[str, Any]) -> dict[str, Any]:
    """Return the groups of a person by their Dutch names."""
    return {
        GROUPS_NL.get(name, name): LEVELS_NL.get(f"{name} {level}", level)
        for name, level in groups.items()
    }


def list_received(sent: Sequence[tuple[date, str]]) -> list[str]:
    """Return who received what: VDAB the forms that were sent, and nobody anything else."""
    told = [
        f"VDAB kreeg op {date_nl(day)} het aanmeldingsformulier {reference}, dat hieronder staat. "
        "Een inschatting, een reden of een diagnose staat daar niet in."
        for day, reference in sent
    ]
    return [*(told or ["VDAB of een partner kreeg niets van dit dossier."]), _TRAINING_NL]
