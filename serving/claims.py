"""From the claims of a token to a user of ours: role, sickness fund, region and name."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from features.errors import KantelpuntError
from features.pseudonyms import TEXT_PATTERN
from serving.permissions import Role, User, needs_fund
from serving.settings import Settings

OIDC_PREFIX = "oidc:"
LONGEST_NAME = 200


class AccountUnusableError(KantelpuntError):
    """An account of the identity provider that has no place here; names a claim, not its value."""


def build_user(claims: Mapping[str, Any], settings: Settings) -> User:
    """Return the user of checked claims; raises AccountUnusableError."""
    role = _read_role(claims, settings)
    fund = _read_text(claims, settings.oidc_fund_claim)
    region = _read_text(claims, settings.oidc_region_claim)
    if needs_fund(role) and fund is None:
        raise AccountUnusableError(f"{settings.oidc_fund_claim}: role {role} needs a sickness fund")
    if region is not None and fund is None:
        raise AccountUnusableError(f"{settings.oidc_fund_claim}: a region needs a sickness fund")
    key = build_key(settings.oidc_issuer, claims["sub"])
    name = _find_one(claims, settings.oidc_name_claim)
    shown = " ".join(name.split())[:LONGEST_NAME] if isinstance(name, str) else ""
    return User(key, shown if shown.isprintable() and shown else key, role, fund, region)


def build_key(issuer: str, subject: str) -> str:
    """Return the key of a user of an issuer: the same each time, and telling nothing of it.

    A subject can be a mail address or hold any sign; a local name can never look like this.
    """
    digest = hashlib.sha256(f"{issuer}\0{subject}".encode("utf-8", "surrogatepass"))
    return OIDC_PREFIX + digest.hexdigest()[:32]


def _read_role(claims: Mapping[str, Any], settings: Settings) -> Role:
    """Return the one role of ours among the values; others are none of our business."""
    known: Mapping[str, Role] = settings.oidc_roles or {role.value: role for role in Role}
    found = _find_claim(claims, settings.oidc_role_claim)
    values = found if isinstance(found, list) else [found]
    roles = {known[value] for value in values if isinstance(value, str) and value in known}
    if len(roles) != 1:
        raise AccountUnusableError(f"{settings.oidc_role_claim}: expected one role of ours")
    return roles.pop()


def _read_text(claims: Mapping[str, Any], name: str) -> str | None:
    """Return a text, or None where there is none; anything else is no reason to see more."""
    found = _find_one(claims, name)
    if found is None or found == "":
        return None
    if not isinstance(found, str) or not re.fullmatch(TEXT_PATTERN, found):
        raise AccountUnusableError(f"{name}: expected one text of 1 to 64 characters")
    return found


def _find_one(claims: Mapping[str, Any], name: str) -> Any:
    found = _find_claim(claims, name)
    if isinstance(found, list) and len(found) <= 1:
        return found[0] if found else None
    return found


def _find_claim(claims: Mapping[str, Any], name: str) -> Any:
    """Return a claim; its name may hold dots itself, or lead a level down with each dot."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found
