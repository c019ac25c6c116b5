"""The tables of estimates, users and the audit log; migrations make them."""

from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    false,
    text,
    true,
)

from serving.store.columns import BigKey, Instant, Key, metadata


def build_gain_columns() -> list[Column[Any]]:
    """Return what is kept of the gain of support; no numbers where it is not known."""
    numbers = ("gain", "gain_low", "gain_high", "p_support", "support_low", "support_high")
    status: Column[Any] = Column("gain_status", Text, nullable=False, server_default="unknown")
    hidden: Column[Any] = Column("gain_hidden", Double, nullable=False, server_default="0")
    return [status, *(Column(name, Double) for name in numbers), hidden]


users = Table(
    "users",
    metadata,
    Column("user_key", Key, primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("sickness_fund", Key),
    Column("region", Key),
    Column("password_hash", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    # counts log-offs: a cookie from before the last one is worth nothing
    Column("session_version", Integer, nullable=False),
    # who vouches for the user; nobody does for a local account
    Column("issuer", Text),
    Column("last_seen_at", Instant),
)

# the contract of every assessment, so that it can be explained years later
contracts = Table(
    "contracts",
    metadata,
    Column("fingerprint", Text, primary_key=True),
    Column("text", Text, nullable=False),
)

TRIAGE_ORDER = ("urgency", "gain_order", "absence_started_on", "case_id")
# at the end of the index of the list: what few cases pass is then found without reading the others
FILTERED = ("labour_status", "answered", "screened_on", "reassess_on", "is_blocked")
# for who may not know yet what was estimated
ABSENT_ORDER = ("absence_started_on", "case_id")


# who waits longest for an answer
ASKED_ORDER = ("asked_on", "case_id")


def _where_there(column: str) -> dict[str, Any]:
    there = text(f"{column} is not null")
    return {"sqlite_where": there, "postgresql_where": there}


def _index_some(name: str, first: str, *others: str) -> Index:
    """Return an index of the few cases that have a value in its first column."""
    return Index(name, "sickness_fund", first, *others, **_where_there(first))


# one row per case with its latest assessment in short: all that a row of the triage list shows
cases = Table(
    "cases",
    metadata,
    Column("sickness_fund", Key, primary_key=True),
    Column("case_id", Key, primary_key=True),
    Column("person_key", Text, nullable=False),
    Column("region", Key, nullable=False),
    Column("absence_started_on", Date, nullable=False),
    Column("screened_on", Date, nullable=False),
    Column("assessment_id", Text, nullable=False),
    Column("suggestion", Text, nullable=False),
    Column("urgency", SmallInteger, nullable=False),
    Column("p_usual", Double, nullable=False),
    Column("low", Double, nullable=False),
    Column("high", Double, nullable=False),
    *build_gain_columns(),
    Column("answered", Boolean, nullable=False),
    Column("reasons", JSON, nullable=False),
    # the gain times -1, and 0 where it is not known: who gains most comes first
    Column("gain_order", Double, nullable=False, server_default="0"),
    Column("labour_status", Key),
    Column("state", Key, nullable=False, server_default="open"),
    # counts the changes of state: a form that was made before the last one is refused
    Column("state_version", Integer, nullable=False, server_default="0"),
    Column("is_open", Boolean, nullable=False, server_default=true()),
    Column("assigned_to", Key),
    Column("look_again_on", Date),
    # from when the latest assessment is no longer recent enough
    Column("reassess_on", Date),
    # an objection that nobody handled yet: nothing is estimated meanwhile
    Column("is_blocked", Boolean, nullable=False, server_default=false()),
    # since when the person waits for an answer: the oldest request that nobody handled yet
    Column("asked_on", Date),
    # the list is read per state, so that each of these gives its rows in order
    Index("triage", "sickness_fund", "state", *TRIAGE_ORDER, *FILTERED),
    Index("triage_by_region", "sickness_fund", "region", "state", *TRIAGE_ORDER),
    Index("longest_absent", "sickness_fund", "state", *ABSENT_ORDER),
    _index_some("triage_of_user", "assigned_to", "state", *TRIAGE_ORDER),
    _index_some("to_look_at_again", "look_again_on", "case_id"),
    Index("to_answer", "sickness_fund", "state", *ASKED_ORDER, **_where_there("asked_on")),
)

assessments = Table(
    "assessments",
    metadata,
    Column("assessment_id", Text, primary_key=True),
    Column("sickness_fund", Key, nullable=False),
    Column("case_id", Key, nullable=False),
    Column("screened_on", Date, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("model_version", Text, nullable=False),
    # of the manifest, so of every file of the model; empty in what was made before it was kept
    Column("bundle_digest", Text),
    Column("contract_fingerprint", Text, nullable=False),
    Column("limits", JSON, nullable=False),
    Column("inputs", JSON, nullable=False),
    Column("inputs_digest", Text),
    Column("p_usual", Double, nullable=False),
    Column("low", Double, nullable=False),
    Column("high", Double, nullable=False),
    *build_gain_columns(),
    Column("base", Double, nullable=False),
    Column("bound", Double, nullable=False),
    # percentage points are derived: these are on the 0..1 scale, in the order of the contract
    Column("contributions", JSON, nullable=False),
    Column("gain_base", Double),
    Column("gain_bound", Double),
    Column("gain_contributions", JSON(none_as_null=True)),
    Column("curve", JSON(none_as_null=True)),
    Column("suggestion", Text, nullable=False),
    ForeignKeyConstraint(["contract_fingerprint"], ["contracts.fingerprint"]),
    Index("assessments_of_case", "sickness_fund", "case_id", "screened_on", "made_at"),
    # all that a count of the versions asks, so that it reads no estimate
    Index("assessments_by_model", "sickness_fund", "model_version", "made_at"),
)

# append-only: nothing in this package changes or deletes a line
audit = Table(
    "audit",
    metadata,
    Column("audit_id", BigKey, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("user_key", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("sickness_fund", Key),
    Column("case_id", Key),
    Column("detail", JSON, nullable=False),
    # of this line and the hash of the line before it: no line can change or go unnoticed
    Column("hash", Text, nullable=False),
    Index("audit_of_case", "sickness_fund", "case_id"),
    Index("audit_of_user", "user_key", "audit_id"),
    sqlite_autoincrement=True,
)

# where the chain of the audit log ends: one row, so that lines cut off at the end are missed too
audit_head = Table(
    "audit_head",
    metadata,
    Column("head_id", SmallInteger, primary_key=True, autoincrement=False),
    Column("lines", BigKey, nullable=False),
    Column("hash", Text, nullable=False),
)
