"""The tables of what people do with a case: estimate, decide, refer, and answer the person."""

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
    Table,
    Text,
)

from serving.store.allowances import allowances as allowances
from serving.store.columns import BigKey, Instant, Key
from serving.store.columns import metadata as metadata  # for whoever needs all tables on it
from serving.store.planning_tables import entry_totals as entry_totals
from serving.store.tables import build_gain_columns


def _of_case() -> list[Column[Any]]:
    return [Column("sickness_fund", Key, nullable=False), Column("case_id", Key, nullable=False)]


# what a physician answered before seeing the estimate, once per assessment
own_estimates = Table(
    "own_estimates",
    metadata,
    Column("assessment_id", Text, primary_key=True),
    Column("user_key", Key, primary_key=True),
    *_of_case(),
    Column("made_at", Instant, nullable=False),
    Column("is_possible", Text, nullable=False),
    Column("is_needed", Text, nullable=False),
    Index("own_estimates_of_case", "sickness_fund", "case_id"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("decision_id", Text, primary_key=True),
    *_of_case(),
    Column("assessment_id", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("made_by", Key, nullable=False),
    Column("kind", Text, nullable=False),
    # empty where the decision was made without an estimate
    Column("suggestion", Text),
    Column("deviates", Boolean),
    Column("reason", Text),
    Column("reason_text", Text),
    Column("look_again_on", Date),
    Index("decisions_of_case", "sickness_fund", "case_id", "made_at"),
)

consents = Table(
    "consents",
    metadata,
    Column("consent_id", Text, primary_key=True),
    *_of_case(),
    Column("given_on", Date, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("recorded_by", Key, nullable=False),
    # in which role; whoever recorded it may have another one later
    Column("recorded_role", Text, nullable=False),
    Column("withdrawn_at", Instant),
    Column("withdrawn_by", Key),
    Index("consents_of_case", "sickness_fund", "case_id", "recorded_at"),
)

referrals = Table(
    "referrals",
    metadata,
    Column("referral_id", Text, primary_key=True),
    *_of_case(),
    Column("decision_id", Text, nullable=False),
    Column("consent_id", Text, nullable=False),
    Column("form", JSON, nullable=False),
    Column("sent_at", Instant, nullable=False),
    Column("sent_by", Key, nullable=False),
    Column("accepted_on", Date),
    Column("started_on", Date),
    Column("ended_on", Date),
    # declined by VDAB or withdrawn by the person: why it went no further
    Column("stopped_on", Date),
    Column("stopped_why", Text),
    Column("partner", Text),
    ForeignKeyConstraint(["consent_id"], ["consents.consent_id"]),
    ForeignKeyConstraint(["decision_id"], ["decisions.decision_id"]),
    Index("referrals_of_case", "sickness_fund", "case_id", "sent_at"),
)

# what the person asked: an objection, a correction, or to see everything
requests = Table(
    "requests",
    metadata,
    Column("request_id", Text, primary_key=True),
    *_of_case(),
    Column("kind", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    # when it reached the fund, from which the law counts; always there
    Column("received_on", Date),
    Column("recorded_by", Key, nullable=False),
    Column("text", Text),
    Column("handled_at", Instant),
    Column("handled_by", Key),
    Column("outcome", Text),
    Column("outcome_text", Text),
    Index("requests_of_case", "sickness_fund", "case_id", "made_at"),
)

# what a coordinator reports of calling the person
contacts = Table(
    "contacts",
    metadata,
    Column("contact_id", Text, primary_key=True),
    *_of_case(),
    Column("made_at", Instant, nullable=False),
    Column("made_by", Key, nullable=False),
    Column("result", Text, nullable=False),
    Column("call_again_on", Date),
    Column("note", Text),
    Index("contacts_of_case", "sickness_fund", "case_id", "made_at"),
)

# the tables of an extract, as funds and VDAB report them
pathways = Table(
    "pathways",
    metadata,
    Column("sickness_fund", Key, primary_key=True),
    Column("case_id", Key, primary_key=True),
    Column("referred_on", Date, primary_key=True),
    Column("started_on", Date),
    Column("ended_on", Date),
    Column("kind", Text),
    Column("partner", Text),
)

work_periods = Table(
    "work_periods",
    metadata,
    Column("sickness_fund", Key, primary_key=True),
    Column("case_id", Key, primary_key=True),
    Column("started_on", Date, primary_key=True),
    Column("ended_on", Date),
)

follow_up = Table(
    "follow_up",
    metadata,
    Column("sickness_fund", Key, primary_key=True),
    Column("case_id", Key, primary_key=True),
    Column("observed_until", Date, nullable=False),
    Column("exit", Text),
    Column("exited_on", Date),
)

# for the audit of fairness only: the export reads it, and watching, which keeps totals
fairness_groups = Table(
    "fairness_groups",
    metadata,
    Column("sickness_fund", Key, primary_key=True),
    Column("case_id", Key, primary_key=True),
    Column("groups", JSON, nullable=False),
)

# files that came in, how far they are, and the rows that were set aside, without their values
imports = Table(
    "imports",
    metadata,
    Column("import_id", Text, primary_key=True),
    Column("sickness_fund", Key),
    Column("region", Key),
    Column("fingerprint", Text, nullable=False),
    Column("model_version", Text, nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("began_by", Key, nullable=False),
    Column("ended_at", Instant),
    Column("status", Text, nullable=False),
    Column("rows_total", Integer, nullable=False),
    Column("rows_done", Integer, nullable=False),
    Column("counts", JSON, nullable=False),
    # why it failed, as the key of a text and names of columns
    Column("problem", JSON(none_as_null=True)),
    Index("imports_of_file", "fingerprint", "began_at"),
)

import_rejects = Table(
    "import_rejects",
    metadata,
    Column("reject_id", BigKey, primary_key=True, autoincrement=True),
    Column("import_id", Text, nullable=False),
    Column("table_name", Text, nullable=False),
    Column("row", Integer, nullable=False),
    Column("field", Text, nullable=False),
    Column("reason", Text, nullable=False),
    ForeignKeyConstraint(["import_id"], ["imports.import_id"]),
    Index("rejects_of_import", "import_id", "reject_id"),
)

# what a challenger said beside the champion: nobody's estimate, only there to compare
shadow_scores = Table(
    "shadow_scores",
    metadata,
    Column("assessment_id", Text, primary_key=True),
    Column("bundle_digest", Text, primary_key=True),
    Column("sickness_fund", Key, nullable=False),
    Column("case_id", Key, nullable=False),
    Column("model_version", Text, nullable=False),
    Column("scored_at", Instant, nullable=False),
    # what one case took, of those that were scored together
    Column("seconds", Double, nullable=False),
    Column("p_usual", Double, nullable=False),
    Column("low", Double, nullable=False),
    Column("high", Double, nullable=False),
    *build_gain_columns(),
    Column("suggestion", Text, nullable=False),
    # names of the fields of the strongest reasons: of the challenger, and of the champion
    Column("reasons", JSON, nullable=False),
    Column("champion_reasons", JSON, nullable=False),
    ForeignKeyConstraint(["assessment_id"], ["assessments.assessment_id"]),
    Index("shadow_scores_of_case", "sickness_fund", "case_id"),
    Index("shadow_scores_of_bundle", "bundle_digest", "scored_at"),
)

# what watching found: totals only, one row per run
monitor_reports = Table(
    "monitor_reports",
    metadata,
    Column("report_id", BigKey, primary_key=True, autoincrement=True),
    Column("made_at", Instant, nullable=False),
    # empty where it is about every fund
    Column("sickness_fund", Key),
    Column("model_version", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("alarms", Integer, nullable=False),
    Column("report", JSON, nullable=False),
    Index("monitor_reports_in_order", "sickness_fund", "made_at"),
)
