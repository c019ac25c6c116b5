"""docs/doorverwijzen.md: offers with their conditions, and what stands in a referral form."""

from datetime import date

from pydantic import BaseModel

from scripts.markdown import build_table
from serving.capacities import default_choices
from serving.free_text import MOST_LINES
from serving.offers import OfferRule, default_offers
from serving.referral_form import IN_CONSULTATION_NL, MOST_CHARACTERS
from serving.referral_schemas import SCHEMA, ChoiceOut, ConsentOut, FactOut, ReferralFormOut

INTRO = """# Doorverwijzen

Welk aanbod bij een dossier past, en wat er in het aanmeldingsformulier voor VDAB staat.

## Aanbod

Een aanbod past wanneer elke voorwaarde voldaan is en, als er signalen bij staan, minstens één
daarvan. Kantelpunt noemt bij elk aanbod welke voorwaarden en signalen voldaan zijn. Is een gegeven
niet bekend, of kent het contract het niet, dan staat er "na te vragen": het aanbod valt daardoor
niet weg. Voorwaarden volgen de bron. Signalen, en hun getallen, zijn beginwaarden die artsen en
coördinatoren kunnen vervangen. Wat nog te bevestigen is, is dat door een jurist. Bron:
`serving/offers.toml`.
"""
FORM = f"""## Aanmeldingsformulier

Het formulier bestaat als brief (PDF/UA-1, toegankelijk voor wie een schermlezer gebruikt) en als
JSON. Het noemt niemand: het draagt een referentie. Er staat nooit een diagnose, inschatting, reden
of voorstel in, en van de vragenlijst niets. Van het dossier gaan enkel ziekenfonds, regio en deze
velden mee: {{facts}}.

Aanbod dat een diagnose zou verraden, staat nooit in het formulier, ook niet zonder uitleg. Elk
formulier sluit zijn aanbod af met "{IN_CONSULTATION_NL}". Omdat die zin er altijd staat, zegt hij
niets over iemand. Een formulier waarop enkel zulk aanbod gekozen is, is byte voor byte gelijk aan
een formulier zonder keuze; een test bewaakt dat.

De twee vrije teksten tellen hoogstens {MOST_CHARACTERS} tekens en {MOST_LINES} regels. Een tekst
met elf cijfers na elkaar of met een diagnose wordt geweigerd, met het vak erbij en zonder de tekst
te herhalen. De lijst van woorden (`serving/medical.toml`) vangt het gewone geval, niet elke
omschrijving: lees na wat u verstuurt.

### Waaruit u kiest

Bron: `serving/capacities.toml`.
"""
JSON = f"""### Het formulier als JSON

Schema `{SCHEMA}`. Onbekende sleutels worden geweigerd. Een vorm die niet
meer te lezen is met dit schema krijgt een hoger nummer.
"""
PARTS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("", ReferralFormOut),
    ("facts[].", FactOut),
    ("capacities[] / needs[] / offers[].", ChoiceOut),
    ("consent.", ConsentOut),
)


def build_referral_page() -> str:
    """Return docs/doorverwijzen.md."""
    choices = default_choices()
    facts = ", ".join(f"`{name}`" for name in choices.facts)
    lists = [["kan", c.key, c.label_nl] for c in choices.capacities]
    lists += [["heeft nodig", c.key, c.label_nl] for c in choices.needs]
    return "\n".join(
        [
            INTRO,
            *(_build_offer(rule) for rule in default_offers()),
            FORM.format(facts=facts),
            build_table(["lijst", "sleutel", "zin"], lists),
            JSON,
            build_table(["sleutel", "wat"], _list_keys()),
        ]
    )


def _build_offer(rule: OfferRule) -> str:
    until = "" if rule.valid_until == date.max else f" tot en met {rule.valid_until.isoformat()}"
    rows = [
        ["voorwaarde" if condition.needed else "signaal", condition.label_nl, condition.field]
        for condition in rule.conditions
    ]
    hidden = (
        "Verraadt een diagnose: staat nooit in het formulier. " if rule.reveals_diagnosis else ""
    )
    lines = [
        f"### {rule.name_nl}",
        f"{rule.what_nl} {hidden}Geldt vanaf {rule.valid_from.isoformat()}{until}.",
        f"Bron: {rule.source}. {rule.note}",
        build_table(["", "wat", "veld"], [[a, b, f"`{c}`"] for a, b, c in rows]),
    ]
    return "\n\n".join(lines)


def _list_keys() -> list[list[str]]:
    return [
        [f"`{place}{name}`", field.description or ""]
        for place, part in PARTS
        for name, field in part.model_fields.items()
    ]
