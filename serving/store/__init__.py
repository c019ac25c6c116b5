"""The store: users, cases, assessments and the audit log. The only place that knows SQL."""
