"""What may name a case or a person: a pseudonym, never the number of the national register."""

import re
from datetime import date

ID_PATTERN = r"^[A-Za-z0-9._-]{1,64}$"
ID_EXPECTED = "1 to 64 letters, digits, dots, underscores or hyphens"
TEXT_PATTERN = r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]{0,62}[^\s\x00-\x1f\x7f])?$"
TEXT_EXPECTED = "a text of 1 to 64 characters"
USE_A_PSEUDONYM = "looks like a national number of 11 digits: use a pseudonym instead"

# the names under which that number travels in files and forms here
PERSON_NUMBER_NAMES = frozenset(
    {"ssin", "insz", "inss", "niss", "rrn", "rijksregisternummer", "national_number"}
)
NUMBER_PATTERN = re.compile(r" *[0-9]([ ./_-]*[0-9]){10} *")

# outside these years a date is a typing error or a placeholder such as 1900-01-01 or 9999-12-31
FIRST_DAY = date(1990, 1, 1)
LAST_DAY = date(2100, 12, 31)


def is_person_number(text: str) -> bool:
    """Tell whether a text is 11 digits, however parted: it may well be someone's own number."""
    return NUMBER_PATTERN.fullmatch(text) is not None


def is_person_number_name(name: str) -> bool:
    """Tell whether a column or field of this name announces the number of a person."""
    return name.strip().lower() in PERSON_NUMBER_NAMES
