"""The use case of a new account."""

from datetime import datetime

from serving.auth import hash_password
from serving.permissions import MAY, Action, Role, User
from serving.store.audit import AuditEvent
from serving.store.engine import Store
from serving.store.users import USER_KEY_PATTERN, UserRefusedError, save_user

SHORTEST_PASSWORD = 12


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
    _check(key, password, role, sickness_fund, region)
    user = User(key, full_name or key, role, sickness_fund, region, hash_password(password))
    with store.writing() as connection:
        event = AuditEvent(now, "command line", "add_user", sickness_fund, detail={"user": key})
        save_user(connection, user, audit=event)
    return user


def _check(
    key: str, password: str, role: Role, sickness_fund: str | None, region: str | None
) -> None:
    if not USER_KEY_PATTERN.fullmatch(key):
        raise UserRefusedError(
            "name: expected 1 to 63 small letters, digits, dots, underscores or hyphens"
        )
    if len(password) < SHORTEST_PASSWORD:
        raise UserRefusedError(f"password: expected {SHORTEST_PASSWORD} characters or more")
    if role in MAY[Action.LIST_CASES] and not sickness_fund:
        raise UserRefusedError(f"fund: an account with role {role} needs a sickness fund")
    if region and not sickness_fund:
        raise UserRefusedError("region: expected a sickness fund as well")
