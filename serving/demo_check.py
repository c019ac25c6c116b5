"""Calls every page and endpoint of a running service once, as someone who may."""

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

from fastapi import FastAPI
from rich.console import Console
from rich.table import Table

from serving.wording import interval_nl, op_100

TIMEOUT = 30
PAGES = ("/", "/?voorstel=refer&vragenlijst=ja", "/model", "/model/versies", "/hulp", "/invoer")
OVERSIGHT = ("/logboek", "/logboek/nakijken", "/overeenstemming", "/model/bewaking")
PLANNING = (
    *("/planning", "/planning?meting=entries", "/planning/capaciteit", "/planning/doelen"),
    *("/planning/scenarios?toestemming=90", "/planning/terugblik"),
)
PLANNED = ("forecast", "capacity", "targets", "limits", "scenarios")


@dataclass
class Report:
    """What was called, what failed, and the top of the triage list."""

    called: int = 0
    failed: list[str] = field(default_factory=list)
    top: list[dict[str, Any]] = field(default_factory=list)

    def note(self, method: str, path: str, status: int, expected: int) -> None:
        """Note one call; `path` must not hold the number of a case."""
        self.called += 1
        if status != expected:
            self.failed.append(f"{method} {path} gave {status} instead of {expected}")

    def show(self) -> None:
        """Print the top of the triage list."""
        table = Table("rang", "dossier", "dag", "termijn", "op 100", "voorstel", "sterkste reden")
        for row in self.top:
            left = row["next_clock_days_left"]
            table.add_row(
                str(row["rank"]),
                row["case_id"],
                str(row["absent_day"]),
                "-" if left is None else f"{left} d",
                _tell_chances(row),
                row["suggestion_nl"],
                row["reasons"][0]["text_nl"] if row["reasons"] else "",
            )
        Console(width=140).print(table)


def _tell_chances(row: Mapping[str, Any]) -> str:
    usual = f"{op_100(row['p_usual'])} ({interval_nl(row['low'], row['high'])})"
    if row["p_support"] is None:
        return usual
    support = interval_nl(row["support_low"], row["support_high"])
    return f"{usual} → {op_100(row['p_support'])} ({support})"


def walk(address: str, app: FastAPI, passwords: Mapping[str, str]) -> Report:
    """Call everything once at an address; `passwords` holds those of the accounts of the demo."""
    report = Report()
    _walk_api(address, app, _basic("arts.a", passwords["arts.a"]), report)
    overseer = _basic("auditor", passwords["auditor"])
    _call(build_opener(), "GET", address, "/api/v1/agreement", report, headers=overseer)
    case_id = report.top[0]["case_id"] if report.top else "geen"
    opener = build_opener(HTTPCookieProcessor(CookieJar()))
    _log_on(address, opener, "arts.a", passwords["arts.a"], report)
    for path in PAGES:
        _call(opener, "GET", address, path, report)
    _call(opener, "GET", address, f"/dossiers/{case_id}", report, shown="/dossiers/{case_id}")
    _call(opener, "GET", address, "/bestaat-niet", report, expected=404)
    _log_off(address, opener, report)
    for user, pages in (("auditor", OVERSIGHT), ("planner", PLANNING)):
        _log_on(address, opener, user, passwords[user], report)
        for path in pages:
            _call(opener, "GET", address, path, report)
        _log_off(address, opener, report)
    planner = _basic("planner", passwords["planner"])
    for path in PLANNED:
        _call(build_opener(), "GET", address, f"/api/v1/{path}", report, headers=planner)
    return report


def _walk_api(address: str, app: FastAPI, headers: dict[str, str], report: Report) -> None:
    opener = build_opener()
    for path in ("/healthz", "/readyz", "/metrics", "/docs", "/openapi.json"):
        _call(opener, "GET", address, path, report)
    case = app.openapi()["components"]["schemas"]["Case"]["examples"][0]
    single, batch = "/api/v1/assessments?save=false", "/api/v1/assessments/batch?save=false"
    _call(opener, "POST", address, single, report, headers=headers, json_body=case)
    two = [case, {"case_id": "onvolledig"}]
    _call(opener, "POST", address, batch, report, headers=headers, json_body=two)
    _call(opener, "GET", address, "/api/v1/model", report, headers=headers)
    listed = _call(opener, "GET", address, "/api/v1/cases?limit=10", report, headers=headers)
    report.top = json.loads(listed)["cases"] if listed else []
    for path in ("/api/v1/cases.csv?region=antwerpen", "/api/v1/cases?due=reassess&mine=true"):
        _call(opener, "GET", address, path, report, headers=headers)
    for row in report.top[:1]:
        path, shown = f"/api/v1/cases/{row['case_id']}", "/api/v1/cases/{case_id}"
        _call(opener, "GET", address, path, report, headers=headers, shown=shown)
    if not report.top:
        report.failed.append("GET /api/v1/cases gave no case")
    _call(opener, "GET", address, "/api/v1/cases", report, expected=401)


def _log_on(address: str, opener: OpenerDirector, name: str, password: str, report: Report) -> None:
    page = _call(opener, "GET", address, "/login", report)
    form = {"token": _find_token(page), "naar": "/", "name": name, "password": password}
    _call(opener, "POST", address, "/login", report, form=form)


def _log_off(address: str, opener: OpenerDirector, report: Report) -> None:
    page = _call(opener, "GET", address, "/", report)
    _call(opener, "POST", address, "/logout", report, form={"token": _find_token(page)})


def _find_token(page: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page)
    return found.group(1) if found else ""


def _basic(name: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{name}:{password}".encode()).decode()}


def _call(
    opener: OpenerDirector,
    method: str,
    address: str,
    path: str,
    report: Report,
    *,
    expected: int = 200,
    headers: Mapping[str, str] | None = None,
    json_body: Any = None,
    form: Mapping[str, str] | None = None,
    shown: str | None = None,
) -> str:
    """Call one address and return the text of the answer; redirects are followed."""
    data, sent = None, dict(headers or {})
    if json_body is not None:
        data, sent["Content-Type"] = json.dumps(json_body).encode(), "application/json"
    if form is not None:
        data = urlencode(form).encode()
    request = Request(address + path, data=data, headers=sent, method=method)  # noqa: S310
    try:
        with opener.open(request, timeout=TIMEOUT) as answer:
            status, text = int(answer.status), str(answer.read(), "utf-8")
    except HTTPError as error:
        status, text = error.code, error.read().decode()
    except OSError:
        status, text = 0, ""
    report.note(method, shown or path.partition("?")[0], status, expected)
    return text
