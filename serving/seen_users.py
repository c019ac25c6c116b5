"""Who sent a request a moment ago: a client with many of them is looked up once a second."""

import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from serving.permissions import User

SECONDS = 1.0  # how late an account that was closed or changed counts
MOST_SEEN = 1000


class SeenUsers:
    """Remembers users for a second, under keys that hold no password and no token."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with none; `clock` gives seconds."""
        self._key = secrets.token_bytes(32)
        self._clock = clock
        self._seen: OrderedDict[bytes, tuple[User, float]] = OrderedDict()
        self._lock = Lock()

    def recall(self, header: str) -> User | None:
        """Return the user who was noted for this header less than a second ago, or None."""
        with self._lock:
            user, until = self._seen.get(self._digest(header), (None, 0.0))
        return user if self._clock() < until else None

    def note(self, header: str, user: User) -> None:
        """Remember whose header this is; the oldest are forgotten."""
        digest = self._digest(header)
        with self._lock:
            self._seen[digest] = (user, self._clock() + SECONDS)
            self._seen.move_to_end(digest)
            while len(self._seen) > MOST_SEEN:
                self._seen.popitem(last=False)

    def _digest(self, header: str) -> bytes:
        return hmac.digest(self._key, header.encode(errors="surrogatepass"), "sha256")
