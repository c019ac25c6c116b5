"""Sessions of pages, the tokens of their forms, and the other cookies: signed, and with an end."""

import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, Self

from itsdangerous import BadData, URLSafeSerializer

from serving.errors import FormExpiredError, NotLoggedOnError, SessionEndedError
from serving.permissions import User

SESSION_COOKIE = "kantelpunt_session"
FORM_COOKIE = "kantelpunt_form"
DEVICE_COOKIE = "kantelpunt_device"
FLOW_COOKIE = "kantelpunt_flow"
FLOW_SECONDS = 600
CALLBACK = "/login/oidc/terug"  # where the identity provider brings one back
DEVICE_SECONDS = 90 * 24 * 3600
# what was signed later than now comes from a process whose clock differs a little, or from a clock
# that was wrong: that would last for as long as it was
AHEAD_SECONDS = 300.0
# a cookie is written anew when it is this old: not with every picture of a page
RENEW_SECONDS = 60.0


def name_cookie(name: str, *, secure: bool) -> str:
    """Return the name under which a browser keeps a cookie.

    With `__Host-` it takes the cookie over https from this host only, so that no neighbouring
    site can plant one.
    """
    return f"__Host-{name}" if secure else name


class Seal:
    """Signs what a browser keeps for us, and reads it back while it is not too old."""

    def __init__(self, secret: str, purpose: str, clock: Callable[[], float]) -> None:
        """Sign for one purpose: what was signed for another is worth nothing here."""
        self._signer = URLSafeSerializer(secret, salt=f"kantelpunt-{purpose}")
        self._clock = clock

    def close(self, content: Any) -> str:
        """Return the content with its moment, signed."""
        return str(self._signer.dumps([self._clock(), content]))

    def find(self, sealed: str | None, most_seconds: float) -> Any:
        """Return the content, or None for what is not ours, too old, or of a time to come."""
        try:
            at, content = self._signer.loads(sealed or "")
            age = self._clock() - at
        # what another release signed can have another form
        except (BadData, ValueError, TypeError):
            return None
        return content if -AHEAD_SECONDS <= age <= most_seconds else None


@dataclass(frozen=True)
class Session:
    """What a session cookie holds: whose it is, since when, and the last use that was noted."""

    user_key: str
    version: int
    nonce: str
    since: float
    used: float

    @classmethod
    def find(cls, content: Any) -> Self | None:
        """Return the session of what a cookie holds, or None where it holds something else."""
        is_ours = isinstance(content, list) and len(content) == len(fields(cls))
        return cls(*content) if is_ours else None

    def to_content(self) -> list[str | int | float]:
        """Return what a cookie holds."""
        return [self.user_key, self.version, self.nonce, self.since, self.used]


class Sessions:
    """Opens, renews and reads sessions; ends them when idle or when they lasted long enough."""

    def __init__(
        self,
        secret: str,
        *,
        hours: float,
        idle_minutes: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Sign with a secret; `hours` is the most that a session lasts, whatever its use."""
        self.longest_seconds = int(hours * 3600)
        self.idle_seconds = min(idle_minutes * 60, hours * 3600)
        self._clock = clock
        self._seal = Seal(secret, "session", clock)
        self._forms = Seal(secret, "form", clock)
        self._devices = Seal(secret, "device", clock)

    def open(self, user: User) -> str:
        """Return the cookie of a new session for a user who just proved who it is."""
        now = self._clock()
        nonce = secrets.token_urlsafe(16)
        return self._close(Session(user.key, user.session_version, nonce, now, now))

    def read(self, cookie: str | None) -> Session:
        """Return the session of a cookie; raises NotLoggedOnError, or SessionEndedError."""
        if not cookie:
            raise NotLoggedOnError("no session")
        session = Session.find(self._seal.find(cookie, self.longest_seconds))
        if session is None:
            raise SessionEndedError("no valid session")
        now = self._clock()
        idle, lasted = now - session.used, now - session.since
        if idle > self.idle_seconds or lasted > self.longest_seconds:
            raise SessionEndedError("the session lasted long enough")
        return session

    def renew(self, session: Session) -> str | None:
        """Return a cookie that notes the use of now, or None where the old one will do."""
        now = self._clock()
        if now - session.used < min(RENEW_SECONDS, self.idle_seconds / 4):
            return None
        return self._close(replace(session, used=now))

    def _close(self, session: Session) -> str:
        return self._seal.close(session.to_content())

    def build_token(self, nonce: str) -> str:
        """Return a token for a form on a page of this nonce's owner."""
        return self._forms.close(nonce)

    def check_token(self, nonce: str, token: str) -> None:
        """Raise FormExpiredError unless we gave this token for this nonce, not too long ago."""
        given = self._forms.find(token, self.longest_seconds)
        if given is None:
            raise FormExpiredError("no valid token")
        if not nonce or not hmac.compare_digest(str(given).encode(), nonce.encode()):
            raise FormExpiredError("a token of another session")

    def build_device(self, user_key: str) -> str:
        """Return a cookie that tells that this name logged on from this browser."""
        return self._devices.close([user_key, secrets.token_urlsafe(16)])

    def find_device(self, cookie: str | None, user_key: str) -> str:
        """Return what stands for this browser, if this name logged on from it; else nothing."""
        content = self._devices.find(cookie, DEVICE_SECONDS)
        return str(content[1]) if content and content[0] == user_key else ""
