"""docs/regels.md: clocks, limits and permissions, and the examples that tests/spec checks."""

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

from features.deadlines import ANSWER, DEADLINES, Deadline
from features.wording import to_dutch
from models.suggestion import SUGGESTION_NL, Limits, Suggestion, read_limits
from scripts.markdown import build_table
from serving.permissions import MAY, ROLE_NL, Action
from serving.states import (
    DECISION_NL,
    EVENT_NL,
    OPEN_STATES,
    STATE_NL,
    TRANSITIONS,
    CaseState,
)

INTRO = """# Regels

De regels die Kantelpunt volgt, met hun bron. De voorbeelden onderaan zijn woordelijk de tabellen
waartegen de code getest wordt (`tests/spec`), in het Engels; [de woordenlijst](woordenlijst.md)
vertaalt.

## Termijnen

Geteld vanaf de eerste dag van de afwezigheid, en die voor een antwoord vanaf de dag waarop de vraag
van de persoon het ziekenfonds bereikte. Een termijn geldt voor wat op of na de dag in de laatste
kolom begint. Bron: `features/deadlines.py`.
"""
SUGGESTIONS = f"""## Voorstellen

Een voorstel volgt uit de inschatting en de grenzen die gelden op de dag van de inschatting; het is
nooit een beslissing. Loopt de marge van de inschatting over een grens heen, dan is het voorstel
altijd "{SUGGESTION_NL[Suggestion.UNSURE]}". Of stappen naar werk mogelijk zijn, volgt uit de kans
met steun, of die zonder waar de meerwaarde niet bekend is. Of steun nodig is, volgt uit de
meerwaarde van steun; waar die voor iedereen gelijk of niet bekend is ("anders"), uit de kans zonder
steun. De grens op de meerwaarde volgt uit de capaciteit: `kantelpunt limits` zoekt ze. Een regio
kan haar eigen grens hebben, die haar vrije plaatsen volgt ([planning.md](planning.md)). Daar telt
enkel de marge voor toeval: wat nergens genoteerd staat, schuift ieders meerwaarde even ver op en
verandert de volgorde niet. Bron: `models/limits.toml`.
"""
PERMISSIONS = """## Rechten

Wie hier niet genoemd is, mag het niet. Wie dossiers ziet, ziet alleen die van het eigen
ziekenfonds, en van de eigen regio waar die is ingesteld. Bron: `serving/permissions.py`.
"""
ACTIONS_NL = {
    Action.ASSESS: "een dossier laten inschatten",
    Action.UPLOAD_CASES: "een bestand met dossiers laten inlezen",
    Action.REPORT_OUTCOMES: "trajecten, werkperiodes en uitstroom melden",
    Action.LIST_CASES: "de lijst van dossiers zien",
    Action.EXPORT_LIST: "de lijst als CSV ophalen",
    Action.VIEW_CASE: "een dossier openen",
    Action.VIEW_CONTRIBUTIONS: "zien hoeveel elk gegeven weegt",
    Action.TAKE_CASE: "een dossier op zich nemen",
    Action.ESTIMATE_FIRST: "zelf eerst inschatten",
    Action.DECIDE: "beslissen",
    Action.RECORD_CONSENT: "toestemming noteren of intrekken",
    Action.RECORD_CONTACT: "noteren wat een contact met de persoon opleverde",
    Action.REFER: "doorverwijzen en het traject opvolgen",
    Action.RECORD_REQUEST: "noteren wat de persoon vraagt: bezwaar, verbetering, inzage",
    Action.HANDLE_REQUEST: "die vraag beantwoorden",
    Action.SEND_LETTER: "de brief voor de persoon maken",
    Action.VIEW_AUDIT: "het logboek en de cijfers over overeenstemming zien",
    Action.VIEW_MODEL: "de modelkaart lezen",
    Action.VIEW_SHADOW: "zien wat een versie op proef anders zou zeggen, in totalen",
    Action.VIEW_MONITOR: "zien wat de bewaking van het model vond",
    Action.VIEW_PLANNING: "zien welke instroom, capaciteit en doelen verwacht worden, in totalen",
    Action.PLAN: "capaciteit, scenario's en de grens op de meerwaarde van een regio vastleggen",
    Action.REPORT_ENTRIES: "melden hoeveel afwezigheden per maand en regio begonnen",
    Action.LOG_OFF: "zich afmelden",
}
STATES = """## Standen van een dossier

Wat er met een dossier kan gebeuren, en waar dat naartoe leidt; wat hier niet staat, kan niet. Een
dossier staat in de lijst zolang iemand van het ziekenfonds er iets mee te doen heeft. Bron:
`serving/states.py`.
"""
EVENTS_NL: dict[str, str] = {
    **{str(kind): text for kind, text in DECISION_NL.items()},
    **{str(event): text for event, text in EVENT_NL.items()},
}
EXAMPLES = """## Voorbeelden die getest worden
"""


def build_rule_page(root: Path) -> str:
    """Return docs/regels.md from the code and the spec tables under `root`."""
    specs = [_build_spec(path) for path in sorted((root / "tests" / "spec").glob("test_*.py"))]
    rules = [INTRO, _build_deadlines(), _build_suggestions(), PERMISSIONS, _build_permissions()]
    rules += [STATES, _build_states()]
    return "\n".join([*rules, EXAMPLES, *filter(None, specs)])


def _build_deadlines() -> str:
    found = (*DEADLINES, ANSWER)
    rows = [[d.label_nl, _period_nl(d), d.source, d.valid_from.isoformat()] for d in found]
    return build_table(["termijn", "na", "bron", "geldt vanaf"], rows)


def _period_nl(deadline: Deadline) -> str:
    months = f"{deadline.months} maand{'en' if deadline.months > 1 else ''}"
    weeks = f"{deadline.weeks} we{'ken' if deadline.weeks > 1 else 'ek'}"
    return " en ".join([months] * bool(deadline.months) + [weeks] * bool(deadline.weeks))


def _build_suggestions() -> str:
    heads = [
        "geldt vanaf",
        *(SUGGESTION_NL[kind] for kind in _IN_ORDER),
        "vastgelegd door",
        "reden",
    ]
    return SUGGESTIONS + "\n" + build_table(heads, [_limits_nl(one) for one in read_limits()])


_IN_ORDER = (Suggestion.NOT_YET, Suggestion.REFER, Suggestion.OWN_WAY)


def _limits_nl(limits: Limits) -> list[str]:
    possible, gain, usual = (
        f"{to_dutch(100 * one)} op 100"
        for one in (limits.not_yet_below, limits.gain_from, limits.own_way_from)
    )
    parts = [
        f"kans onder {possible}",
        f"meerwaarde vanaf {gain}; anders kans onder {usual}",
        f"meerwaarde onder {gain}; anders kans vanaf {usual}",
    ]
    return [limits.valid_from.isoformat(), *parts, limits.author, limits.reason]


def _build_permissions() -> str:
    rows = [
        [ACTIONS_NL[action], ", ".join(ROLE_NL[role] for role in ROLE_NL if role in MAY[action])]
        for action in Action
    ]
    return build_table(["wat", "wie"], rows)


def _build_states() -> str:
    """Return a row per state and what it leads to; events that change nothing are left out."""
    rows = []
    for state in CaseState:
        leads = [
            f"{EVENTS_NL[event]} → {STATE_NL[to]}"
            for (at, event), to in TRANSITIONS.items()
            if at is state and to is not state
        ]
        rows.append([STATE_NL[state], "ja" if state in OPEN_STATES else "", "; ".join(leads)])
    return build_table(["stand", "in de lijst", "wat er kan gebeuren"], rows)


def _build_spec(path: Path) -> str:
    """Return the tables of one spec file, under its own first line; empty where it has none."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    tables = list(_read_tables(tree, _read_comments(text)))
    title = (ast.get_docstring(tree) or path.stem).splitlines()[0].rstrip(".")
    return (
        "\n".join([f"### {title}", "", f"`tests/spec/{path.name}`", "", *tables]) if tables else ""
    )


def _read_tables(tree: ast.Module, comments: dict[int, str]) -> Iterator[str]:
    for node in tree.body:
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)):
            continue
        table = node.value.value
        if isinstance(table, str) and "|" in table:
            heads, *rows = [
                [c.strip() for c in line.split("|")] for line in table.strip().splitlines()
            ]
            caption = comments.get(node.lineno - 1)
            yield (f"{caption}:\n\n" if caption else "") + build_table(heads, rows)


def _read_comments(text: str) -> dict[int, str]:
    """Return the comments of a file by the line that they stand on."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    found = {t.start[0]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT}
    return {line: comment[:1].upper() + comment[1:] for line, comment in found.items()}
