"""Who is there: passwords, sessions of pages, tokens of forms, and credentials of the API."""

import hmac
import secrets
from base64 import b64decode
from binascii import Error as Base64Error
from collections import OrderedDict
from threading import Lock
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from itsdangerous import BadData, URLSafeTimedSerializer

from serving.errors import FormExpiredError, NotLoggedOnError
from serving.permissions import User
from serving.store.engine import Store
from serving.store.users import find_user

MOST_REMEMBERED = 1000
_HASHER = PasswordHasher()  # argon2id
# an unknown name costs as much time as a known one, so that names cannot be found by the clock
_NOBODY = _HASHER.hash(secrets.token_hex())


def hash_password(password: str) -> str:
    """Return the argon2id hash to keep of a password."""
    return _HASHER.hash(password)


def is_password(password: str, password_hash: str) -> bool:
    """Tell whether a password is the one that was hashed."""
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


class Gate:
    """Checks who is there. Remembers verified credentials, so that argon2 is paid once."""

    def __init__(self, secret: str, session_hours: float) -> None:
        """Sign with a secret; sessions last `session_hours` at most."""
        self.session_seconds = int(session_hours * 3600)
        self._sessions = URLSafeTimedSerializer(secret, salt="kantelpunt-session")
        self._forms = URLSafeTimedSerializer(secret, salt="kantelpunt-form")
        self._key = secrets.token_bytes(32)
        self._verified: OrderedDict[bytes, str] = OrderedDict()
        self._lock = Lock()

    def check_password(self, store: Store, user_key: str, password: str) -> User:
        """Return the user of a name and password; raises NotLoggedOnError."""
        user = _find(store, user_key)
        if not is_password(password, user.password_hash if user else _NOBODY) or user is None:
            raise NotLoggedOnError("unknown name or password")
        return user

    def check_basic(self, store: Store, header: str | None) -> User:
        """Return the user of an Authorization header; raises NotLoggedOnError.

        The account is read each time, so one that is closed or changed counts at once; only the
        slow comparison of the password is remembered, under a key that holds no password.
        """
        user_key, password = _read_basic(header)
        user = _find(store, user_key)
        digest = hmac.digest(self._key, f"{user_key}\0{password}".encode(), "sha256")
        with self._lock:
            known = self._verified.get(digest)
        if user is not None and known == user.password_hash:
            return user
        if not is_password(password, user.password_hash if user else _NOBODY) or user is None:
            raise NotLoggedOnError("unknown name or password")
        with self._lock:
            self._verified[digest] = user.password_hash
            while len(self._verified) > MOST_REMEMBERED:
                self._verified.popitem(last=False)
        return user

    def open_session(self, user: User) -> str:
        """Return the value of the session cookie for a user who just proved who it is."""
        return self._sessions.dumps(
            {"user": user.key, "version": user.session_version, "nonce": secrets.token_urlsafe(16)}
        )

    def check_session(self, store: Store, cookie: str | None) -> tuple[User, str]:
        """Return the user and the nonce of a session cookie; raises NotLoggedOnError."""
        content = self._read_session(cookie)
        user = _find(store, str(content["user"]))
        if user is None or user.session_version != content["version"]:
            raise NotLoggedOnError("the session was ended")
        return user, str(content["nonce"])

    def read_nonce(self, cookie: str) -> str:
        """Return the nonce of a session cookie; raises NotLoggedOnError."""
        return str(self._read_session(cookie)["nonce"])

    def _read_session(self, cookie: str | None) -> dict[str, Any]:
        if not cookie:
            raise NotLoggedOnError("no session")
        try:
            content: dict[str, Any] = self._sessions.loads(cookie, max_age=self.session_seconds)
        except BadData:
            raise NotLoggedOnError("no valid session") from None
        return content

    def build_token(self, nonce: str) -> str:
        """Return a token for a form on a page of this nonce's owner."""
        return self._forms.dumps(nonce)

    def check_token(self, nonce: str, token: str) -> None:
        """Raise FormExpiredError unless we gave this token for this nonce, not too long ago."""
        try:
            given = self._forms.loads(token, max_age=self.session_seconds)
        except BadData:
            raise FormExpiredError("no valid token") from None
        if not nonce or not hmac.compare_digest(str(given).encode(), nonce.encode()):
            raise FormExpiredError("a token of another session")


def _find(store: Store, user_key: str) -> User | None:
    with store.reading() as connection:
        return find_user(connection, user_key)


def _read_basic(header: str | None) -> tuple[str, str]:
    scheme, _, encoded = (header or "").partition(" ")
    if scheme.lower() != "basic":
        raise NotLoggedOnError("no credentials")
    try:
        user_key, colon, password = b64decode(encoded, validate=True).decode().partition(":")
    except (Base64Error, ValueError):
        raise NotLoggedOnError("credentials that cannot be read") from None
    if not colon:
        raise NotLoggedOnError("credentials without a colon")
    return user_key, password
