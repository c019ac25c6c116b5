"""The Dutch words of the planner's pages: what is counted, and what a note on the data means."""

from collections.abc import Mapping

# what a planner can look at, in the order in which it happens
MEASURE_NL: Mapping[str, str] = {
    "started": "gestarte trajecten",
    "referred": "doorverwezen naar VDAB",
    "reached": "bereikt het kantelpunt",
    "entries": "nieuwe ziekteperiodes",
}
MEASURE_HELP_NL: Mapping[str, str] = {
    "started": "Mensen die in die maand aan hun traject kunnen beginnen, als er plaats is.",
    "referred": "Mensen die een arts in die maand doorverwijst naar VDAB.",
    "reached": "Mensen die in die maand drie maanden ziek zijn: hun dossier wordt dan bekeken.",
    "entries": "Mensen die in die maand ziek worden. De meesten hervatten voor de derde maand.",
}
TABS = (
    ("/planning", "Instroom"),
    ("/planning/capaciteit", "Capaciteit"),
    ("/planning/doelen", "Doelen"),
    ("/planning/scenarios", "Wat als"),
    ("/planning/terugblik", "Terugblik"),
)
KNOWN_MEASURE = "started"
