"""Passwords of local accounts: what may be one, its hash, and the comparison that is slow once."""

import hmac
import secrets
from collections import OrderedDict
from threading import Lock

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from serving.store.users import UserRefusedError

SHORTEST, LONGEST = 12, 1024
FEWEST_DIFFERENT = 5
MOST_REMEMBERED = 1000
# what people make a long password of when they are asked for one
_TRIVIAL = (
    "wachtwoord",
    "password",
    "kantelpunt",
    "welkom",
    "welcome",
    "azerty",
    "qwerty",
    "admin",
)
_RUNS = "01234567890abcdefghijklmnopqrstuvwxyz"
_HASHER = PasswordHasher()  # argon2id


def check_password(password: str, user_key: str) -> None:
    """Raise UserRefusedError for a password that is short, trivial or made of the name."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise UserRefusedError(f"password: expected {SHORTEST} characters or more")
    plain, name = password.lower(), user_key.lower()
    if len(name) > 2 and len(plain.replace(name, "")) < SHORTEST and name in plain:
        raise UserRefusedError("password: expected one that is not made of the name")
    if len(set(plain)) < FEWEST_DIFFERENT or _is_trivial(plain):
        raise UserRefusedError(
            "password: expected one that is not a row of keys or a common word; "
            "some words that do not belong together are good"
        )


def _is_trivial(plain: str) -> bool:
    """Tell whether little is left of it without common words, rows and ends such as 123 and !."""
    left = plain
    for word in _TRIVIAL:
        left = left.replace(word, "")
    return len(left.strip("0123456789!?.,-_ ")) < 4 or plain in _RUNS or plain in _RUNS[::-1]


def hash_password(password: str) -> str:
    """Return the argon2id hash to keep of a password."""
    return _HASHER.hash(password)


def is_password(password: str, password_hash: str) -> bool:
    """Tell whether a password is the one that was hashed; costs as much when there is no hash."""
    if not password_hash:
        # as slow as to compare it, so that names cannot be found by the clock
        _HASHER.hash(password)
        return False
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


class VerifiedPasswords:
    """Remembers which credentials were right, under keys that hold no password."""

    def __init__(self) -> None:
        """Start with none."""
        self._key = secrets.token_bytes(32)
        self._verified: OrderedDict[bytes, str] = OrderedDict()
        self._lock = Lock()

    def is_known(self, user_key: str, password: str, password_hash: str) -> bool:
        """Tell whether these were right before, and the hash is still the same."""
        with self._lock:
            return self._verified.get(self._digest(user_key, password)) == password_hash

    def remember(self, user_key: str, password: str, password_hash: str) -> None:
        """Remember that these were right; the oldest are forgotten."""
        with self._lock:
            self._verified[self._digest(user_key, password)] = password_hash
            while len(self._verified) > MOST_REMEMBERED:
                self._verified.popitem(last=False)

    def __len__(self) -> int:
        """Return how many are remembered."""
        return len(self._verified)

    def _digest(self, user_key: str, password: str) -> bytes:
        return hmac.digest(self._key, f"{user_key}\0{password}".encode(), "sha256")
