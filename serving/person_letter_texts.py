"""What the letter to the person says: plain Dutch (B1), short sentences, u."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from features.contract import Contract, Field
from features.matrix import build_row
from models.estimate import Estimate, GainStatus
from models.reasons import QUESTIONNAIRE, Reason, value_nl
from models.suggestion import Suggestion
from serving.access_texts import AUTHORITY_NL, SOURCE_NL
from serving.assessment import Assessment
from serving.estimate_view import ChanceView, EstimateView
from serving.wording import VISIBLE_POINTS, date_nl, days_nl, find_day, number_nl

Pair = tuple[str, str]
Row = NDArray[np.float64]
MOST_CHANGEABLE = 6
_SCALE = re.compile(r" \(\d+-(\d+)\)$")
_CODE = re.compile(r" \([A-Z]+\)$")  # of a list that only a clerk knows: ISCO, NACE
HIGHER_NL, LOWER_NL = "maakt het getal nu hoger", "maakt het getal nu lager"
NO_CONTACT_NL = "de dienst van de adviserend arts van uw ziekenfonds"
NO_DPO_NL = "u bereikt die persoon via uw ziekenfonds"
GROUP_NL = (
    "De getallen gaan over een groep mensen, niet over u alleen.",
    "Niemand kan vooraf weten hoe het met u zal gaan.",
)
NOT_USED_NL = (
    "Het getal dient nooit om u te controleren.",
    "Het dient nooit voor een sanctie.",
    "Het bepaalt niet of u een uitkering krijgt.",
    "Uw geslacht, herkomst, nationaliteit en taal tellen niet mee.",
)
SUGGESTION_NL = {
    Suggestion.REFER: "Het computermodel stelt de arts voor om steun met u te bespreken.",
    Suggestion.OWN_WAY: "Het computermodel stelt de arts voor om nu geen extra steun te vragen.",
    Suggestion.NOT_YET: "Het computermodel stelt de arts voor om later opnieuw te kijken.",
    Suggestion.UNSURE: "Het getal is te onzeker voor een voorstel aan de arts.",
}
BLANK_NL = (
    "U vulde de vragenlijst niet in. Dat mag.",
    "Met uw antwoorden wordt het getal vaak zekerder.",
)
ANNEX_NL = (
    "Deze bijlage bevat gegevens over uw gezondheid.",
    "Bewaar ze op een veilige plaats.",
)
CHANGEABLE_NL = (
    "Deze gegevens tellen het meest mee en kunnen nog veranderen.",
    "Dit is geen advies: het toont enkel wat vroeger vaak samenging.",
    "Verander niets aan een behandeling zonder uw arts.",
)


def tell_opening(a: Assessment) -> list[str]:
    """Return why the person gets a letter."""
    return [
        f"U bent sinds {date_nl(a.absence_started_on)} arbeidsongeschikt.",
        "Wij willen op tijd bekijken of steun u kan helpen.",
        "Daarom schatten wij in hoe groot de kans is op terugkeer naar werk.",
        "In deze brief leest u wat wij inschatten en wat u kunt doen.",
        "U hoeft niets te doen: deze brief is informatie.",
    ]


def tell_chances(view: EstimateView) -> list[tuple[str, str, str]]:
    """Return each chance as a label, so many in a hundred, and between which numbers it may lie."""
    found = [_tell_chance("Zonder extra steun", view.usual)]
    if view.support:
        found.append(_tell_chance("Met steun van VDAB of een partner", view.support))
    return found


def _tell_chance(label: str, chance: ChanceView) -> tuple[str, str, str]:
    doubt = f"niet zeker: waarschijnlijk tussen {chance.low} en {chance.high}"
    return label, f"ongeveer {chance.op_100} van de 100", doubt


def ask_estimate(a: Assessment) -> str:
    """Return the question that the numbers answer."""
    within = days_nl(a.contract.outcome.horizon_days)
    return f"Hoeveel van 100 mensen zoals u keren binnen {within} terug naar werk?"


def tell_estimate(a: Assessment, view: EstimateView) -> list[list[str]]:
    """Return what the numbers mean, with their doubt, as paragraphs of sentences."""
    days = number_nl(a.contract.outcome.sustained_days)
    means = [
        "Een computermodel vergelijkt uw gegevens met die van mensen die eerder ziek waren.",
        f"Terugkeren betekent: minstens {days} dagen na elkaar werken. Deeltijds telt ook mee.",
    ]
    return [means, _tell_gain(a.estimate, view), list(GROUP_NL)]


def _tell_gain(e: Estimate, view: EstimateView) -> list[str]:
    if e.gain is None or view.support is None:
        return [
            "Wij weten niet hoeveel steun voor u verschil maakt.",
            "Daarvoor kunnen wij u met te weinig mensen vergelijken.",
        ]
    more = view.support.op_100 - view.usual.op_100
    if more == 0:
        told = "Naar schatting maakt steun in uw situatie geen verschil."
    else:
        kind = "meer" if more > 0 else "minder"
        told = f"Met steun keren er naar schatting {abs(more)} van de 100 {kind} terug."
    low, high = round(e.gain.low * 100), round(e.gain.high * 100)
    between = f"tussen {_signed(low)} en {_signed(high)}"
    doubt = f"Ook dat verschil is niet zeker: het ligt waarschijnlijk {between}."
    same = ["Voor steun gebruiken wij één getal voor iedereen."]
    return [told, doubt, *(same if e.gain_status is GainStatus.SAME_FOR_ALL else [])]


def _signed(points: int) -> str:
    return f"{abs(points)} minder" if points < 0 else f"{points} meer" if points else "0"


def tell_use(a: Assessment) -> list[str]:
    """Return what the estimate is for."""
    told = [
        "Het getal helpt de adviserend arts om steun met u te bespreken.",
        SUGGESTION_NL[a.suggestion],
        "De arts beslist. De computer beslist niets.",
        "Deelnemen aan steun is vrijwillig. U mag altijd neen zeggen.",
    ]
    if a.look_again_on is not None:
        told[1] += f" Dat kan vanaf {date_nl(a.look_again_on)}."
    return told


def tell_data(a: Assessment) -> list[str]:
    """Return which data were used, without one of their values."""
    sources = [SOURCE_NL.get(one, one) for one in _list_sources(a)]
    named = sources[0] if len(sources) == 1 else f"{', '.join(sources[:-1])} en {sources[-1]}"
    return [
        f"Wij gebruikten {len(a.contract.fields)} gegevens, zoals wij ze kenden op "
        f"{date_nl(a.screened_on)}.",
        f"Ze komen van {named}.",
        "In de bijlage vindt u ze allemaal.",
        *(BLANK_NL if a.contract.answers and not a.answered else ()),
    ]


def _list_sources(a: Assessment) -> list[str]:
    answers = {a.contract.fields[place].name for place in a.contract.answers}
    used = [f for f in a.contract.fields if a.answered or f.name not in answers]
    return list(dict.fromkeys(field.source for field in used))


def tell_change() -> list[str]:
    """Return what would change the estimate."""
    return [
        "Verandert uw situatie? Dan verandert ook het getal.",
        "De bijlage toont welke gegevens nog kunnen veranderen.",
        "Laat het ons weten. Dan kunnen wij opnieuw inschatten.",
    ]


def tell_rights(contact_nl: str, dpo_nl: str) -> list[Pair]:
    """Return what the person can do: the question, and the answer to it."""
    return [
        (
            "Klopt een gegeven niet?",
            "Vraag ons om het te verbeteren. Dan maken wij een nieuwe inschatting.",
        ),
        (
            "Wilt u geen inschatting?",
            "U kunt bezwaar maken. Zolang uw bezwaar loopt, schatten wij niets in.",
        ),
        (
            "Wilt u alles zien?",
            "Vraag ons een overzicht van alles wat wij over u bewaren. Dat is gratis.",
        ),
        (
            "Wilt u uitleg?",
            "Vraag de adviserend arts waarom die iets voorstelt of beslist.",
        ),
        ("Hoe bereikt u ons?", contact_nl or NO_CONTACT_NL),
        (
            "Een vraag over privacy?",
            f"Stel ze aan de functionaris voor gegevensbescherming: {dpo_nl or NO_DPO_NL}.",
        ),
        ("Een klacht?", f"U kunt terecht bij de {AUTHORITY_NL}."),
    ]


def tell_made(a: Assessment) -> list[str]:
    """Return when the estimate was made, and by which version of the model."""
    return [
        f"De inschatting is gemaakt op {date_nl(find_day(a.made_at))}.",
        f"Ze komt van versie {a.model_version} van het computermodel Kantelpunt.",
    ]


def list_changeable(reasons: Sequence[Reason], contract: Contract, row: Row) -> list[Pair]:
    """Return what can change and weighs most: the datum, and which way it pulls now."""
    found = []
    for reason in reasons:
        if not reason.changeable or abs(reason.points) < VISIBLE_POINTS:
            continue
        named = "Vragenlijst: niet ingevuld"
        if reason.field != QUESTIONNAIRE:
            value = float(row[contract.names.index(reason.field)])
            named = ": ".join(_say(contract.get_field(reason.field), value))
        found.append((named, HIGHER_NL if reason.points > 0 else LOWER_NL))
    return found[:MOST_CHANGEABLE]


def _say(field: Field, value: float) -> Pair:
    """Return a label and a value without jargon: "Pijn (1-6)" and "3" become "Pijn", "3 op 6"."""
    label, said = _CODE.sub("", field.label_nl), value_nl(field, value)
    scale = _SCALE.search(label)
    if scale is None or not said.isdecimal():
        return label, said
    return label[: scale.start()], f"{said} op {scale[1]}"


def list_data(a: Assessment, row: Row) -> list[tuple[str, list[Pair]]]:
    """Return all data by where they came from; a questionnaire without answers in one line."""
    answers = {a.contract.fields[place].name for place in a.contract.answers}
    known: dict[str, list[Pair]] = {}
    for field, value in zip(a.contract.fields, row, strict=True):
        pairs = known.setdefault(SOURCE_NL.get(field.source, field.source), [])
        if field.name not in answers or a.answered:
            pairs.append(_say(field, float(value)))
    blank = ("Vragenlijst", "niet ingevuld")
    return [(source, pairs or [blank]) for source, pairs in known.items()]


def read_row(a: Assessment) -> Row:
    """Return the values of an assessment as the model saw them."""
    return build_row(a.case, a.contract)
