"""What a deployment declares for referrals: offers, choices, medical words and whom to contact."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from features.contract import Contract
from serving import capacities, medical, offers
from serving.capacities import Choices, read_choices
from serving.medical import Medical, read_medical
from serving.offers import OfferRule, read_offers
from serving.settings import Settings


@dataclass(frozen=True)
class ReferralLists:
    """The lists that hold while the service runs; `contact_nl` stands on every form.

    `fund_names` are the names to show of funds; one without a name is shown by its key.
    """

    choices: Choices
    offers: tuple[OfferRule, ...]
    medical: Medical
    contact_nl: str = ""
    fund_names: Mapping[str, str] = field(default_factory=dict)


def read_lists(settings: Settings, contract: Contract) -> ReferralLists:
    """Return the lists of the settings; raises MedicalError, OffersError or CapacitiesError."""
    words = read_medical(settings.medical or medical.DEFAULT_PATH)
    return ReferralLists(
        choices=read_choices(settings.capacities or capacities.DEFAULT_PATH, contract, words),
        offers=read_offers(settings.offers or offers.DEFAULT_PATH, contract, words),
        medical=words,
        contact_nl=settings.fund_contact,
        fund_names=settings.fund_names,
    )
