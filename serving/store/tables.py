"""The tables of the store, for SQLite and PostgreSQL alike; migrations make them."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    TypeDecorator,
)

metadata = MetaData()

# "C" orders PostgreSQL's texts by byte, as SQLite does: no page may depend on the store
Key = Text().with_variant(Text(collation="C"), "postgresql")
BigKey = BigInteger().with_variant(Integer, "sqlite")


class Instant(TypeDecorator[datetime]):
    """A moment, kept and given back in UTC; SQLite by itself would forget the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002, D102
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002, D102
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _build_gain_columns() -> list[Column[Any]]:
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
)

# the contract of every assessment, so that it can be explained years later
contracts = Table(
    "contracts",
    metadata,
    Column("fingerprint", Text, primary_key=True),
    Column("text", Text, nullable=False),
)

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
    *_build_gain_columns(),
    Column("answered", Boolean, nullable=False),
    Column("reasons", JSON, nullable=False),
    Index("triage", "sickness_fund", "urgency", "absence_started_on", "case_id"),
    Index(
        "triage_by_region", "sickness_fund", "region", "urgency", "absence_started_on", "case_id"
    ),
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
    Column("contract_fingerprint", Text, nullable=False),
    Column("limits", JSON, nullable=False),
    Column("inputs", JSON, nullable=False),
    Column("p_usual", Double, nullable=False),
    Column("low", Double, nullable=False),
    Column("high", Double, nullable=False),
    *_build_gain_columns(),
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
    Index("audit_of_case", "sickness_fund", "case_id"),
    sqlite_autoincrement=True,
)
