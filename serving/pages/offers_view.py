"""The offers that fit a case, with the conditions that it met and what to ask after."""

from collections.abc import Sequence
from dataclasses import dataclass

from serving.offers import FIT_NL, Fit, Offer

MOST_OPEN = 3


@dataclass(frozen=True)
class OfferView:
    """One offer; `is_private` where its name tells of a diagnosis, so that no form names it."""

    name_nl: str
    what_nl: str
    fits: bool
    fit_nl: str
    met_nl: str
    ask_nl: str
    source: str
    is_private: bool

    @classmethod
    def of(cls, offer: Offer) -> "OfferView":
        """Return what a page shows of an offer."""
        return cls(
            name_nl=offer.rule.name_nl,
            what_nl=offer.rule.what_nl,
            fits=offer.fit is Fit.FITS,
            fit_nl=FIT_NL[offer.fit],
            met_nl=_list_nl(offer.met),
            ask_nl=_list_nl([question.label_nl for question in offer.to_ask]),
            source=offer.rule.source,
            is_private=offer.reveals_diagnosis,
        )


@dataclass(frozen=True)
class OffersView:
    """What fits best, and the others under one line that opens."""

    first: Sequence[OfferView]
    more: Sequence[OfferView]

    @classmethod
    def of(cls, offers: Sequence[Offer]) -> "OffersView":
        """Return the offers of a case as a page shows them."""
        shown = [OfferView.of(offer) for offer in offers]
        return cls(shown[:MOST_OPEN], shown[MOST_OPEN:])


def _list_nl(labels: Sequence[str]) -> str:
    """Return labels as one text: the first as it stands, the next without a capital."""
    lowered = [label[:1].lower() + label[1:] for label in labels[1:]]
    return "; ".join([*labels[:1], *lowered])
