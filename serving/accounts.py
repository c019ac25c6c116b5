"""The use cases of local accounts: new, closed, another password; each leaves an audit line."""

from datetime import datetime

from serving.passwords import check_password, hash_password
from serving.permissions import Role, User, needs_fund
from serving.store.audit import AuditEvent
from serving.store.engine import Store
from serving.store.users import (
    USER_KEY_PATTERN,
    UserRefusedError,
    change_password,
    close_account,
    save_user,
)

BY = "command line"


def add_account(
    store: Store,
    key: str,
    password: str,
    role: Role,
    *,
    now: datetime,
    sickness_fund: str | None = None,
    region: str | None = None,
    full_name: str | None = None,
) -> User:
    """Keep a new account; raises UserRefusedError with what to change."""
    check_account(key, role, sickness_fund, region)
    check_password(password, key)
    user = User(key, full_name or key, role, sickness_fund, region, hash_password(password))
    with store.writing() as connection:
        event = AuditEvent(now, BY, "add_user", sickness_fund, detail={"user": key})
        save_user(connection, user, audit=event)
    return user


def check_account(key: str, role: Role, sickness_fund: str | None, region: str | None) -> None:
    """Raise UserRefusedError, with what to change, for an account that cannot be."""
    if not USER_KEY_PATTERN.fullmatch(key):
        raise UserRefusedError(
            "name: expected 1 to 63 small letters, digits, dots, underscores or hyphens"
        )
    if needs_fund(role) and not sickness_fund:
        raise UserRefusedError(f"fund: an account with role {role} needs a sickness fund")
    if region and not sickness_fund:
        raise UserRefusedError("region: expected a sickness fund as well")


def end_account(store: Store, key: str, *, now: datetime) -> None:
    """Close an account, local or not; its sessions and tokens are worth nothing from now on."""
    event = AuditEvent(now, BY, "close_user", detail={"user": key})
    with store.writing() as connection:
        close_account(connection, key, audit=event)


def set_password(store: Store, key: str, password: str, *, now: datetime) -> None:
    """Give a local account another password and end its sessions."""
    check_password(password, key)
    event = AuditEvent(now, BY, "change_password", detail={"user": key})
    with store.writing() as connection:
        change_password(connection, key, hash_password(password), audit=event)
