"""What the page of the versions shows of a challenger: totals, for who may know them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from models.clustered import Measured
from models.shares import FEWEST_SHOWN
from models.suggestion import SUGGESTION_NL, Suggestion
from serving.shadow_compare import FEWEST_TO_COMPARE, Comparison, GroupDifference
from serving.wording import number_nl, one_decimal_nl, short_date_nl

MOST_ON_PAGE = 5_000  # the page answers within a second; `kantelpunt shadow` reads them all
MOST_GROUPS = 10
HIDDEN_NL = "niet getoond"
_SHORT_NL = {
    Suggestion.REFER: "bespreken",
    Suggestion.UNSURE: "onzeker",
    Suggestion.NOT_YET: "nog niet",
    Suggestion.OWN_WAY: "eigen weg",
}


@dataclass(frozen=True)
class MatrixRow:
    """What the challenger would suggest where the champion suggests one thing."""

    label_nl: str
    cells: Sequence[tuple[str, str, bool]]


@dataclass(frozen=True)
class ShadowView:
    """A challenger beside the champion, in words first."""

    challenger: str
    champion: str
    lead_nl: str
    facts: Sequence[tuple[str, str, str]]
    heads: Sequence[str]
    matrix: Sequence[MatrixRow]
    groups: Sequence[tuple[str, str, str, str]]
    groups_nl: str
    few_nl: str
    most: str = number_nl(MOST_ON_PAGE)
    fewest: int = FEWEST_SHOWN

    @classmethod
    def of(cls, one: Comparison, zone: tzinfo | None) -> "ShadowView":
        """Return what the page shows."""
        duel = one.duel
        first, last = (
            short_date_nl(at.astimezone(zone).date()) for at in (duel.first_at, duel.last_at)
        )
        when = f"op {first}" if first == last else f"van {first} tot {last}"
        told = (
            f"Versie {duel.challenger} schatte {when} in stilte mee met versie {duel.champion}. "
            "Wat ze zei, diende niemand: het staat enkel in het overzicht dat een persoon over "
            "zichzelf vraagt."
        )
        if one.usual is None or one.other_suggestion is None:
            few = (
                f"Er zijn nog minder dan {FEWEST_TO_COMPARE} personen vergeleken: te weinig om "
                "iets te zeggen."
            )
            return cls(duel.challenger, duel.champion, told, (), (), (), (), "", few)
        return cls(
            challenger=duel.challenger,
            champion=duel.champion,
            lead_nl=f"{told} {_sum_up(one)}",
            facts=_list_facts(one),
            heads=[_SHORT_NL[new] for new in Suggestion],
            matrix=_build_matrix(one),
            groups=[_tell_group(group) for group in one.groups[:MOST_GROUPS]],
            groups_nl=_tell_groups(one),
            few_nl="",
        )


def _sum_up(one: Comparison) -> str:
    share = one.other_suggestion
    if share is None or round(share.value * share.cases) < FEWEST_SHOWN:
        return "Ze doet bijna nooit een ander voorstel."
    return f"Bij {_percent(share.value)} doet ze een ander voorstel."


def _list_facts(one: Comparison) -> list[tuple[str, str, str]]:
    """Return name, figure and meaning of what differs."""
    facts = [
        (
            "Vergeleken",
            f"{number_nl(one.cases)} inschattingen",
            f"van {number_nl(one.persons)} personen",
        )
    ]
    if one.usual is not None:
        moved = f"95 op 100 inschattingen verschuiven minder dan {_points(one.most_moved)} punten"
        facts.append(("Kans zonder extra steun", _tell_mean(one.usual), moved))
    if one.gain is None:
        facts.append(("Effect van steun", "niet te vergelijken", _tell_unknown(one)))
    else:
        facts.append(("Effect van steun", _tell_mean(one.gain), _tell_unknown(one)))
    shares = (
        ("Ander voorstel", one.other_suggestion, "op dezelfde dag, met dezelfde limieten"),
        ("Andere redenen", one.other_reasons, "een ander gegeven in de eerste drie redenen"),
        ("Andere volgorde", one.other_order, "dezelfde drie redenen, in een andere volgorde"),
    )
    facts += [(name, _tell_share(found), what) for name, found, what in shares if found]
    time = f"{one.milliseconds:.2f} ms".replace(".", ",")
    return [*facts, ("Tijd per inschatting", time, "van de proefversie, vele samen")]


def _tell_unknown(one: Comparison) -> str:
    told = [
        f"enkel {who} kent het bij "
        f"{number_nl(count) if count >= FEWEST_SHOWN else f'minder dan {FEWEST_SHOWN}'}"
        for who, count in (
            ("de huidige versie", one.only_champion_gain),
            ("de proefversie", one.only_challenger_gain),
        )
        if count
    ]
    if one.gain is None:
        return "; ".join(["te weinig personen bij wie beide versies het kennen", *told])
    return "; ".join([f"bij {number_nl(one.gain.cases)}, waar beide versies het kennen", *told])


def _tell_mean(found: Measured) -> str:
    low, high = _signed(found.low), _signed(found.high)
    return f"{_signed(found.value)} punten (van {low} tot {high})"


def _tell_share(found: Measured) -> str:
    if 0 < round(found.value * found.cases) < FEWEST_SHOWN:
        return f"minder dan {FEWEST_SHOWN} inschattingen"
    return f"{_percent(found.value)} (van {_percent(found.low)} tot {_percent(found.high)})"


def _points(value: float) -> str:
    return one_decimal_nl(100 * value)


def _signed(value: float) -> str:
    told = _points(abs(value))
    if told == "0,0":
        return told
    return f"+{told}" if value > 0 else f"\N{MINUS SIGN}{told}"


def _percent(value: float) -> str:
    return f"{one_decimal_nl(100 * value)} %"


def _build_matrix(one: Comparison) -> list[MatrixRow]:
    return [
        MatrixRow(
            SUGGESTION_NL[old],
            [(_SHORT_NL[new], _tell_cell(one.matrix[old, new]), old is new) for new in Suggestion],
        )
        for old in Suggestion
    ]


def _tell_cell(count: int | None) -> str:
    return HIDDEN_NL if count is None else number_nl(count)


def _tell_group(group: GroupDifference) -> tuple[str, str, str, str]:
    return (
        group.label_nl,
        number_nl(group.moves.cases),
        _tell_mean(group.moves),
        f"{_signed(group.beyond.value)} punten",
    )


def _tell_groups(one: Comparison) -> str:
    if not one.groups_seen:
        return "Geen enkele groep is groot genoeg om apart te bekijken."
    looked = f"Bekeken: {number_nl(one.groups_seen)} groepen van 100 personen of meer. "
    if not one.groups:
        return (
            looked + "Geen enkele verschuift duidelijk, met een punt of meer, anders dan de rest."
        )
    more = (
        f", waarvan de {MOST_GROUPS} grootste hier staan" if len(one.groups) > MOST_GROUPS else ""
    )
    return (
        f"{looked}Anders dan de rest verschuiven er {number_nl(len(one.groups))}{more}. Zonder "
        "echt verschil staat er bij 9 op 10 vergelijkingen geen enkele."
    )
