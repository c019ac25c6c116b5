"""The tables of planning: totals only, so that who plans never needs a row of a case."""

from sqlalchemy import JSON, Column, Date, Double, Index, Integer, Table, Text

from serving.store.columns import BigKey, Instant, Key, metadata

# how many absences began in a month and how long they lasted, as funds report them
entry_totals = Table(
    "entry_totals",
    metadata,
    Column("month", Date, primary_key=True),
    Column("region", Key, primary_key=True),
    # a star where somebody gave the totals of every fund together
    Column("sickness_fund", Key, primary_key=True),
    Column("entered", Integer, nullable=False),
    # still off after so many months; null as long as that month is not over for all of them
    *(Column(f"off_{months}m", Integer) for months in (1, 2, 3, 6, 12)),
    Column("reported_at", Instant, nullable=False),
    Column("reported_by", Text, nullable=False),
)

# how many pathways a region can have at the same time; the last one made of a day counts
capacities = Table(
    "capacities",
    metadata,
    Column("capacity_id", BigKey, primary_key=True, autoincrement=True),
    Column("region", Key, nullable=False),
    # empty where it is of all kinds of pathways together
    Column("kind", Key),
    Column("valid_from", Date, nullable=False),
    Column("places", Integer, nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Index("capacities_in_order", "region", "valid_from"),
)

# what each run of planning found; `flow` is what a question of what-if starts from
plans = Table(
    "plans",
    metadata,
    Column("plan_id", BigKey, primary_key=True, autoincrement=True),
    Column("made_at", Instant, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("plan", JSON, nullable=False),
    Column("flow", JSON, nullable=False),
    Index("plans_in_order", "made_at"),
)

# questions of what-if that somebody gave a name, with their answer
scenarios = Table(
    "scenarios",
    metadata,
    Column("scenario_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("made_by", Key, nullable=False),
    Column("made_at", Instant, nullable=False),
    # of the plan that it was asked of
    Column("as_of", Date, nullable=False),
    Column("change", JSON, nullable=False),
    Column("result", JSON, nullable=False),
    Index("scenarios_in_order", "made_at"),
)

# the limit on the gain of a region, which follows its capacity: rows are added, never changed
gain_limits = Table(
    "gain_limits",
    metadata,
    Column("limit_id", BigKey, primary_key=True, autoincrement=True),
    Column("region", Key, nullable=False),
    Column("valid_from", Date, nullable=False),
    # empty from the day on which the limits of everybody hold again
    Column("gain_from", Double),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Index("gain_limits_in_order", "region", "valid_from"),
)
