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

# of whom how many go on: the steps from an absence to a pathway
STAGE_NL: Mapping[str, str] = {
    "off_1m": "nog ziek na één maand, van wie ziek gemeld werd",
    "off_2m": "nog ziek na twee maanden, van wie dat na één maand was",
    "off_3m": "aan het kantelpunt, van wie na twee maanden nog ziek was",
    "screened": "ingeschat, van wie het kantelpunt bereikt of ziek gemeld werd",
    "suggested": "met een voorstel tot steun, van wie ingeschat werd",
    "referred": "doorverwezen, van wie een voorstel tot steun had",
    "referred_other": "doorverwezen, van wie geen voorstel tot steun had",
    "consented": "stemt toe, van wie doorverwezen werd",
    "started": "vraagt een plaats, van wie toestemde",
    "started_by_month_5": "kan tegen maand 5 starten, van wie ingeschat werd",
}
