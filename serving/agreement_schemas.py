"""What the API answers about agreement between physicians and suggestions."""

from collections.abc import Sequence

from pydantic import BaseModel, Field

from serving.agreement import GroupAgreement, Share
from serving.assessment import INTERVAL_LEVEL
from serving.question_texts import NEEDED_SHORT_NL, POSSIBLE_SHORT_NL
from serving.settings import OwnEstimateMode
from serving.states import DecisionKind


class ShareOut(BaseModel):
    """A share with its Wilson interval; empty where it is about fewer than 5, or one physician."""

    of: int | None
    share: float | None
    low: float | None
    high: float | None

    @classmethod
    def of_share(cls, one: Share) -> "ShareOut":
        """Return what the API says of a share."""
        return cls(**vars(one))


class UnsureOut(BaseModel):
    """What was decided where the suggestion was unsure; empty where it is about too few."""

    of: int | None
    decided: dict[DecisionKind, int] | None = Field(description="Aantal per beslissing.")


class GroupAgreementOut(BaseModel):
    """The agreement of one group of physicians in one month."""

    sickness_fund: str
    region: str | None = Field(description="Regio van de accounts; leeg voor het hele ziekenfonds.")
    month: str = Field(examples=["2026-04"])
    followed: ShareOut = Field(description="Beslissingen die het voorstel volgen.")
    possible: ShareOut = Field(description=f"Eigen inschattingen: {POSSIBLE_SHORT_NL}")
    needed: ShareOut = Field(description=f"Eigen inschattingen: {NEEDED_SHORT_NL}")
    unsure: UnsureOut = Field(description="Beslissingen waar het voorstel onzeker was.")


class AgreementOut(BaseModel):
    """The agreement per group of physicians and month, latest first."""

    interval_level: float = INTERVAL_LEVEL
    own_estimate: OwnEstimateMode = Field(
        description="De instelling nu. Enkel bij required kwam het eigen antwoord zeker eerst."
    )
    groups: list[GroupAgreementOut]

    @classmethod
    def of(cls, found: Sequence[GroupAgreement], mode: OwnEstimateMode) -> "AgreementOut":
        """Return what the API says of agreement."""
        groups = [
            GroupAgreementOut(
                sickness_fund=one.sickness_fund,
                region=one.region,
                month=one.month,
                followed=ShareOut.of_share(one.followed),
                possible=ShareOut.of_share(one.possible),
                needed=ShareOut.of_share(one.needed),
                unsure=UnsureOut.model_validate(vars(one.unsure)),
            )
            for one in found
        ]
        return cls(own_estimate=mode, groups=groups)
