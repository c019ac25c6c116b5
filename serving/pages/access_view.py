"""Everything that is kept of a case, as a page that a person can read and print."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from serving.access_schemas import AccessReportOut, ToldEstimateOut
from serving.question_texts import NEEDED_NL, POSSIBLE_NL
from serving.wording import date_nl, moment_nl, points_nl, region_nl

Pairs = Sequence[tuple[str, str]]
# what each part of the report is called, in the order of the page
_PARTS_NL: Mapping[str, str] = {
    "trials": "Wat een proefversie van het model uitrekende",
    "own_estimates": "Wat een arts zelf inschatte",
    "decisions": "Wat een arts besliste",
    "contacts": "Wanneer wij u belden",
    "consents": "Uw toestemmingen",
    "referrals": "Aanmeldingen bij VDAB",
    "requests": "Wat u vroeg",
    "pathways": "Trajecten",
    "work_periods": "Periodes van werk",
    "follow_up": "Opvolging",
    "groups": "Kenmerken om na te gaan of het model eerlijk is",
}
_LABEL_NL: Mapping[str, str] = {
    "made_at": "Wanneer",
    "is_possible": POSSIBLE_NL,
    "is_needed": NEEDED_NL,
    "kind_nl": "Wat",
    "suggestion_nl": "Voorstel van het model toen",
    "scored_at": "Wanneer",
    "model_version": "Versie op proef",
    "told_nl": "Inschatting",
    "not_used_nl": "Waarvoor",
    "deviates": "Wijkt af van het voorstel",
    "reason_nl": "Reden",
    "reason_text": "Uitleg",
    "look_again_on": "Opnieuw te bekijken op",
    "result_nl": "Wat het werd",
    "call_again_on": "Terug te bellen op",
    "note": "Uitleg van wie belde",
    "given_on": "Gegeven op",
    "purpose_nl": "Waarvoor",
    "recorded_at": "Genoteerd op",
    "recorded_by_nl": "Genoteerd door",
    "withdrawn_at": "Ingetrokken op",
    "sent_at": "Verstuurd op",
    "accepted_on": "Aanvaard op",
    "started_on": "Gestart op",
    "ended_on": "Beëindigd op",
    "stopped_on": "Gestopt op",
    "stopped_nl": "Waarom gestopt",
    "partner": "Partner",
    "received_on": "Ontvangen op",
    "text": "In uw woorden",
    "handled_at": "Beantwoord op",
    "outcome_nl": "Antwoord",
    "outcome_text": "Uitleg bij het antwoord",
    "kind": "Soort",
    "referred_on": "Doorverwezen op",
    "observed_until": "Gekend tot",
    "exit": "Uitstroom",
    "exited_on": "Uitstroom op",
    "reference": "Referentie",
    "made_on": "Datum van het formulier",
    "sent_by": "Verstuurd door",
    "facts": "Werksituatie",
    "capacities": "Wat u kunt",
    "capacities_text": "Wat u nog kunt",
    "needs": "Wat u nodig hebt",
    "needs_text": "Wat u nog nodig hebt",
    "offers": "Gewenst aanbod",
    "other_offers_nl": "Ander aanbod",
    "consent": "Toestemming",
    "contact_nl": "Contact bij het ziekenfonds",
    "fund_nl": "Ziekenfonds",
    "region": "Regio",
}
_HIDDEN = frozenset({"form_schema", "sickness_fund", "case_id"})


@dataclass(frozen=True)
class TableView:
    """A table of the report."""

    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


@dataclass(frozen=True)
class ToldEstimate:
    """One estimate, with its reasons and the values that it was made from."""

    title_nl: str
    told_nl: str
    suggestion_nl: str
    made_nl: str
    reasons: Sequence[tuple[str, TableView]]
    inputs: TableView

    @classmethod
    def of(cls, e: ToldEstimateOut) -> "ToldEstimate":
        """Return what the page tells of an estimate."""
        lists = (
            ("Redenen voor de kans zonder extra steun", e.reasons_usual),
            ("Redenen voor het effect van steun", e.reasons_gain),
        )
        return cls(
            title_nl=f"Inschatting van {date_nl(e.screened_on)}",
            told_nl=e.told_nl,
            suggestion_nl=e.suggestion_nl,
            made_nl=f"Gemaakt op {moment_nl(e.made_at)}, met model {e.model_version}.",
            reasons=[
                (
                    title,
                    TableView(
                        ("Reden", "Punten op 100"),
                        [(one.text_nl, points_nl(one.points)) for one in found],
                    ),
                )
                for title, found in lists
                if found
            ],
            inputs=TableView(
                ("Gegeven", "Waarde", "Van wie"),
                [(one.label_nl, one.value_nl, one.source_nl) for one in e.inputs],
            ),
        )


@dataclass(frozen=True)
class AccessView:
    """The report, part by part."""

    case_id: str
    made_nl: str
    about: Pairs
    texts: Sequence[tuple[str, Sequence[str]]]
    estimates: Sequence[ToldEstimate]
    parts: Sequence[tuple[str, Sequence[Pairs]]]
    seen: TableView

    @classmethod
    def of(cls, r: AccessReportOut) -> "AccessView":
        """Return what the page shows of a report."""
        kept = {name: getattr(r, name) for name in _PARTS_NL if hasattr(r, name)} | r.outcomes
        contact = [f"Zijn of haar contact: {r.dpo_contact}"] if r.dpo_contact else []
        return cls(
            case_id=r.case_id,
            made_nl=moment_nl(r.made_at),
            about=[
                ("Nummer van het dossier", r.case_id),
                ("Pseudoniem van de persoon", r.person_key),
                ("Ziekenfonds", r.sickness_fund),
                ("Regio", region_nl(r.region)),
                ("Begin van de afwezigheid", date_nl(r.absence_started_on)),
                ("Toestand", r.state_nl),
            ],
            texts=[
                ("Waarvoor de inschatting dient", [*r.used_for_nl, r.decided_nl, r.margin_nl]),
                ("Waarvoor ze niet dient", r.not_used_for_nl),
                ("Wat u kunt vragen", [*r.rights_nl, *contact]),
                ("Wie iets kreeg", r.received_nl),
                ("Hoelang dit bewaard blijft", [r.retention_nl]),
            ],
            estimates=[ToldEstimate.of(e) for e in r.estimates],
            parts=[
                (title, [list(_tell(one)) for one in kept[name]])
                for name, title in _PARTS_NL.items()
                if kept.get(name)
            ],
            seen=TableView(
                ("Wanneer", "Wie, naar functie", "Wat"),
                [(moment_nl(one.at), one.role_nl, one.action_nl) for one in r.seen],
            ),
        )


def _tell(told: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Give label and value of everything in a row, also what lies inside it."""
    for name, value in told.items():
        if value in (None, "", [], ()) or name in _HIDDEN:
            continue
        if name == "form":
            yield from _tell(value)
        else:
            written = region_nl(value) if name == "region" else _write(value)
            yield _LABEL_NL.get(name, name), written


def _write(value: Any) -> str:
    if isinstance(value, bool):
        return "ja" if value else "nee"
    if isinstance(value, datetime):
        return moment_nl(value)
    if isinstance(value, date):
        return date_nl(value)
    if isinstance(value, list | tuple):
        return "; ".join(_write(one) for one in value)
    if isinstance(value, Mapping):
        if "value_nl" in value:
            return f"{value['label_nl']}: {value['value_nl']}"
        if "label_nl" in value:
            return str(value["label_nl"])
        return ", ".join(text for _, text in _tell(value))
    return _write_day(str(value))


def _write_day(text: str) -> str:
    """Return a day that came as text in words, and any other text as it is."""
    try:
        return date_nl(date.fromisoformat(text))
    except ValueError:
        return text
