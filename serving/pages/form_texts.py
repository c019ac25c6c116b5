"""The Dutch words of the forms on the page of a case: labels, choices, and what was done."""

from collections.abc import Mapping

from serving.access_texts import ANSWER_NL
from serving.consent import PURPOSE_NL
from serving.decision_reasons import REASON_NL
from serving.person_schemas import OUTCOME_NL
from serving.question_texts import NEEDED_NL, POSSIBLE_NL
from serving.states import DECISION_NL, RECALL_NL, CaseEvent, DecisionKind
from serving.store.contacts import RESULT_NL
from serving.store.requests import RequestKind

NO_NAMES_NL = "Schrijf hier geen diagnose, geen namen en geen nummers van personen."

# each field of a form by its name in the body of the API
LABEL_NL: Mapping[str, str] = {
    "is_possible": POSSIBLE_NL,
    "is_needed": NEEDED_NL,
    "kind": "Uw keuze",
    "look_again_on": "Opnieuw bekijken op",
    "reason": "Waarom u afwijkt van het voorstel",
    "reason_text": "Korte uitleg",
    "given_on": "Dag van de toestemming",
    "result": "Wat het contact opleverde",
    "call_again_on": "Terugbellen op",
    "note": "Korte uitleg voor de arts",
    "purpose": "Waarmee de persoon instemt",
    "sure": "Bevestiging",
    "capacities": "Wat de persoon kan",
    "capacities_text": "Wat de persoon nog kan, in eigen woorden",
    "needs": "Wat de persoon nodig heeft",
    "needs_text": "Wat de persoon nog nodig heeft, in eigen woorden",
    "offers": "Gewenst aanbod",
    "consent": "Toestemming",
    "event": "Wat is er gebeurd?",
    "on": "Op welke dag",
    "partner": "Partner die begeleidt",
    "why": "Reden",
    "text": "Wat de persoon vraagt",
    "received_on": "Ontvangen op",
    "outcome": "Uw antwoord",
    "outcome_text": "Uitleg voor de persoon",
    "corrected": "De gegevens",
    "confirmed": "De gemarkeerde gegevens",
}

REQUEST_NL: Mapping[RequestKind, str] = {
    RequestKind.OBJECTION: "bezwaar tegen de inschatting",
    RequestKind.CORRECTION: "verbetering van gegevens",
    RequestKind.ACCESS: "inzage in alles wat bewaard is",
}
REQUEST_HINT_NL: Mapping[RequestKind, str] = {
    RequestKind.OBJECTION: "Tot een arts antwoordt, wordt er niets ingeschat, beslist of verwezen.",
    RequestKind.CORRECTION: "Een arts past de gegevens aan; daarna volgt een nieuwe inschatting.",
    RequestKind.ACCESS: "Een arts maakt het overzicht en geeft het aan de persoon.",
}
DECISION_HINT_NL: Mapping[DecisionKind, str] = {
    DecisionKind.REFER: "Daarna volgen toestemming en aanmelding.",
    DecisionKind.COORDINATOR_FIRST: "De coördinator belt de persoon eerst.",
    DecisionKind.LOOK_AGAIN: "Komt die dag vanzelf terug op de lijst.",
    DecisionKind.NOT_OPPORTUNE: "Er wordt niet gevraagd waarom.",
    DecisionKind.OWN_RETURN: "Het dossier wordt afgesloten.",
}
STEP_NL: Mapping[CaseEvent, str] = {
    CaseEvent.ACCEPT: "VDAB aanvaardt de aanmelding",
    CaseEvent.DECLINE: "VDAB aanvaardt de aanmelding niet",
    CaseEvent.START: "Het traject is gestart",
    CaseEvent.END: "Het traject is beëindigd",
}
# what a choice is called, to tell again what was filled in
CHOICE_NL: Mapping[str, str] = {
    **{str(key): text for key, text in DECISION_NL.items()},
    **{str(key): text for key, text in REASON_NL.items()},
    **{str(key): text for key, text in PURPOSE_NL.items()},
    **{str(key): text for key, text in ANSWER_NL.items()},
    **{str(key): text for key, text in RECALL_NL.items()},
    **{str(key): text for key, text in OUTCOME_NL.items()},
    **{str(key): text for key, text in REQUEST_NL.items()},
    **{str(key): text for key, text in STEP_NL.items()},
    **{str(key): text for key, text in RESULT_NL.items()},
}

# what the address of a page may say that was done
DONE_NL: Mapping[str, str] = {
    "inschatting": "Uw eigen inschatting is bewaard.",
    "beslissing": "Uw beslissing is bewaard.",
    "contact": "Het contact is genoteerd. De arts ziet het bij het dossier en beslist verder.",
    "toestemming": "De toestemming is genoteerd.",
    "ingetrokken": "De toestemming is ingetrokken. Er liep geen doorverwijzing.",
    "gestopt": (
        "De toestemming is ingetrokken en de doorverwijzing is gestopt. Verwittig VDAB: daar mogen "
        "de gegevens niet langer gebruikt worden."
    ),
    "verstuurd": (
        "Het aanmeldingsformulier is bewaard als verstuurd. Bezorgen doet u zelf: haal de pdf op, "
        "onderteken ze, en stuur ze naar VDAB met de naam en de contactgegevens van de persoon."
    ),
    "teruggenomen": (
        "Het formulier is teruggenomen en blijft bewaard als gestopt. Verwittig VDAB: daar mogen "
        "de gegevens niet gebruikt worden."
    ),
    "traject": "De stap is genoteerd.",
    "vraag": "De vraag van de persoon is genoteerd.",
    "bezwaar": "Het bezwaar is genoteerd. Tot een arts antwoordt, wordt er niets ingeschat.",
    "antwoord": "Uw antwoord is bewaard.",
    "verbeterd": "De gegevens zijn verbeterd en er is opnieuw ingeschat.",
    "opnieuw": "Er is opnieuw ingeschat met wat nu ingevuld is.",
}
