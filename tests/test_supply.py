"""What the product is made of: free to use, and listed."""

import json
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from scripts import licences, weaknesses
from scripts.licences import Licence, list_pins, list_vendored, read_licences
from scripts.parts import build_parts

ROOT = Path(__file__).resolve().parents[1]


def test_every_package_that_the_product_needs_is_free_to_use() -> None:
    found, others = read_licences(list_pins())

    assert [one.package for one in found if not one.is_free] == []
    assert len(found) > 10 * len(others)


@pytest.mark.parametrize(
    "text",
    [
        *("GPL-3.0-or-later", "AGPL-3.0", "BUSL-1.1", "SSPL-1.0", "CC-BY-NC-4.0", "Proprietary"),
        *(
            "",
            "UNKNOWN",
            "see the site",
            "MIT AND GPL-2.0-only",
            "(MIT OR Apache-2.0) AND SSPL-1.0",
        ),
        *(
            "GNU General Public License v3 (GPLv3)",
            "MIT License; GNU Affero General Public License",
        ),
        "MIT with Commons Clause",
    ],
)
def test_a_licence_that_is_unknown_or_asks_more_than_we_can_give_is_named(text: str) -> None:
    assert not Licence("some-package", "1.0", text).is_free


@pytest.mark.parametrize("text", ["MIT", "GPL-2.0-only OR MIT", "BSD-3-Clause AND Zlib", "OFL-1.1"])
def test_a_licence_that_leaves_us_free_passes(text: str) -> None:
    assert Licence("some-package", "1.0", text).is_free


def test_one_that_is_not_free_makes_the_command_fail_and_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    others: tuple[list[Licence], list[str]] = (
        [Licence("some-package", "1.0", "AGPL-3.0"), Licence("good", "1.0", "MIT")],
        [],
    )
    monkeypatch.setattr(licences, "read_licences", lambda _: others)

    failed = licences.main()

    assert failed
    assert "read the licence of: some-package" in capsys.readouterr().out


def test_files_of_others_without_a_word_on_their_licence_are_named(tmp_path: Path) -> None:
    told = tmp_path / "serving" / "static" / "vendor" / "told"
    for folder in (told, told.with_name("silent"), told.with_name("vague")):
        folder.mkdir(parents=True)
    (told / "VERSION").write_text("@some/styles 1.2.3\nlicence: MIT\nmade by: hand\n")
    (told.with_name("vague") / "VERSION").write_text("styles, the newest\n")

    found = {one.package: one.is_free for _, one in list_vendored(tmp_path)}

    assert found == {"@some/styles": True, "silent": False, "vague": False}


def test_the_list_of_parts_names_every_pin_and_every_file_of_others_with_its_hash() -> None:
    parts = build_parts()

    pinned = [part for part in parts["components"] if "purl" in part and "pypi" in part["purl"]]
    vendored = [part for part in parts["components"] if part not in pinned]
    # a few of each kind: the whole, with all its hashes, takes the validator half a minute
    few = json.dumps(parts | {"components": [*pinned[:3], *vendored]})
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(few) is None
    assert {part["name"] for part in pinned} == set(list_pins())
    assert all(part["externalReferences"][0]["hashes"] for part in pinned)
    licensed = [part for part in parts["components"] if part.get("licenses")]
    assert len(licensed) > 0.9 * len(parts["components"])
    assert {part["name"] for part in vendored} == {
        "@appuniversum/ember-appuniversum",
        "@expo-google-fonts/source-sans-3",
        "swagger-ui-dist",
    }
    served = sorted(ROOT.glob("serving/**/vendor/*/*"))
    listed = [file["name"] for part in vendored for file in part["components"]]
    assert sorted(listed) == sorted(path.relative_to(ROOT).as_posix() for path in served)
    assert all(part["version"] and part["licenses"] and part["purl"] for part in vendored)


def answer(*weak: str) -> dict[str, Any]:
    return {
        "dependencies": [
            {"name": "some-package", "version": "1.0", "vulns": []},
            {
                "name": "other",
                "version": "2.0",
                "vulns": [{"id": one, "fix_versions": ["2.1"]} for one in weak],
            },
        ]
    }


def test_a_known_weakness_is_named_with_the_version_that_mends_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(weaknesses, "ask", lambda _: (answer("CVE-2026-1"), ""))

    code = weaknesses.main()

    assert code == weaknesses.WEAK
    assert "other 2.0: CVE-2026-1, mended in 2.1" in capsys.readouterr().out


def test_where_one_service_is_silent_the_other_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = {"pypi": (None, "no such page"), "osv": (answer(), "")}
    monkeypatch.setattr(weaknesses, "ask", told.__getitem__)

    assert weaknesses.main() == 0
    assert "2 packages, none known to be weak" in capsys.readouterr().out


def test_where_nobody_can_tell_it_fails_and_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(weaknesses, "ask", lambda service: (None, f"{service} does not answer"))

    code = weaknesses.main()

    told = capsys.readouterr()
    assert code == weaknesses.UNKNOWN
    assert told.out == ""
    assert "nothing is known" in told.err
    assert "osv does not answer" in told.err
    assert "run `make supply` again where" in told.err


def test_a_program_that_breaks_off_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weaknesses, "LOCK", ROOT / "none.lock")

    told, fault = weaknesses.ask("osv")

    assert told is None
    assert fault
