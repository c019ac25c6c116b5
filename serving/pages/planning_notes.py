"""What stood out in the data, in plain Dutch: one sentence per kind, with where and when."""

from collections.abc import Mapping, Sequence
from typing import Any

from serving.pages.planning_plan import name_full, name_region
from serving.wording import upper_first

STEP_NL: Mapping[str, str] = {
    "off_1m": "een maand ziek zijn",
    "off_2m": "twee maanden ziek zijn",
    "off_3m": "drie maanden ziek zijn",
    "screened": "de inschatting",
    "suggested": "het voorstel tot steun",
    "referred": "de doorverwijzing na een voorstel",
    "referred_other": "de doorverwijzing zonder voorstel",
    "consented": "de toestemming",
    "started": "de start van het traject",
    "caseload": "de lopende trajecten",
}
# of the simulation: what could not be learnt, and what stands in for it
STEP_KINDS_NL: Mapping[str, str] = {
    "step_missing": "Niet geteld: {steps}. Wij rekenen alsof iedereen die stap zet.",
    "never_tried": "Nog nooit voorgekomen: {steps}. De kans is niet bekend, dus de marge is breed.",
    "borrowed": "Te weinig gevallen in {regions} voor {steps}. De kans komt van de andere regio's.",
    "waited_too_long": "Sommige mensen wachten langer dan ooit voorkwam op {steps}. "
    "Zij tellen niet meer mee.",
    "no_pathway_ended": "Er is nog geen traject afgelopen. Wij rekenen met de gepubliceerde duur "
    "van 11 tot 14 maanden.",
}
# of the series of entries: what stood out, and what was done about it
SERIES_KINDS_NL: Mapping[str, str] = {
    "outlier": "Uitschieters: {where}. Die maanden tellen minder mee.",
    "level_shift": "Een sprong die bleef: {where}. Wij rekenen verder op het nieuwe niveau.",
    "gap": "Ontbrekende maanden, geschat uit de andere: {where}.",
    "borrowed": "Een korte reeks, die leunt op de andere regio's: {where}.",
    "fallback": "Geen enkel getal bekend, dus het gemiddelde van de andere met een brede marge: "
    "{where}.",
    "empty": "Altijd nul: {where}. De marge zegt wat er toch nog kan komen.",
}
OTHER_NL = "Er is nog iets bijzonders gevonden in de reeksen: {where}."
MOST_PLACES = 6


def tell_notes(plan: Mapping[str, Any]) -> list[str]:
    """Return the sentences about a plan, one for each kind of thing that stood out."""
    series = (plan.get("forecast") or {}).get("notes") or ()
    steps = plan["outlook"].get("notes") or ()
    return [*_tell_missing(plan), *_tell_series(series), *_tell_steps(steps)]


def _tell_missing(plan: Mapping[str, Any]) -> list[str]:
    """Return what the plan had to do without."""
    return [upper_first(one["text_nl"]).rstrip(".") + "." for one in plan.get("missing") or ()]


def _tell_series(notes: Sequence[Mapping[str, Any]]) -> list[str]:
    kinds: dict[str, list[str]] = {}
    for note in notes:
        kinds.setdefault(note["kind"], []).append(_tell_place(note))
    return [
        SERIES_KINDS_NL.get(kind, OTHER_NL).format(where=_join(places))
        for kind, places in kinds.items()
    ]


def _tell_place(note: Mapping[str, Any]) -> str:
    region, month = note.get("region"), note.get("month")
    name = name_region(region) if region else "alle regio's"
    return f"{name} in {name_full(month[:7])}" if month else name


def _tell_steps(notes: Sequence[Mapping[str, Any]]) -> list[str]:
    kinds: dict[str, tuple[list[str], list[str]]] = {}
    for note in notes:
        steps, regions = kinds.setdefault(note["kind"], ([], []))
        steps.append(STEP_NL.get(note["step"], note["step"]))
        regions += [name_region(note["region"])] if note.get("region") else []
    return [
        STEP_KINDS_NL[kind].format(steps=_join(steps), regions=_join(regions))
        for kind, (steps, regions) in kinds.items()
        if kind in STEP_KINDS_NL
    ]


def _join(words: Sequence[str]) -> str:
    """Return words as a sentence lists them, each once; of many the first, and how many more."""
    once = list(dict.fromkeys(words))
    if len(once) > MOST_PLACES:
        return f"{', '.join(once[:MOST_PLACES])} en {len(once) - MOST_PLACES} andere"
    if len(once) < 2:
        return "".join(once)
    return f"{', '.join(once[:-1])} en {once[-1]}"
