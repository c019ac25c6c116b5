"""Why a physician decides as they do, where a reason is asked: a short list, to choose from."""

from collections.abc import Mapping
from enum import StrEnum


class DecisionReason(StrEnum):
    """A reason of a decision, from a short list; OTHER asks for a text."""

    KNOWS_MORE_OF_WORK = "knows_more_of_work"
    KNOWS_MORE_OF_HEALTH = "knows_more_of_health"
    PERSON_PREFERS_OTHERWISE = "person_prefers_otherwise"
    RETURN_AGREED = "return_agreed"
    SUPPORT_ALREADY_RUNNING = "support_already_running"
    ESTIMATE_OUT_OF_DATE = "estimate_out_of_date"
    OTHER = "other"


_R = DecisionReason
REASON_NL: Mapping[DecisionReason, str] = {
    _R.KNOWS_MORE_OF_WORK: "ik weet meer over het werk",
    _R.KNOWS_MORE_OF_HEALTH: "ik weet meer over de gezondheid",
    _R.PERSON_PREFERS_OTHERWISE: "de persoon wil het anders",
    _R.RETURN_AGREED: "de terugkeer is al afgesproken",
    _R.SUPPORT_ALREADY_RUNNING: "er loopt al ondersteuning",
    _R.ESTIMATE_OUT_OF_DATE: "de inschatting is achterhaald",
    _R.OTHER: "een andere reden",
}
MOST_TEXT = 500
