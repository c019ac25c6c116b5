"""What a plan had to do without, and what stands in for it: for the command and for planners."""

# key: what the command prints, and what planners read; {value} is a number or a fund
_TEXTS = {
    "no_entries": (
        "no entry totals are kept: the screenings of this store stand in, and nobody is known "
        "before being screened (`kantelpunt plan --entries FILE`)",
        "Er zijn geen totalen van ziekmeldingen. De inschattingen van deze dienst komen in de "
        "plaats: wie nog niet ingeschat is, is niet bekend.",
    ),
    "entries_old": (
        "entry totals end {value} months ago: the screenings of this store stand in until newer "
        "ones are brought",
        "De totalen van ziekmeldingen stoppen {value} maanden terug. De inschattingen van deze "
        "dienst komen in de plaats tot er nieuwe zijn.",
    ),
    "entries_late": (
        "entry totals of the last {value} months lack somewhere: what was expected stands in",
        "Ergens ontbreken nog totalen van ziekmeldingen van de laatste {value} maanden. Wat toen "
        "verwacht werd, komt in de plaats.",
    ),
    "fund_silent": (
        "sickness fund {value} stopped reporting entries: later months count for nobody",
        "Ziekenfonds {value} meldt geen totalen meer. Latere maanden tellen daardoor nog niet mee.",
    ),
    "region_silent": (
        "entry totals of region {value} stopped more than three months ago: the plan leaves it out",
        "Voor de regio {value} zijn er al meer dan drie maanden geen totalen van ziekmeldingen. "
        "Ze staat daarom niet in de planning.",
    ),
    "region_unknown": (
        "no entry totals are called {value}, as cases are: the plan leaves these cases out",
        "Voor de regio {value} zijn er dossiers, maar geen totalen van ziekmeldingen met die naam. "
        "De dossiers tellen daarom niet mee.",
    ),
    "no_capacity": (
        "no capacity is set (PUT /api/v1/capacity): nothing tells when places run out",
        "Er is nog geen capaciteit ingevuld. Daardoor is niet te zeggen wanneer het te krap wordt.",
    ),
}


def miss(kind: str, value: str | int = "") -> dict[str, str]:
    """Return what lacks as a plan keeps it: its key, and a sentence in English and in Dutch."""
    text, text_nl = (one.format(value=value) for one in _TEXTS[kind])
    return {"kind": kind, "text": text, "text_nl": text_nl}
