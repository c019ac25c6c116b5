"""Whether a model treats groups alike, in Dutch: a sentence, and a table per attribute."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from features.contract import Contract
from serving.access_texts import GROUPS_NL, LEVELS_NL
from serving.wording import EN_DASH, number_nl, op_100, percent_nl, region_nl, times_nl

NOTHING_NL = (
    "Deze kaart bevat nog geen cijfers per groep, zoals geslacht, herkomst of leeftijd. Wij weten "
    "dus niet of het model voor alle groepen even goed werkt."
)
NEVER_NL = "Geslacht, herkomst, nationaliteit en taal gaan nooit in de inschatting."
# keys of models.fairness.Verdict, as a bundle keeps them
RELEASE_NL = {
    "pass": "Ja, voor zover wij het kunnen meten. Geen enkele groep krijgt meer dan {most} keer "
    "zoveel fouten als de groep die er het best aan toe is.",
    "fail": "Nee, niet voor iedereen. Sommige groepen krijgen duidelijk meer fouten dan de andere: "
    "{failing}.",
    "insufficient_evidence": "Dat is niet zeker. Geen groep krijgt duidelijk meer fouten dan de "
    "andere, maar er zijn te weinig mensen om overal een verschil uit te sluiten.",
}
VERDICT_NL = {
    "pass": "In orde",
    "fail": "Te veel fouten",
    "insufficient_evidence": "Te weinig gegevens",
    "too_small": "Te klein om te meten",
}
FIGURES_NL = {
    "selection": "Voorstel steun, op 100",
    "false_own_way": 'Ten onrechte "eigen weg", op 100',
    "missed_gain": "Gemiste meerwaarde, op 100",
}
RATIO_NL = "Fouten: keer de beste groep"
ATTRIBUTES_NL = {
    **GROUPS_NL,
    "age": "Leeftijd",
    "region": "Regio",
    "questionnaire": "Vragenlijst ingevuld",
}
LABELS_NL = {
    "yes": "ja",
    "no": "nee",
    **LEVELS_NL,
    "others": "andere",
    "unknown": "niet bekend",
}
MOST_NAMED = 6


@dataclass(frozen=True)
class Cell:
    """A figure with its interval; without them it could not be measured."""

    figure: str = "niet te meten"
    interval: str = ""


@dataclass(frozen=True)
class GroupView:
    """One group of an attribute."""

    label: str
    persons: str
    cells: Sequence[Cell]
    verdict: str
    is_bad: bool


@dataclass(frozen=True)
class AttributeView:
    """The groups of one attribute."""

    label: str
    groups: Sequence[GroupView]


@dataclass(frozen=True)
class FairnessView:
    """What the page of the model says of groups."""

    verdict_nl: str
    notes: Sequence[str]
    how: Sequence[str]
    heads: Sequence[str]
    attributes: Sequence[AttributeView]

    @classmethod
    def of(cls, info: Mapping[str, Any], contract: Contract) -> "FairnessView | None":
        """Return what a bundle noted of groups; None where it noted nothing."""
        found = info.get("fairness") or {}
        groups = found.get("groups", [])
        if not groups:
            return None
        names = list(dict.fromkeys(one["attributes"][0] for one in groups))
        return cls(
            verdict_nl=_tell_verdict(found, contract),
            notes=list(_list_notes(found)),
            how=_explain(found),
            heads=[*FIGURES_NL.values(), RATIO_NL],
            attributes=[
                AttributeView(_name_attribute(name, contract), _list_groups(groups, name, contract))
                for name in names
            ],
        )


def describe_groups(info: Mapping[str, Any]) -> str:
    """Return the first words on groups."""
    if not (info.get("fairness") or {}).get("groups"):
        return f"{NOTHING_NL} {NEVER_NL}"
    return f"{NEVER_NL} Toch kan een model de ene groep beter dienen dan de andere. Wij meten dat."


def _tell_verdict(found: Mapping[str, Any], contract: Contract) -> str:
    failing = [
        f"{_name_attribute(one['attributes'][0], contract).lower()} "
        f"({name_label(one['attributes'][0], one['group'][0], contract)})"
        for one in found["groups"]
        if one["verdict"] == "fail"
    ]
    shown = ", ".join(failing[:MOST_NAMED]) or "enkel bij combinaties van twee kenmerken"
    more = f" en nog {len(failing) - MOST_NAMED}" if len(failing) > MOST_NAMED else ""
    most = times_nl(found["most_ratio"])
    return RELEASE_NL[found["verdict"]].format(failing=shown + more, most=most)


def _list_notes(found: Mapping[str, Any]) -> Iterator[str]:
    counts = found.get("pair_verdicts", {})
    measured = sum(counts.get(key, 0) for key in RELEASE_NL)
    if measured:
        yield (
            f"Ook {number_nl(measured)} combinaties van twee kenmerken zijn gemeten: "
            f"{number_nl(counts.get('pass', 0))} in orde, {number_nl(counts.get('fail', 0))} met "
            f"te veel fouten, {number_nl(counts.get('insufficient_evidence', 0))} met te weinig "
            "gegevens."
            + (
                " De technische kaart noemt wie te veel fouten krijgt."
                if counts.get("fail")
                else ""
            )
        )
    if "missed_gain" not in found.get("judged", ()):
        yield (
            "De meerwaarde van steun is voor iedereen gelijk of onbekend. De gemiste meerwaarde "
            "telt daarom niet mee in het oordeel."
        )


def _explain(found: Mapping[str, Any]) -> list[str]:
    most = times_nl(found["most_ratio"])
    return [
        f"Gemeten op ongeveer {number_nl(found['screenings'])} latere inschattingsmomenten. Tussen "
        f"haakjes staat de marge van {percent_nl(0.95)}.",
        'Ten onrechte "eigen weg": hoeveel van wie niet terugkeerde dat voorstel kregen.',
        "Gemiste meerwaarde: hoeveel van alle geschatte meerwaarde verloren gaat bij wie "
        '"eigen weg" of "nog niet" als voorstel kreeg.',
        f"Te veel fouten: meer dan {most} keer zoveel als de beste groep, en zeker meer dan alle "
        "anderen samen.",
        f"In orde: ook met de marge erbij hoogstens {most} keer zoveel.",
        f"Groepen van minder dan {found['smallest_group']} mensen meten wij niet.",
    ]


def _list_groups(
    groups: Sequence[Mapping[str, Any]], name: str, contract: Contract
) -> list[GroupView]:
    """Return the groups of an attribute in the order in which people know them."""
    fields = [field for field in contract.fields if field.name == name]
    order = [*(f"{name} {key}" for field in fields for key in field.levels), *LABELS_NL]
    found = [one for one in groups if one["attributes"] == [name]]

    def place(one: Mapping[str, Any]) -> int:
        keys = (f"{name} {one['group'][0]}", one["group"][0])
        return next((order.index(key) for key in keys if key in order), -1)

    return [_view_group(one, contract) for one in sorted(found, key=place)]


def _view_group(one: Mapping[str, Any], contract: Contract) -> GroupView:
    name, label = one["attributes"][0], one["group"][0]
    figures = one.get("figures", {})
    cells = [_show_share(figures.get(key)) for key in FIGURES_NL]
    if one["verdict"] == "too_small":
        cells = [Cell("") for _ in cells]
    return GroupView(
        label=name_label(name, label, contract),
        persons=number_nl(one["persons"]) if "persons" in one else "",
        cells=[*cells, _show_ratio(one.get("error_ratio")) if "persons" in one else Cell("")],
        verdict=VERDICT_NL[one["verdict"]],
        is_bad=one["verdict"] == "fail",
    )


def _show_share(found: Sequence[float] | None) -> Cell:
    if not found:
        return Cell()
    value, low, high = (op_100(share) for share in found)
    return Cell(str(value), f"({low}{EN_DASH}{high})")


def _show_ratio(found: Sequence[float] | None) -> Cell:
    if not found:
        return Cell()
    value, low, high = (times_nl(ratio) for ratio in found)
    return Cell(value, f"({low}{EN_DASH}{high})")


def _name_attribute(name: str, contract: Contract) -> str:
    labels = {field.name: field.label_nl for field in contract.fields}
    return ATTRIBUTES_NL.get(name) or labels.get(name) or name.replace("_", " ").capitalize()


def name_label(attribute: str, label: str, contract: Contract) -> str:
    """Return a group in Dutch: by the contract, by what we know, or as the extract wrote it."""
    for field in contract.fields:
        if field.name == attribute and label in field.levels:
            return str(field.levels[label])
    known = LABELS_NL.get(f"{attribute} {label}") or LABELS_NL.get(label)
    if known:
        return known
    if attribute == "age":
        return _name_age(label)
    return region_nl(label) if attribute == "region" else label


def _name_age(label: str) -> str:
    low, _, high = label.partition("_to_")
    if not high:
        return label.replace("_and_over", " jaar en ouder")
    return f"tot {high} jaar" if low == "0" else f"{low} tot {high} jaar"
