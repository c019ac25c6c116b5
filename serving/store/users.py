"""Accounts of users in the store: local ones, and those that an identity provider vouches for."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from features.errors import KantelpuntError
from serving.permissions import Role, User
from serving.store.audit import AuditEvent, save_audit
from serving.store.tables import users

# a local name holds no colon, so it can never be taken for the key of an identity provider
USER_KEY_PATTERN = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_OIDC_KEY = re.compile(r"oidc:[0-9a-f]{32}")


_FIND = select(users).where(users.c.user_key == bindparam("key"))


class UserRefusedError(KantelpuntError):
    """An account that cannot be made or changed, with what to change."""


class AccountClosedError(KantelpuntError):
    """An account that was closed here, whatever the identity provider says."""


@dataclass(frozen=True)
class Account:
    """A user with what only an administrator sees."""

    user: User
    active: bool
    issuer: str | None
    last_seen_at: datetime | None


def find_account(connection: Connection, user_key: str) -> Account | None:
    """Return the account of this key, open or closed, or None."""
    if not (USER_KEY_PATTERN.fullmatch(user_key) or _OIDC_KEY.fullmatch(user_key)):
        return None
    row = connection.execute(_FIND, {"key": user_key}).mappings().one_or_none()
    return None if row is None else _to_account(row)


def find_user(connection: Connection, user_key: str, issuer: str | None = None) -> User | None:
    """Return the user of an open account, local or of this issuer, or None."""
    account = find_account(connection, user_key)
    if account is None or not account.active or account.issuer != issuer:
        return None
    return account.user


def list_names(connection: Connection, user_keys: Collection[str]) -> Mapping[str, str]:
    """Return the names of users by key; of a key without an account there is none."""
    if not user_keys:
        return {}
    query = select(users.c.user_key, users.c.name).where(users.c.user_key.in_(user_keys))
    return {row.user_key: row.name for row in connection.execute(query)}


def find_people(connection: Connection, keys: Collection[str]) -> dict[str, User]:
    """Return who has an account, open or closed, of these keys."""
    rows = connection.execute(select(users).where(users.c.user_key.in_(keys))).mappings()
    return {row["user_key"]: _to_account(row).user for row in rows}


def list_accounts(connection: Connection) -> Sequence[Account]:
    """Return every account by key."""
    rows = connection.execute(select(users).order_by(users.c.user_key)).mappings()
    return [_to_account(row) for row in rows]


def _to_account(row: RowMapping) -> Account:
    user = User(
        key=row["user_key"],
        name=row["name"],
        role=Role(row["role"]),
        sickness_fund=row["sickness_fund"],
        region=row["region"],
        password_hash=row["password_hash"],
        session_version=row["session_version"],
    )
    return Account(user, row["active"], row["issuer"], row["last_seen_at"])


def save_user(connection: Connection, user: User, *, audit: AuditEvent) -> None:
    """Keep a new account; raises UserRefusedError when the name is taken."""
    try:
        connection.execute(insert(users), _to_row(user))
    except IntegrityError:
        raise UserRefusedError("this name is taken: choose another name") from None
    save_audit(connection, [audit])


def _to_row(user: User) -> dict[str, Any]:
    return {
        "user_key": user.key,
        "name": user.name,
        "role": user.role.value,
        "sickness_fund": user.sickness_fund,
        "region": user.region,
        "password_hash": user.password_hash,
        "active": True,
        "session_version": user.session_version,
    }


def save_log_on(
    connection: Connection, user: User, *, issuer: str | None = None, audit: AuditEvent
) -> User:
    """Note a log-on and return the account as it stands; raises AccountClosedError.

    For whom an issuer vouches, the account follows what it says now, and is made where it is new.
    It has no password, so that nobody can log on to it with one.
    """
    told = {k: v for k, v in _to_row(user).items() if k in _TOLD_BY_ISSUER} if issuer else {}
    if issuer is not None:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        row = _to_row(user) | {"password_hash": "", "issuer": issuer}
        connection.execute(dialect.insert(users).on_conflict_do_nothing(), row)
    connection.execute(
        update(users)
        .where(users.c.user_key == user.key, users.c.active)
        .values(last_seen_at=audit.at, **told)
    )
    found = find_user(connection, user.key, issuer)
    if found is None:
        raise AccountClosedError("this account is closed")
    save_audit(connection, [audit])
    return found


_TOLD_BY_ISSUER = ("name", "role", "sickness_fund", "region")


def end_sessions(connection: Connection, user_key: str, *, audit: AuditEvent) -> None:
    """Make every session of the user worthless, wherever it is open."""
    _change(connection, user_key, {}, audit)


def close_account(connection: Connection, user_key: str, *, audit: AuditEvent) -> None:
    """Close an account and end its sessions; raises UserRefusedError where it is not open."""
    account = find_account(connection, user_key)
    if account is None or not account.active:
        raise UserRefusedError("no open account has this name: see `kantelpunt user list`")
    _change(connection, user_key, {"active": False}, audit)


def change_password(
    connection: Connection, user_key: str, password_hash: str, *, audit: AuditEvent
) -> None:
    """Keep another password and end the sessions; raises UserRefusedError for no local account."""
    if find_user(connection, user_key) is None:
        raise UserRefusedError("no open local account has this name: see `kantelpunt user list`")
    _change(connection, user_key, {"password_hash": password_hash}, audit)


def _change(
    connection: Connection, user_key: str, values: dict[str, Any], audit: AuditEvent
) -> None:
    """Change an account, end its sessions, and note it."""
    connection.execute(
        update(users)
        .where(users.c.user_key == user_key)
        .values(session_version=users.c.session_version + 1, **values)
    )
    save_audit(connection, [audit])
