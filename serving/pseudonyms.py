"""Pseudonyms for what leaves the store: always the same for the same key, and no way back."""

import hmac
from hashlib import sha256

LENGTH = 32  # hexadecimal digits, so 128 bits: two of a million people never share one


class Pseudonyms:
    """Gives pseudonyms under a key that only serving has."""

    def __init__(self, key: str) -> None:
        """Keep the key."""
        self._key = key.encode()

    def name(self, kind: str, sickness_fund: str, text: str) -> str:
        """Return the pseudonym of a case, person or partner of one sickness fund.

        Equal numbers of different funds get different pseudonyms, and so do different kinds.
        """
        told = "\x00".join((kind, sickness_fund, text)).encode()
        # the letter keeps it from ever looking like the number of a person
        return f"{kind[0]}{hmac.new(self._key, told, sha256).hexdigest()[:LENGTH]}"
