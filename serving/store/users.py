"""Accounts of users in the store."""

import re

from sqlalchemy import Connection, RowMapping, insert, select, update
from sqlalchemy.exc import IntegrityError

from features.errors import KantelpuntError
from serving.permissions import Role, User
from serving.store.audit import AuditEvent, save_audit
from serving.store.tables import users

USER_KEY_PATTERN = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


class UserRefusedError(KantelpuntError):
    """An account that cannot be made, with what to change."""


def find_user(connection: Connection, user_key: str) -> User | None:
    """Return the active account of this name, or None."""
    if not USER_KEY_PATTERN.fullmatch(user_key):
        return None
    query = select(users).where(users.c.user_key == user_key, users.c.active)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _to_user(row)


def _to_user(row: RowMapping) -> User:
    return User(
        key=row["user_key"],
        name=row["name"],
        role=Role(row["role"]),
        sickness_fund=row["sickness_fund"],
        region=row["region"],
        password_hash=row["password_hash"],
        session_version=row["session_version"],
    )


def save_user(connection: Connection, user: User, *, audit: AuditEvent) -> None:
    """Keep a new account; raises UserRefusedError when the name is taken."""
    row = {
        "user_key": user.key,
        "name": user.name,
        "role": user.role.value,
        "sickness_fund": user.sickness_fund,
        "region": user.region,
        "password_hash": user.password_hash,
        "active": True,
        "session_version": user.session_version,
    }
    try:
        connection.execute(insert(users), row)
    except IntegrityError:
        raise UserRefusedError("this name is taken: choose another name") from None
    save_audit(connection, [audit])


def end_sessions(connection: Connection, user_key: str, *, audit: AuditEvent) -> None:
    """Make every session of the user worthless, wherever it is open."""
    connection.execute(
        update(users)
        .where(users.c.user_key == user_key)
        .values(session_version=users.c.session_version + 1)
    )
    save_audit(connection, [audit])
