"""What the pages of the model show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, tzinfo

from features.contract import Contract
from features.wording import describe_nl
from models.bundle import Bundle
from models.shares import FEWEST_SHOWN
from models.suggestion import Limits
from serving.following import Following, FollowState, Why
from serving.model_versions import Known, ServedVersion, State
from serving.pages.model_summary import ModelSummary
from serving.registry import Registered
from serving.wording import number_nl, short_date_nl, short_moment_nl

FEW_NL = f"minder dan {FEWEST_SHOWN}"
_STATE_NL = {
    State.GONE: "Het modelregister (MLflow) antwoordt nu niet. De dienst werkt gewoon verder "
    "met het geladen model.",
    State.ASKED: "Het modelregister (MLflow) wordt gevraagd. Laad de pagina over enkele seconden "
    "opnieuw.",
    State.NONE: "Deze dienst draait op een map met een model, zonder modelregister.",
    State.KNOWN: "",
}


_NOT_FOLLOWED_NL = {
    FollowState.NOBODY: "Geen enkele versie is nu vrijgegeven in het modelregister.",
    FollowState.NOT_FETCHED: "De bestanden van de vrijgegeven versie zijn niet te krijgen.",
}
_WHY_NL = {
    Why.DAMAGED: "een bestand ontbreekt of is niet wat vrijgegeven werd",
    Why.FORMAT: "ze is gemaakt met een andere versie van Kantelpunt",
    Why.SMOKE: "de proefgevallen komen hier anders uit dan bij het trainen",
    Why.CONTRACT: "wie nu meldingen stuurt, zou geweigerd of anders begrepen worden",
    Why.LISTS: "de lijsten voor doorverwijzing van deze dienst passen er niet bij",
    Why.INFO: "wat bij het trainen genoteerd werd, kan niet getoond worden",
}


@dataclass(frozen=True)
class ModelView:
    """The model that is served."""

    version: str
    contract: Contract
    summary: ModelSummary
    card_html: str
    fields: Sequence[tuple[str, str]]

    @classmethod
    def of(cls, bundle: Bundle, limits: tuple[Limits, ...], today: date) -> "ModelView":
        """Return what the page of the model shows."""
        return cls(
            version=bundle.version,
            contract=bundle.contract,
            summary=ModelSummary.of(bundle, limits, today),
            card_html=render_card(bundle.card),
            fields=[(f.label_nl, describe_nl(f)) for f in bundle.contract.fields],
        )


def render_card(card: str) -> str:
    """Return a model card as HTML: its headings two levels down, raw HTML in it as text."""
    from markdown_it import MarkdownIt

    renderer = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = renderer.parse(card)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 2, 6)}"
    return str(renderer.renderer.render(tokens, renderer.options, {}))


@dataclass(frozen=True)
class ServedView:
    """A version that gave estimates here."""

    version: str
    is_now: bool
    first: str
    last: str
    count: str


@dataclass(frozen=True)
class RegisteredView:
    """A version of which the registry knows."""

    version: str
    made: str
    aliases: str
    is_now: bool


@dataclass(frozen=True)
class VersionsView:
    """The page of the versions; `followed_nl` is empty where what is released is served."""

    now: str
    followed_nl: str
    of_fund: str | None
    served: Sequence[ServedView]
    registered: Sequence[RegisteredView]
    registry_nl: str
    asked_at: str
    is_asked: bool
    fewest: int = FEWEST_SHOWN

    @classmethod
    def of(
        cls,
        served: Sequence[ServedVersion],
        known: Known,
        how: Following,
        version: str,
        fund: str | None,
        zone: tzinfo | None,
    ) -> "VersionsView":
        """Return what the page shows."""
        return cls(
            now=version,
            followed_nl=_tell_following(how, version, zone),
            of_fund=fund,
            served=[_view_served(one, version, zone) for one in served],
            registered=[_view_registered(one, version, zone) for one in known.versions],
            registry_nl=_STATE_NL[known.state],
            asked_at=short_moment_nl(known.at.astimezone(zone)) if known.at else "",
            is_asked=known.state is State.ASKED,
        )


def _tell_following(how: Following, version: str, zone: tzinfo | None) -> str:
    """Return why what is served is not what is released, where that is so."""
    said = _NOT_FOLLOWED_NL.get(how.state, "")
    if how.refused is not None:
        at = short_moment_nl(how.refused.at.astimezone(zone))
        said = " ".join(
            [
                f"Versie {how.refused.version} is vrijgegeven, maar de dienst nam ze niet over: "
                f"{_WHY_NL[how.refused.why]} ({at}).",
                said,
            ]
        ).strip()
    return f"{said} Versie {version} doet verder dienst." if said else ""


def _view_served(one: ServedVersion, now: str, zone: tzinfo | None) -> ServedView:
    first, last = (short_date_nl(at.astimezone(zone).date()) for at in (one.first_at, one.last_at))
    count = FEW_NL if one.count is None else number_nl(one.count)
    return ServedView(one.version, one.version == now, first, last, count)


def _view_registered(one: Registered, now: str, zone: tzinfo | None) -> RegisteredView:
    made = short_date_nl(one.made_at.astimezone(zone).date())
    return RegisteredView(one.version, made, ", ".join(one.aliases), one.version == now)
