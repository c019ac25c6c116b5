"""What watching found, as words: kinds of checks, verdicts, and why something could not be told."""

from collections.abc import Mapping

from serving.question_texts import NEEDED_SHORT_NL, POSSIBLE_SHORT_NL

VERDICT_NL: Mapping[str, str] = {
    "ok": "In orde",
    "watch": "In het oog houden",
    "alarm": "Alarm",
    "insufficient_evidence": "Te weinig gegevens",
}
WHY_NL: Mapping[str, str] = {
    "too_few": "te weinig mensen",
    "no_reference": "dit model is van voor de bewaking: train en geef opnieuw vrij",
    "no_estimates": "geen inschattingen in deze periode",
    "no_earlier": "niemand van vroeger in deze groep om mee te vergelijken",
    "not_matured": "van te weinig mensen is de uitkomst al bekend",
    "wide_interval": "te weinig fouten of mensen om een verschil uit te sluiten",
    "other_limits": "andere grenzen dan bij de vrijgave: het voorstel is niet te vergelijken",
}
TOLD_NL: Mapping[str, str] = {
    "p_usual": "Kans zonder extra steun",
    "gain": "Meerwaarde van steun",
    "suggestion": "Voorstel",
    "questionnaire": "Vragenlijst ingevuld of niet",
    "all": "Alles",
}
RETURNS_NL: Mapping[str, str] = {
    "ratio": "Terugkeer tegenover wat voorspeld was",
    "recent": "Terugkeer in het laatste half jaar tegenover wat voorspeld was",
    "slope": "Helling: scheiden de kansen zo sterk als ze zeggen?",
    "ece": "Gemiddelde afwijking van de kansen",
}
REALISED_NL: Mapping[str, str] = {
    "auc": "AUC: hoe goed de kansen mensen uit elkaar hielden",
    "brier": "Brier-score: lager is beter",
}
ERRORS_NL: Mapping[str, str] = {
    "false_own_way": 'ten onrechte "eigen weg": {} op 100',
    "missed_gain": "gemiste meerwaarde: {} op 100",
}
AGREEMENT_NL: Mapping[str, str] = {
    "decision": "Beslissing wijkt af van het voorstel",
    "possible": f"Eigen antwoord wijkt af: {POSSIBLE_SHORT_NL}",
    "needed": f"Eigen antwoord wijkt af: {NEEDED_SHORT_NL}",
}
KIND_NL: Mapping[str, str] = {
    "input": "de invoer",
    "missing": "ontbrekende gegevens",
    "level": "een antwoord of categorie",
    "told": "wat het model zegt",
    "expected": "hoe goed het model naar verwachting is",
    "expected_group": "hoe goed het naar verwachting is voor een groep",
    "realised": "hoe goed het model bleek te zijn",
    "returns": "de terugkeer",
    "span": "de terugkeer in een periode",
    "support": "de terugkeer met steun",
    "group": "de terugkeer in een groep",
    "fairness": "de fouten in een groep",
    "agreement": "de overeenstemming met artsen",
}
HEAD_NL: Mapping[str, str] = {
    "ok": "Er valt niets op. Alles wat te beoordelen was, is in orde.",
    "insufficient_evidence": "Nog niets was te beoordelen: er zijn te weinig gegevens.",
    "watch": "Geen alarm. Houd wel in het oog: {names}.",
    "alarm": "Alarm bij {names}. Kijk eerst na of de gegevens kloppen.",
}
