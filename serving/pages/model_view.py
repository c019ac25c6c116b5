"""What the page of the model shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from features.contract import Contract
from features.wording import describe_nl
from models.bundle import Bundle
from models.estimate import GainStatus
from serving.pages.questions import SAME_NL

MODEL_GAIN_NL = {
    GainStatus.ESTIMATED: "geschat per persoon",
    GainStatus.SAME_FOR_ALL: SAME_NL,
    GainStatus.UNKNOWN: "onbekend, dit model kon ze niet schatten",
}


@dataclass(frozen=True)
class ModelView:
    """The model that is served."""

    version: str
    trained_on: date
    contract: Contract
    gain_nl: str
    card_html: str
    fields: Sequence[tuple[str, str]]

    @classmethod
    def of(cls, bundle: Bundle) -> "ModelView":
        """Return what the page of the model shows."""
        return cls(
            version=bundle.version,
            trained_on=bundle.trained_on,
            contract=bundle.contract,
            gain_nl=MODEL_GAIN_NL[bundle.model.gain_status],
            card_html=render_card(bundle.card),
            fields=[(f.label_nl, describe_nl(f)) for f in bundle.contract.fields],
        )


def render_card(card: str) -> str:
    """Return a model card as HTML: its headings one level down, raw HTML in it as text."""
    from markdown_it import MarkdownIt

    renderer = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = renderer.parse(card)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
    return str(renderer.renderer.render(tokens, renderer.options, {}))
