"""Who is there: the one place where passwords, tokens and sessions become a user."""

import time
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from anyio import CapacityLimiter

from serving.claims import OIDC_PREFIX, build_user
from serving.errors import NotLoggedOnError, SessionEndedError
from serving.faults import NotFoundError
from serving.passwords import VerifiedPasswords, is_password
from serving.permissions import User
from serving.rate_limit import ADDRESS_FACTOR, LogOnLimits
from serving.seen_users import SeenUsers
from serving.sessions import FLOW_COOKIE, Seal, Session, Sessions
from serving.settings import Settings
from serving.shared_limit import Limiters
from serving.store.audit import AuditEvent
from serving.store.engine import Store
from serving.store.users import AccountClosedError, find_account, find_user, save_log_on

if TYPE_CHECKING:
    from serving.oidc import CodeFlow
    from serving.tokens import Tokens

# with a provider that takes half a second, 160 people who press at once all get in within the ten
# seconds that a log-on may take
PROVIDER_THREADS = 8
_CHALLENGES = {
    "basic": 'Basic realm="Kantelpunt", charset="UTF-8"',
    "bearer": 'Bearer realm="Kantelpunt"',
}


class Gate:
    """Checks who is there. Remembers verified credentials, so that argon2 is paid once."""

    def __init__(
        self, settings: Settings, store: Store, *, clock: Callable[[], float] = time.time
    ) -> None:
        """Open for the accounts of the settings; raises SettingsError where nobody could enter."""
        settings.check_log_on()
        secret = settings.check_secret()
        self._settings = settings
        self.sessions = Sessions(
            secret, hours=settings.session_hours, idle_minutes=settings.idle_minutes, clock=clock
        )
        self.flow: CodeFlow | None = None
        self._tokens: Tokens | None = None
        # threads of its own: who waits for a slow identity provider keeps nobody else from work
        self.provider_turns = CapacityLimiter(PROVIDER_THREADS)
        if settings.oidc_issuer:
            self._tokens, self.flow = _open_flow(settings, Seal(secret, FLOW_COOKIE, clock), clock)
        self._verified = VerifiedPasswords()
        self._seen = SeenUsers()
        attempts, limiters = settings.log_on_per_minute, Limiters(store, secret)
        self._attempts = LogOnLimits(
            limiters.build("name", attempts),
            limiters.build("address", attempts * ADDRESS_FACTOR),
        )
        self._requests = limiters.build("request", settings.api_per_minute)

    @property
    def takes_passwords(self) -> bool:
        """Tell whether local accounts may enter."""
        return self._settings.local_accounts

    @property
    def takes_bearer(self) -> bool:
        """Tell whether the API takes tokens of the identity provider."""
        return self._tokens is not None and bool(self._settings.oidc_api_audience)

    def list_challenges(self) -> list[str]:
        """Return with what one can enter the API, as HTTP says it."""
        return [_CHALLENGES[scheme] for scheme in self.list_schemes()]

    def list_schemes(self) -> list[str]:
        """Return with what one can enter the API."""
        takes = {"basic": self.takes_passwords, "bearer": self.takes_bearer}
        return [scheme for scheme, taken in takes.items() if taken]

    def check_password(
        self, store: Store, user_key: str, password: str, *, address: str = "", device: str = ""
    ) -> User:
        """Return the user of a name and password; raises NotLoggedOnError or TooManyError."""
        if not self.takes_passwords:
            raise NotLoggedOnError("no local accounts")
        # counted first: attempts at the same moment must not all get through
        self._attempts.take(user_key, address, device)
        user = _find_local(store, user_key)
        if not is_password(password, user.password_hash if user else "") or user is None:
            raise NotLoggedOnError("unknown name or password")
        self._attempts.give_back(user_key, address, device)
        return user

    def finish_flow(
        self, cookie: str | None, answer: Mapping[str, str], address: str
    ) -> tuple[User, str]:
        """Return who comes back from the identity provider, and where to go on to.

        Raises NotFoundError, TooManyError, NotLoggedOnError, AccountUnusableError or
        IssuerGoneError.
        """
        self._attempts.take_address(address)
        user, onward = self.get_flow().finish(cookie, answer)
        self._attempts.give_address_back(address)
        return user, onward

    def get_flow(self) -> "CodeFlow":
        """Return how one logs on with the identity provider; raises NotFoundError without one."""
        if self.flow is None:
            raise NotFoundError("no identity provider")
        return self.flow

    def recall_api(self, header: str | None) -> User | None:
        """Return whom `check_api` found for this header less than a second ago, or None.

        None too where only the store can tell whether there were too many requests; it waits for
        nothing. Raises TooManyError.
        """
        user = self._seen.recall(header or "")
        return user if user is not None and self._requests.take_now(user.key) else None

    def check_api(
        self, store: Store, header: str | None, *, now: datetime, address: str = ""
    ) -> User:
        """Return the user of an Authorization header, as the store knows the account now.

        Raises NotLoggedOnError, TooManyError, AccountUnusableError, AccountClosedError or
        IssuerGoneError.
        """
        user = self._find_api_user(store, header or "", now, address)
        self._requests.take(user.key)
        self._seen.note(header or "", user)
        return user

    def _find_api_user(self, store: Store, header: str, now: datetime, address: str) -> User:
        scheme, _, credentials = header.partition(" ")
        if scheme.lower() == "bearer":
            return self._check_bearer(store, credentials.strip(), now)
        if scheme.lower() == "basic":
            return self._check_basic(store, credentials, address)
        raise NotLoggedOnError("no credentials")

    def _check_basic(self, store: Store, encoded: str, address: str) -> User:
        """Return the user of a name and password that are sent with each request.

        The account is read anew, so one that is closed or changed counts; only the slow comparison
        of the password is remembered.
        """
        if not self.takes_passwords:
            raise NotLoggedOnError("no local accounts")
        user_key, password = _read_basic(encoded)
        user = _find_local(store, user_key)
        if user is not None and self._verified.is_known(user_key, password, user.password_hash):
            return user
        user = self.check_password(store, user_key, password, address=address)
        self._verified.remember(user_key, password, user.password_hash)
        return user

    def _check_bearer(self, store: Store, token: str, now: datetime) -> User:
        """Return the user whom a token tells of, unless that account was closed here.

        The account is kept, so that in which role somebody did something is known later; only
        where a token tells something new, and not with each request.
        """
        if self._tokens is None or not self.takes_bearer:
            raise NotLoggedOnError("no tokens are taken")
        claims = self._tokens.check(token, self._settings.oidc_api_audience)
        user = build_user(claims, self._settings)
        with store.reading() as connection:
            account = find_account(connection, user.key)
        if account is not None and not account.active:
            raise AccountClosedError("this account is closed")
        if account is None or _get_reach(account.user) != _get_reach(user):
            # a token for the API may lack the name that the pages show
            known = account.user.name if account and user.name == user.key else user.name
            note_log_on(store, replace(user, name=known), now, self._settings.oidc_issuer)
        return user

    def open_session(self, user: User) -> str:
        """Return the value of the session cookie for a user who just proved who it is."""
        return self.sessions.open(user)

    def check_session(self, store: Store, cookie: str | None) -> tuple[User, Session]:
        """Return the user and the session of a cookie; raises NotLoggedOnError."""
        session = self.sessions.read(cookie)
        is_local = not session.user_key.startswith(OIDC_PREFIX)
        if is_local and not self.takes_passwords:
            raise SessionEndedError("no local accounts")
        issuer = None if is_local else self._settings.oidc_issuer or ""
        with store.reading() as connection:
            user = find_user(connection, session.user_key, issuer)
        if user is None or user.session_version != session.version:
            raise SessionEndedError("the session was ended")
        return replace(user, password_hash=""), session


def _open_flow(
    settings: Settings, seal: Seal, clock: Callable[[], float]
) -> "tuple[Tokens, CodeFlow]":
    # libraries that are slow to load, and that nobody needs without an identity provider
    from serving.issuer import Issuer
    from serving.oidc import CodeFlow
    from serving.tokens import Tokens

    tokens = Tokens(Issuer(settings.oidc_issuer, wall=clock), clock=clock)
    return tokens, CodeFlow(settings, tokens, seal)


def _get_reach(user: User) -> tuple[str, str | None, str | None]:
    return user.role, user.sickness_fund, user.region


def note_log_on(store: Store, user: User, now: datetime, issuer: str | None) -> User:
    """Note in which role and reach somebody logged on, and return the account as it stands.

    Raises AccountClosedError.
    """
    reach = {"role": user.role.value} | ({"region": user.region} if user.region else {})
    event = AuditEvent(now, user.key, "log_on", user.sickness_fund, detail=reach)
    with store.writing() as connection:
        return save_log_on(connection, user, issuer=issuer, audit=event)


def _find_local(store: Store, user_key: str) -> User | None:
    with store.reading() as connection:
        return find_user(connection, user_key)


def _read_basic(encoded: str) -> tuple[str, str]:
    try:
        user_key, colon, password = b64decode(encoded, validate=True).decode().partition(":")
    except (Base64Error, ValueError):
        raise NotLoggedOnError("credentials that cannot be read") from None
    if not colon:
        raise NotLoggedOnError("credentials without a colon")
    return user_key, password
