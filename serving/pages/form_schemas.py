"""What forms send beside the bodies of the API."""

from pydantic import Field

from serving.body_schemas import Closed
from serving.refer_schemas import Version


class SeenIn(Closed):
    """The state of the case that was on the screen."""

    state_version: Version


class InputsIn(Closed):
    """The assessment whose inputs were on the screen, and the contract that asked for them."""

    assessment_id: str = Field(min_length=1, max_length=64)
    contract_seen: str = Field("", max_length=64)  # a page of an older release has none
