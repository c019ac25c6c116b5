"""docs/doorverwijzen.md: offers with their conditions, and what stands in a referral form."""

from datetime import date

from pydantic import BaseModel

from scripts.markdown import build_table
from serving.capacities import default_choices
from serving.free_text import MOST_LINES
from serving.offers import OfferRule, default_offers
from serving.referral_form import IN_CONSULTATION_NL, MOST_CHARACTERS
from serving.referral_schemas import SCHEMA, ChoiceOut, ConsentOut, FactOut, ReferralFormOut
from serving.states import RECALL_NL

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
JSON. Het draagt een referentie. Kantelpunt voegt zelf geen medische gegevens toe: geen diagnose,
inschatting, reden of voorstel, en van de vragenlijst niets. Van het dossier gaan enkel ziekenfonds,
regio en deze velden mee: {{facts}}.

Aanbod dat een diagnose zou verraden, staat nooit in het formulier, ook niet zonder uitleg. Elk
formulier sluit zijn aanbod af met "{IN_CONSULTATION_NL}". Omdat die zin er altijd staat, zegt hij
niets over iemand. Een formulier waarop enkel zulk aanbod gekozen is, is byte voor byte gelijk aan
een formulier zonder keuze; een test bewaakt dat. Een formulier dat verder niets zegt, vertrekt
niet: het minimum is één keuze, één tekst of één aanbod dat erop mag staan.

De twee vrije teksten tellen hoogstens {MOST_CHARACTERS} tekens en {MOST_LINES} regels. Geweigerd
wordt een tekst met een medisch woord, een geneesmiddel, een e-mailadres, of acht cijfers of meer
zonder letter ertussen (telefoon, rekening, rijksregisternummer; uren en dagen mogen), met het vak
erbij en zonder de tekst te herhalen. **De lijst van woorden (`serving/medical.toml`) vangt het
gewone geval, niet elke omschrijving, en een naam herkent ze niet: wie verstuurt, leest na.** De
brief zegt wie de vrije tekst schreef, en belooft niet wat niemand kan waarborgen.

### Nalezen, versturen, terugnemen

`POST .../referral/preview` geeft het formulier zoals het zou vertrekken, `.../referral/preview.pdf`
de brief met ONTWERP erop. Er wordt niets verstuurd of bewaard, behalve een regel in het logboek dat
het bekeken is. Wat niet te versturen is, is ook niet na te lezen: u krijgt dezelfde weigering.

`POST .../referral/recall` neemt een formulier terug zolang VDAB het niet aanvaardde: het blijft
bewaard als gestopt, en het dossier is opnieuw door te verwijzen. Verwittig VDAB zelf: Kantelpunt
stuurt niets. Redenen: {{recall}}. Trekt de persoon de toestemming in, noteer dan dat.

### Partner van VDAB

Een toestemming voor VDAB (`share_with_vdab`) geldt niet voor een partner, zoals GTB. Is een partner
genoteerd zonder `share_with_vdab_and_partner`, dan blijft dat genoteerd, want het traject loopt al,
en staat in `warnings_nl` dat u niets deelt voor de persoon daarmee instemt.

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
    recall = ", ".join(f"`{reason}` ({text})" for reason, text in RECALL_NL.items())
    lists = [["kan", c.key, c.label_nl] for c in choices.capacities]
    lists += [["heeft nodig", c.key, c.label_nl] for c in choices.needs]
    return "\n".join(
        [
            INTRO,
            *(_build_offer(rule) for rule in default_offers()),
            FORM.format(facts=facts, recall=recall),
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
