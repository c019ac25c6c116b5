"""Pages for when something is not as asked: what happened, what to do, and what was kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from serving.errors import Problem
from serving.faults import FieldFault

_MINUTE = 60
_NOTHING_KEPT = "Er is niets veranderd. Wat u vroeger bewaarde, is bewaard gebleven."
_WORK_KEPT = "Wat bewaard was, blijft bewaard. Er ging niets verloren."
# what became of one's work, by the key of a problem; the others change nothing
_KEPT_NL: Mapping[str, str] = {
    "form-expired": "Wat u net invulde, is niet bewaard. Wat u vroeger bewaarde, wel.",
    "store-gone": "Wat bewaard was, blijft bewaard. Was u net iets aan het bewaren, kijk dan na of "
    "het er staat.",
    "store-unsure": "Wat u vroeger bewaarde, is bewaard gebleven.",
    "store-refuses": "Wat u net stuurde, is niet bewaard. Wat u vroeger bewaarde, wel.",
    "store-busy": "Wat u net stuurde, is niet bewaard. Wat u vroeger bewaarde, wel.",
    "fault": "Wat bewaard was, blijft bewaard. Was u net iets aan het bewaren, kijk dan na of "
    "het er staat.",
    "maintenance": _WORK_KEPT,
    "issuer-gone": _WORK_KEPT,
    "too-many": _WORK_KEPT,
}
_STEPS_NL: Mapping[str, Sequence[str]] = {
    "not-found": (
        "Kijk na of het adres juist is.",
        "Zoek het dossier op in de triagelijst, met zijn nummer.",
        "Vindt u het daar niet, dan hoort het niet bij uw ziekenfonds of regio.",
    ),
    "not-found-elsewhere": ("Kijk na of het adres juist is.",),
    "not-allowed": (
        "Ga terug naar wat wel bij uw rol hoort.",
        "Klopt dit niet, vraag dan uw beheerder om uw rol, ziekenfonds of regio na te kijken.",
    ),
    "form-expired": (
        "Ga terug naar de vorige pagina en laad ze opnieuw.",
        "Vul het formulier nog eens in.",
    ),
    "store-gone": ("Blijft het zo, verwittig dan uw beheerder.",),
    "fault": (
        "Probeer het over enkele minuten opnieuw.",
        "Blijft het zo, verwittig dan uw beheerder en zeg hoe laat het gebeurde.",
    ),
}
_HAPPENED_NL: Mapping[str, str] = {
    "not-found": "Dit adres bestaat niet, of het dossier is er niet voor u.",
    "not-allowed": "Uw rol, ziekenfonds of regio geeft hier geen toegang toe.",
    "form-expired": "Het formulier stond te lang open, of u meldde zich ondertussen af.",
    "store-gone": "De opslag van de dossiers antwoordt even niet.",
    "fault": "De fout ligt bij de dienst, niet bij u. Ze is genoteerd, zonder gegevens van "
    "dossiers.",
}


@dataclass(frozen=True)
class StateView:
    """What a page says when something is not as asked."""

    code: int
    title: str
    happened: str
    steps: Sequence[str]
    kept: str
    faults: Sequence[FieldFault]
    wait_nl: str
    again: str
    is_logged_on: bool

    @classmethod
    def of(
        cls, problem: Problem, *, again: str, is_logged_on: bool, sees_cases: bool
    ) -> "StateView":
        """Return what to show; `again` is the page to try once more, empty where that is a form."""
        passes = problem.status in (429, 500, 503)
        return cls(
            code=problem.status,
            title=problem.title,
            happened=_HAPPENED_NL.get(problem.key, problem.detail),
            steps=_STEPS_NL.get(_choose_steps(problem.key, sees_cases=sees_cases), ()),
            kept=_KEPT_NL.get(problem.key, _NOTHING_KEPT),
            faults=problem.errors,
            wait_nl=name_wait(problem.retry_seconds) if problem.retry_seconds else "",
            again=again if passes else "",
            is_logged_on=is_logged_on,
        )


def _choose_steps(key: str, *, sees_cases: bool) -> str:
    return "not-found-elsewhere" if key == "not-found" and not sees_cases else key


def name_wait(seconds: int) -> str:
    """Return how long to wait, as people say it."""
    if seconds >= _MINUTE * 2:
        return f"{round(seconds / _MINUTE)} minuten"
    return f"{seconds} {'seconde' if seconds == 1 else 'seconden'}"
