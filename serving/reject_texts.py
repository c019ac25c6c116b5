"""Why a row of a file was rejected, in Dutch, beside the English reason that the tables give."""

from features.contract import Contract
from features.wording import expected_nl
from serving.errors import CASE_EXPECTED_NL

# how a reason begins; what was expected follows, from the contract
_FAULTS_NL = (
    ("not a number", "geen getal"),
    ("not true or false", "niet true of false"),
    ("not a readable date", "geen leesbare datum"),
    ("not a whole number", "geen geheel getal"),
    ("unknown", "onbekende waarde"),
    ("out of bounds", "buiten de grenzen"),
    ("missing", "ontbreekt"),
)
# reasons that say all by themselves
_WHOLE_NL = (
    ("the row must have", "de rij heeft niet zoveel cellen als de eerste regel"),
    ("duplicate key", "dit dossier staat voor dezelfde dag al in een eerdere rij"),
    ("differs from an earlier row", "anders dan in een eerdere rij van hetzelfde dossier"),
    (
        "differs from what this number stands for",
        "dit nummer is van een ander dossier: een nieuwe persoon of afwezigheid vraagt een nieuw "
        "nummer",
    ),
    ("before absence_started_on", "voor het begin van de afwezigheid"),
)
_NUMBER_NL = "een pseudoniem; een rijksregisternummer wordt nooit aanvaard"


def tell_reject_nl(field: str, reason: str, contract: Contract) -> str:
    """Return why a row was rejected; of a reason unknown here, what the field expects."""
    for begin, told in _WHOLE_NL:
        if reason.startswith(begin):
            return told
    if "national number" in reason or "pseudonym" in reason:
        return _NUMBER_NL
    expected = f"verwacht: {_expected_nl(field, contract)}"
    fault = next((told for begin, told in _FAULTS_NL if reason.startswith(begin)), None)
    return f"{fault}; {expected}" if fault else expected


def _expected_nl(field: str, contract: Contract) -> str:
    if field in CASE_EXPECTED_NL:
        return CASE_EXPECTED_NL[field]
    if field in contract.names:
        return expected_nl(contract.get_field(field))
    return "een waarde zoals docs/velden.md beschrijft"
