import hmac
import json
import logging
import shutil
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from joserfc import jwt

from tests.running_issuer import (
    AUDIENCE,
    CLIENT,
    RunningIssuer,
    ask,
    build_oidc_settings,
    make_key,
    run_issuer,
)
from tests.running_service import OTHER_FUND, Service, get_sqlite_template, make_service

MARK = "geheim-merk"


def sign_with_shared_secret(issuer: RunningIssuer) -> str:
    """Sign as a forger does who takes the public key for a shared secret."""
    signed = f"{encode({'alg': 'HS256', 'kid': 'first'})}.{encode(jwt_claims(issuer))}"
    mac = hmac.digest(issuer.keys[0].as_pem(private=False), signed.encode(), "sha256")
    return f"{signed}.{urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def jwt_claims(issuer: RunningIssuer) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(issuer.sign(), issuer.keys[0]).claims
    return found


def encode(part: Any) -> str:
    return urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def leave_unsigned(issuer: RunningIssuer, header: dict[str, Any]) -> str:
    return f"{encode(header)}.{encode(jwt_claims(issuer))}."


def now() -> int:
    return int(time.time())


REFUSED: dict[str, Callable[[RunningIssuer], str]] = {
    "expired": lambda i: i.sign(exp=now() - 120),
    "without an end": lambda i: i.sign(exp=None),
    "with an end that is no number": lambda i: i.sign(exp="morgen"),
    "with an end that is not a number": lambda i: i.sign(exp=float("nan")),
    "with an end beyond numbers": lambda i: i.sign(exp=float("inf")),
    "not yet valid": lambda i: i.sign(nbf=now() + 300),
    "issued tomorrow": lambda i: i.sign(iat=now() + 86400),
    "of a foreign issuer": lambda i: i.sign(iss="https://elders.example"),
    "without an issuer": lambda i: i.sign(iss=None),
    "for a foreign audience": lambda i: i.sign(aud="iets-anders"),
    "for the pages": lambda i: i.sign(aud=CLIENT),
    "without an audience": lambda i: i.sign(aud=None),
    "with an audience that is no text": lambda i: i.sign(aud={"a": AUDIENCE}),
    "without a subject": lambda i: i.sign(sub=None),
    "with an empty subject": lambda i: i.sign(sub=""),
    "with a subject that is no text": lambda i: i.sign(sub=["a"]),
    "of a key that nobody knows": lambda i: i.sign(kid="geen"),
    "of a known key id but another key": lambda i: i.sign(key=make_key("other")),
    "without a signature": lambda i: i.sign().rpartition(".")[0] + ".",
    "cut in two": lambda i: i.sign().rpartition(".")[0],
    "of alg none": lambda i: leave_unsigned(i, {"alg": "none"}),
    "of alg None": lambda i: leave_unsigned(i, {"alg": "None", "kid": "first"}),
    "without alg": lambda i: leave_unsigned(i, {"kid": "first"}),
    "with alg that is no text": lambda i: leave_unsigned(i, {"alg": ["RS256"], "kid": "first"}),
    "with a key id that is no text": lambda i: leave_unsigned(i, {"alg": "RS256", "kid": {}}),
    "with its own key": lambda i: leave_unsigned(i, {"alg": "RS256", "jwk": {"kty": "RSA"}}),
    "with a header to be understood": lambda i: leave_unsigned(
        i, {"alg": "RS256", "kid": "first", "crit": ["b64"], "b64": False}
    ),
    "signed with the public key as a secret": sign_with_shared_secret,
    "with a changed claim": lambda i: change_claim(i),
    "of nothing": lambda _: "",
    "of dots": lambda _: "...",
    "of rubbish": lambda _: "a.b.c",
    "of other signs": lambda _: "é.\x80.x",
    "too long": lambda i: i.sign(pad="x" * 20_000),
    "encrypted": lambda _: "a.b.c.d.e",
    "of a text": lambda _: encode({"alg": "RS256", "kid": "first"}) + "." + encode("tekst") + ".x",
}


def change_claim(issuer: RunningIssuer) -> str:
    header, _, signature = issuer.sign().split(".")
    return f"{header}.{encode(jwt_claims(issuer) | {'sickness_fund': OTHER_FUND})}.{signature}"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, RunningIssuer]]:
    """Run one service and one identity provider for all tokens: they leave nothing behind."""
    path = tmp_path_factory.mktemp("tokens") / "store.db"
    shutil.copy(get_sqlite_template(), path)
    with run_issuer() as issuer:
        service = make_service(f"sqlite:///{path}", **build_oidc_settings(issuer))
        yield service, issuer
        service.client.close()
        service.store.close()


def test_a_header_that_anybody_can_write_does_not_make_us_ask_the_issuer(
    start_oidc: Callable[..., Service], issuer: RunningIssuer
) -> None:
    service = start_oidc()
    headers: list[dict[str, Any]] = [
        {"alg": "none"},
        {"alg": "HS256", "kid": "x"},
        {"alg": "RS256", "kid": 7},
        {"alg": "RS256", "kid": ["x"]},
        {"kid": "x"},
    ]

    statuses = {ask(service, leave_unsigned(issuer, h) + "x").status_code for h in headers}

    assert statuses == {401}
    assert issuer.asked == []


@pytest.mark.parametrize("kind", REFUSED)
def test_a_token_that_proves_nothing_opens_nothing(
    kind: str, running: tuple[Service, RunningIssuer]
) -> None:
    service, issuer = running
    token = REFUSED[kind](issuer)

    headers = {b"authorization": b"Bearer " + token.encode("latin-1", "replace")}
    answer = service.client.get("/api/v1/cases", headers=headers)

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert 'Bearer realm="Kantelpunt"' in answer.headers.get_list("www-authenticate")
    assert ask(service, issuer.sign()).status_code == 200


def test_no_token_and_nothing_in_it_is_in_any_answer_or_log(
    start_oidc: Callable[..., Service],
    issuer: RunningIssuer,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    structlog.reset_defaults()
    caplog.set_level(logging.DEBUG)
    service = start_oidc()
    tokens = [
        *(
            issuer.sign(**{claim: MARK})
            for claim in ("iss", "aud", "exp", "nbf", "kantelpunt_role")
        ),
        issuer.sign(kid=MARK),
        issuer.sign(sub=MARK, sickness_fund=[MARK, MARK]),
        issuer.sign(region={MARK: MARK}),
        leave_unsigned(issuer, {"alg": MARK, "kid": MARK}),
        MARK,
    ]

    answers = [ask(service, token) for token in tokens]

    printed = capsys.readouterr()
    logged = [r.getMessage() for r in caplog.records if not r.name.startswith("asyncio")]
    said = "".join([*(a.text for a in answers), printed.out, printed.err, *logged])
    assert {a.status_code for a in answers} == {401, 403}
    assert MARK not in said
    assert not any(part in said for t in tokens for part in t.split(".") if len(part) > 20)
