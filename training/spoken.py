"""What people give for others to read later: one line of it, without anything that hides."""

from unicodedata import category, normalize

MOST = 2000  # characters; what is kept of a release is shown in a log and on a card
_HIDING = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})


def find_fault(text: str, most: int = MOST) -> str:
    """Return what is wrong with a text that is to be kept, or nothing.

    A line break could make up another entry of a log, and a control character hide one.
    """
    if len(text) > most:
        return f"takes {most} characters at most"
    if any(category(sign) in _HIDING for sign in text):
        return "takes one line of text, without line breaks, tabs or characters that do not show"
    return ""


def show(text: str) -> str:
    """Return a text as one line in which whatever hides is written out."""
    return "".join(
        sign.encode("unicode_escape").decode() if category(sign) in _HIDING else sign
        for sign in text
    )


def is_same_name(one: str, other: str) -> bool:
    """Tell whether two names are the same but for case, spaces and the width of letters."""
    return _fold(one) == _fold(other)


def _fold(name: str) -> str:
    return " ".join(normalize("NFKC", name).casefold().split())
