"""Whether the letter to the person is plain Dutch, whatever was estimated."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from models.estimate import GainStatus
from models.suggestion import Suggestion
from serving.person_letter import PersonLetter, to_texts
from tests.running_service import make_assessment
from tests.serving.test_person_letter import BLANK, make_gain, make_letter


def list_letters() -> Iterator[PersonLetter]:
    for status in GainStatus:
        for changes in ({}, BLANK):
            a = make_assessment(1, status=status, **changes)
            yield from (make_letter(replace(a, suggestion=one)) for one in Suggestion)
    for gain in (-0.1, -0.04, 0.0, 0.04):
        yield make_letter(make_gain(gain, make_assessment(1, status=GainStatus.ESTIMATED)))


def list_sentences(letter: PersonLetter) -> list[str]:
    texts = to_texts(letter)
    parts = [texts["question"], *chain(*texts["estimate"])]
    parts += [" ".join(pair) for pair in texts["rights"]]
    for name in ("opening", "use", "not_used", "data", "change", "made_by", "about_annex"):
        parts += texts[name]
    parts += texts["about_changeable"]
    return [one for part in parts for one in re.split(r"(?<=[.?!])\s+", part) if one]


def test_every_letter_is_short_sentences_of_which_none_is_long() -> None:
    for letter in list_letters():
        lengths = [len(sentence.split()) for sentence in list_sentences(letter)]

        assert sum(lengths) / len(lengths) < 12
        assert max(lengths) < 25


def test_the_words_are_plain_and_speak_to_the_person() -> None:
    hard = r"(?i)\b(algoritme|score|percentage|p_usual|interval|significant|regressie|instromer)\b"

    for letter in list_letters():
        sentences = list_sentences(letter)

        assert not [one for one in sentences if re.search(hard, one)]
        assert sum(bool(re.search(r"(?i)\b(u|uw)\b", one)) for one in sentences) > 12
        assert not [one for one in sentences if re.search(r"(?i)\b(je|jij|jouw)\b", one)]
