"""Every page in every state: its name, and how one gets there; page_states_work has cases."""

import re
from collections.abc import Callable, Mapping
from html import unescape
from typing import Any
from unittest.mock import Mock, patch

from serving.following import Following, FollowState, Refused, Why
from serving.rate_limit import TooManyError
from serving.sessions import SESSION_COOKIE
from serving.store.engine import EVERY_FUND, StoreGoneError
from tests.monitor_reports import keep_report
from tests.running_issuer import begin, come_back
from tests.running_service import NOW, PASSWORD, find_token
from tests.serving.shadows import make_comparison
from tests.web.page_cast import Cast
from tests.web.test_intake_page import make_file, send, wait

State = Callable[[Cast], Any]


def open_page(path: str, user: str = "arts", kind: str = "main") -> State:
    """Return how somebody opens a page by its address."""
    return lambda cast: cast.get(path, user, kind)


def log_on(name: str, password: str, token: str = "", fails: Exception | None = None) -> State:
    """Return how somebody sends the form of logging on, in vain."""

    def reach(cast: Cast) -> Any:
        service = cast.enter("")
        found = token or find_token(service.client.get("/login").text)
        form = {"token": found, "naar": "/", "name": name, "password": password}
        if fails is None:
            return service.client.post("/login", data=form)
        with patch.object(service.app.state.service.gate, "check_password", side_effect=fails):
            return service.client.post("/login", data=form)

    return reach


def log_off(cast: Cast, kind: str = "main") -> Any:
    """Log off."""
    client = cast.enter("arts", kind).client
    return client.post("/logout", data={"token": find_token(client.get("/").text)})


def log_off_there_too(cast: Cast) -> Any:
    """Log off where the identity provider was asked before."""
    begin(cast.enter("", "provider"))
    return log_off(cast, "provider")


def come_back_in_vain(cast: Cast) -> Any:
    """Come back from the identity provider with an answer to another question."""
    service = cast.enter("", "provider-only")
    begin(service)
    return come_back(service, {"code": "x", "state": "y"})


def end_session(cast: Cast) -> Any:
    """Go on with a session that is worth nothing any more."""
    client = cast.enter("").client
    client.cookies.set(SESSION_COOKIE, "oud")
    return client.get("/model")


def fail(what: str, error: Exception) -> State:
    """Return how a page is opened while something fails."""

    def reach(cast: Cast) -> Any:
        client = cast.enter("arts").client
        with patch(what, side_effect=error):
            return client.get("/model")

    return reach


def refuse_version(cast: Cast) -> Any:
    """Open the page of the versions when what was released last could not be served."""
    service = cast.enter("dataspecialist")
    refused = Refused("9", Why.CONTRACT, NOW, "9-run", "")
    how = Following(FollowState.REFUSED, NOW, refused)
    with patch.object(service.app.state.service.follower, "now", how):
        return service.client.get("/model/versies")


def try_version(few: bool = False) -> State:
    """Return how the page of the versions is opened while a challenger scores in the shadow."""

    def reach(cast: Cast) -> Any:
        client = cast.enter("dataspecialist").client
        found = make_comparison(few=few)
        with patch("serving.routes.page_model.report_shadow", return_value=found):
            return client.get("/model/versies")

    return reach


def lose_store(cast: Cast) -> Any:
    """Open a page while the store does not answer."""
    service = cast.enter("arts")
    with patch.object(service.store, "reading", side_effect=StoreGoneError("gone")):
        return service.client.get("/model")


def turn_page(cast: Cast) -> Any:
    """Go to the second page of the list."""
    client = cast.enter("arts").client
    [onward] = re.findall(r'rel="next" href="([^"]*)"', client.get("/").text)
    return client.get(unescape(onward))


def send_file(**changes: Any) -> State:
    """Return how a file is sent and its import awaited."""

    def reach(cast: Cast) -> Any:
        service = cast.enter("arts")
        answer = send(service, make_file(cast.make_folder(), 30, **changes))
        wait(service, answer.url.path)
        return service.client.get(answer.url.path)

    return reach


def send_waiting(cast: Cast) -> Any:
    """Send a file that waits for its turn."""
    service = cast.enter("arts")
    uploads = service.app.state.service.uploads
    # what waits for work goes on waiting; only what is sent meanwhile is never begun
    with patch.object(uploads, "_queue", Mock(wraps=uploads._queue, put=Mock())):
        answer = send(service, make_file(cast.make_folder(), 4))
    uploads.give_back_room()
    return answer


def run_import(cast: Cast) -> Any:
    """Show an import that is half done."""
    answer = send_waiting(cast)
    service = cast.find()
    with service.store.writing(EVERY_FUND) as connection:
        query = (
            "update imports set status = 'running', rows_total = 40, rows_done = 17 "
            "where import_id = ?"
        )
        connection.exec_driver_sql(query, (answer.url.path.rpartition("/")[2],))
    return service.client.get(answer.url.path)


def send_refused(content: bytes | None) -> State:
    """Return how a file is sent that is refused at the door."""
    return lambda cast: send(cast.enter("arts"), content)


def fail_import(cast: Cast) -> Any:
    """Show an import that failed on its columns."""
    service = cast.enter("arts")
    path = send(service, b"case_id,person_key\nC-1,P-1\n").url.path
    wait(service, path)
    return service.client.get(path)


def check_log(noted: str = "") -> State:
    """Return how an auditor has the log checked."""

    def reach(cast: Cast) -> Any:
        client = cast.enter("auditor").client
        page = client.get("/logboek/nakijken").text
        form = {"token": find_token(page), "einde": noted}
        return client.post("/logboek/nakijken", data=form)

    return reach


def break_log(cast: Cast) -> Any:
    """Have a log checked of which a line was changed by hand."""
    service = cast.enter("auditor", "same")
    with service.store.writing(EVERY_FUND) as connection:
        connection.exec_driver_sql("drop trigger if exists audit_no_update")
        connection.exec_driver_sql("update audit set user_key = 'iemand' where audit_id = 2")
    page = service.client.get("/logboek/nakijken").text
    return service.client.post("/logboek/nakijken", data={"token": find_token(page)})


def watch_store(kind: str, *, alarmed: bool = False) -> State:
    """Return how a scientist reads what watching found; made up where it is alarmed."""

    def reach(cast: Cast) -> Any:
        service = cast.enter("dataspecialist", kind)
        keep_report(service, alarmed=alarmed)
        return service.client.get("/model/bewaking")

    return reach


STATES: Mapping[str, State] = {
    # before and after a session
    "log-on": open_page("/login", ""),
    "log-on, to go on elsewhere": open_page("/login?naar=/model", ""),
    "log-on, nothing filled in": log_on("", ""),
    "log-on, wrong password": log_on("arts", f"{PASSWORD}x"),
    "log-on, too often": log_on("arts", "x", fails=TooManyError(12)),
    "log-on, form too old": log_on("arts", PASSWORD, "x"),
    "log-on, provider alone": open_page("/login", "", "provider-only"),
    "log-on, provider or password": open_page("/login", "", "provider"),
    "log-on, back from the provider in vain": come_back_in_vain,
    "logged off": log_off,
    "logged off, provider": log_off_there_too,
    "session ended": end_session,
    "session told to have ended": open_page("/login?verlopen=true", ""),
    # states of any page
    "forbidden": open_page("/logboek"),
    "not found": open_page("/bestaat-niet"),
    "not found, nobody logged on": open_page("/bestaat-niet", ""),
    "no such case": open_page("/dossiers/C-9999"),
    "not a page to open": open_page("/dossiers/C-0001/beslissing"),
    "a parameter that cannot be": open_page("/login?afgemeld=misschien", ""),
    "too many requests": fail("serving.routes.page_model.ModelView.of", TooManyError(30)),
    "a fault of ours": fail("serving.routes.page_model.ModelView.of", RuntimeError("x")),
    "the store is gone": lose_store,
    "maintenance": open_page("/", "", "closed"),
    # the list
    "list": open_page("/"),
    "list, second page": turn_page,
    "list, empty": open_page("/", "arts.b"),
    "list, filtered to nothing": open_page("/?zoek=niets&mijn=ja&regio=limburg"),
    "list, by clock": open_page("/?volgorde=termijn&status=open"),
    "list, by absence": open_page("/?volgorde=afwezig"),
    "list, all filters": open_page("/?voorstel=refer&regio=antwerpen&vragenlijst=ja&zoek=C-00"),
    "list, own answers first": open_page("/", "arts", "required"),
    "list, of a coordinator": open_page("/", "coordinator"),
    "list, same gain for all": open_page("/", "arts", "same"),
    "list, unknown gain": open_page("/", "arts", "unknown"),
    "list, a cursor that is none": open_page("/?cursor=x"),
    # files
    "intake": open_page("/invoer", "arts.b"),
    "intake, no file": send_refused(None),
    "intake, a workbook": send_refused(b"PK\x03\x04x"),
    "intake, too large": send_refused(b"a;b\n" * 60_000),
    "import, waiting": send_waiting,
    "import, running": run_import,
    "import, done": send_file(),
    "import, done with rejects": send_file(age_years=477),
    "import, failed": fail_import,
    "intake, with earlier files": open_page("/invoer"),
    # oversight, the model and help
    "log": open_page("/logboek", "auditor"),
    "log, without lines": open_page("/logboek?dossier=geen", "auditor"),
    "log, of a case": open_page("/logboek?dossier=C-0001", "auditor"),
    "log, a day that cannot be": open_page("/logboek?van=gisteren", "auditor"),
    "log, to check": open_page("/logboek/nakijken", "auditor"),
    "log, whole": check_log(),
    "log, a code that cannot be": check_log("geen code"),
    "log, broken": break_log,
    "agreement, without decisions": open_page("/overeenstemming", "auditor", "unknown"),
    "model": open_page("/model"),
    "model, of an auditor": open_page("/model", "auditor"),
    "model, unknown gain": open_page("/model", "dataspecialist", "unknown"),
    "watching, never yet": open_page("/model/bewaking", "auditor", "unknown"),
    "watching": watch_store("main"),
    "watching, with an alarm": watch_store("same", alarmed=True),
    "versions": open_page("/model/versies", "dataspecialist"),
    "versions, one refused": refuse_version,
    "versions, a challenger in the shadow": try_version(),
    "versions, a challenger that met few": try_version(few=True),
    "help, of a physician": open_page("/hulp"),
    "help, of a physician who answers first": open_page("/hulp", "arts", "required"),
    "help, of a coordinator": open_page("/hulp", "coordinator"),
    "help, of a planner": open_page("/hulp", "planner"),
    "help, of a scientist": open_page("/hulp", "dataspecialist"),
    "help, of an auditor": open_page("/hulp", "auditor"),
    "help, of a system": open_page("/hulp", "systeem"),
}
