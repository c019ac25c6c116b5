"""docs/velden.md: every model input of the default contract, and what a contract may say."""

from dataclasses import fields

from features.contract import CASE_COLUMNS, NEVER_AN_INPUT, Contract, Field, Outcome
from features.requests import CASE_LABELS_NL
from features.wording import source_nl, to_dutch
from scripts.markdown import build_table

KINDS_NL = {"number": "getal", "category": "categorie", "flag": "ja/nee", "answer": "antwoord"}
OUTCOME_KEYS_NL = {
    "horizon_days": "binnen hoeveel dagen na de inschatting een terugkeer moet beginnen",
    "sustained_days": "hoeveel dagen ze minstens moet duren",
}
KEYS_NL = {
    "name": "naam van de kolom: kleine letters, cijfers en _; ook de naam in de API",
    "kind": "`number`, `category`, `flag` (ja/nee) of `answer` (uit de vragenlijst)",
    "label_nl": "wat de gebruiker ziet",
    "source": "van wie het gegeven komt",
    "unit_nl": "eenheid, voor schermen en redenen",
    "low": "kleinste waarde die mag; een getal of een antwoord zonder `levels` heeft ze nodig",
    "high": "grootste waarde die mag; nodig waar `low` het is",
    "integer": "`true`: alleen gehele getallen, ook bij een antwoord op een schaal",
    "levels": "tabel van sleutel naar Nederlands label, twee of meer, voor een categorie of een "
    "antwoord; bij een antwoord de laagste trede eerst",
    "missing": "mag het ontbreken (standaard `true`); een antwoord mag dat altijd",
    "changeable": "kan het nog veranderen, door de persoon, de arts of de werkgever",
    "derived": "berekend uit de data van het dossier in plaats van aangeleverd: `absent_days`",
    "known": "`screening` (standaard) of `later`; wat pas later bekend is, wordt geweigerd",
    "up_nl": "zin bij een reden die de kans verhoogt; mag `{label}` en `{value}` gebruiken; "
    "zonder zin: het label en de waarde",
    "down_nl": "zin bij een reden die de kans verlaagt, met dezelfde regels",
}
NEEDED = ("name", "kind", "label_nl", "source")

INTRO = """# Velden

Wat het model van een dossier weet, en niets anders. De bron is `features/contract.toml`; een
extract of een opdracht kan een ander contract meebrengen (`--contract BESTAND` of een
`contract.toml` in de map).
"""
NEVER = """## Nooit een veld

Deze namen weigert elk contract, omdat ze de persoon zijn en niet de melding. Wat nodig is om de
billijkheid te toetsen, staat in de tabel `groups`, die het model nooit ziet.
"""
CHANGING = """## Een eigen contract

Een contract is één TOML-bestand met `[contract]` (`name`, `version`, en als u wil `title_nl`),
`[outcome]` (mag wegblijven: 365 en 90 dagen) en een `[[fields]]` per veld, in de volgorde van de
matrix. Wie een veld toevoegt, krijgt vanzelf de controle van tabellen en verzoeken, de kolom in de
matrix, synthetische gegevens, redenen en de schermen. Een gepubliceerd model draagt het contract
waarmee het geleerd heeft.
"""
EXAMPLE = """Een geheel contract, met van elke soort een veld:

```toml
[contract]
name = "knie"
version = "1"
title_nl = "Terugkeer na een knieletsel"

[outcome]
horizon_days = 180
sustained_days = 30

[[fields]]
name = "weekly_sessions"
kind = "number"
label_nl = "Kinesessies per week"
unit_nl = "sessies"
low = 0
high = 14
source = "kinesist"
up_nl = "{label}: {value}, meer dan gewoonlijk"

[[fields]]
name = "job"
kind = "category"
label_nl = "Soort werk"
levels = { roof = "dakwerk", floor = "vloerwerk", crane = "kraanbediening" }
missing = false
source = "werkgever"

[[fields]]
name = "operated"
kind = "flag"
label_nl = "Geopereerd"
source = "ziekenhuis"

[[fields]]
name = "trust_in_knee"
kind = "answer"
label_nl = "Vertrouwen in de knie (0-10)"
low = 0
high = 10
integer = true
changeable = true
source = "vragenlijst"

[[fields]]
name = "stairs"
kind = "answer"
label_nl = "Kan een trap op"
levels = { no = "nee", with_rail = "met leuning", yes = "ja" }
changeable = true
source = "vragenlijst"
```

`kantelpunt synth --contract knie.toml --out var/knie` maakt er verzonnen gegevens bij, waarmee u
de hele weg kunt proberen.
"""


def build_field_page(contract: Contract) -> str:
    """Return docs/velden.md for one contract."""
    outcome = contract.outcome
    return "\n".join(
        [
            INTRO,
            f"Contract `{contract.name}`, versie {contract.version}, met",
            f"{len(contract.fields)} velden. Het model schat de kans op een terugkeer die",
            f"binnen {outcome.horizon_days} dagen na de inschatting begint",
            f"en minstens {outcome.sustained_days} dagen duurt.",
            "",
            "## Van elk dossier",
            "",
            build_table(
                ["kolom", "wat"], [[f"`{name}`", CASE_LABELS_NL[name]] for name in CASE_COLUMNS]
            ),
            "## Voor het model",
            "",
            build_table(
                ["veld", "label", "soort", "mag zijn", "mag ontbreken", "kan veranderen", "bron"],
                [_describe(f) for f in contract.fields],
            ),
            NEVER,
            ", ".join(f"`{name}`" for name in sorted(NEVER_AN_INPUT)),
            "",
            CHANGING,
            build_table(
                ["sleutel", "verplicht", "betekenis"],
                [
                    *(
                        [f"`[outcome] {f.name}`", "", OUTCOME_KEYS_NL[f.name]]
                        for f in fields(Outcome)
                    ),
                    *(
                        [f"`{f.name}`", _yes(f.name in NEEDED), KEYS_NL[f.name]]
                        for f in fields(Field)
                    ),
                ],
            ),
            EXAMPLE,
        ]
    )


def _describe(field: Field) -> list[str]:
    return [
        f"`{field.name}`",
        field.label_nl,
        KINDS_NL[field.kind],
        _describe_values(field),
        _yes(field.missing),
        _yes(field.changeable),
        source_nl(field),
    ]


def _describe_values(field: Field) -> str:
    if field.levels:
        return "; ".join(f"`{level}` {label}" for level, label in field.levels.items())
    if field.kind == "flag":
        return "ja of nee"
    unit = f" {field.unit_nl}" if field.unit_nl else ""
    whole = ", geheel" if field.integer else ""
    return f"{to_dutch(field.low)} tot {to_dutch(field.high)}{unit}{whole}"


def _yes(value: bool) -> str:
    return "ja" if value else ""
