"""Challenges: legible, audible, tolerant of how an answer is typed, and without look-alike characters."""

import io
import wave
from pathlib import Path

import pytest
from PIL import Image

from services.auth.challenges.answers import matches, normalise_answer
from services.auth.challenges.image import ALPHABET, LENGTH, ImageProvider
from services.auth.challenges.question import FORMS, QuestionProvider
from services.auth.challenges.registry import PROVIDERS, create_providers
from services.auth.challenges.speech import Speech, spell
from services.auth.challenges.vocabulary import NUMBERS, ORDINALS, SPELLING, THINGS
from services.contracts.values import Language
from services.kit.refusals import Unavailable

LANGUAGES: tuple[Language, ...] = ("fr", "en")


def test_the_alphabet_has_no_look_alike_characters() -> None:
    assert not set(ALPHABET) & set("0O1IL5S8B2Z6GDQ")
    assert len(set(ALPHABET)) == len(ALPHABET)


async def test_a_code_has_six_characters_and_a_png() -> None:
    challenge = await ImageProvider().draw("fr")
    assert challenge.code is not None
    assert challenge.image is not None
    assert len(challenge.code) == LENGTH
    assert set(challenge.code) <= set(ALPHABET)
    assert challenge.image.startswith(b"\x89PNG")


async def test_an_image_has_enough_contrast_and_twice_the_displayed_size() -> None:
    for _ in range(20):
        challenge = await ImageProvider().draw("fr")
        with Image.open(io.BytesIO(challenge.image or b"")) as image:
            assert image.size == (560, 180)
            colours = image.convert("RGB").getcolors(2**15) or []
        lights = sorted(_light(colour) for _, colour in colours if isinstance(colour, tuple))
        assert (lights[-1] + 0.05) / (lights[0] + 0.05) >= 4.5
        assert len(challenge.image or b"") < 16_000


def _light(colour: tuple[int, ...]) -> float:
    """Relative luminance, as WCAG defines it."""
    parts = [part / 255 for part in colour]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


async def test_a_code_may_be_typed_in_any_case_and_with_any_spaces() -> None:
    provider = ImageProvider()
    challenge = await provider.draw("en")
    code = challenge.code or ""
    for typed in (code, code.lower(), f"  {' '.join(code)}\n", f"{code[:3]}-{code[3:]}"):
        assert await provider.accepts(challenge, typed)
    for typed in ("", " ", code[:-1], code + "A", code[::-1] + "?"):
        assert not await provider.accepts(challenge, typed)


async def test_codes_differ() -> None:
    provider = ImageProvider()
    assert len({(await provider.draw("fr")).code for _ in range(20)}) == 20


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__.strip("_"))
def test_every_form_of_question_has_its_answer(form: object, language: Language) -> None:
    for _ in range(50):
        question, answers = form(language)  # type: ignore[operator]
        assert question.endswith("?")
        assert all(normalise_answer(answer) for answer in answers)
        assert all(matches(answer.upper(), tuple(map(normalise_answer, answers))) for answer in answers)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_question_has_no_image_and_no_code(language: Language) -> None:
    challenge = await QuestionProvider().draw(language)
    assert challenge.question
    assert (challenge.image, challenge.code) == (None, None)


def test_numbers_may_be_answered_in_digits_or_in_words() -> None:
    for typed in ("17", " dix-sept ", "Dix sept", "DIX‑SEPT"):
        assert matches(typed, ("17", "dixsept"))
    assert not matches("", ("17", "dixsept"))
    assert not matches("7", ("17", "dixsept"))


def test_accents_do_not_count() -> None:
    assert normalise_answer("Éléphant !") == normalise_answer("elephant")
    assert normalise_answer("x" * 10_000) == "x" * 100


def test_the_vocabulary_is_complete_in_both_languages() -> None:
    for language in LANGUAGES:
        assert len(NUMBERS[language]) == 21
        assert len(set(THINGS[language])) == len(THINGS[language]) >= 20
        assert len(ORDINALS[language]) == 4
        letters = {character for character in ALPHABET if character.isalpha()}
        assert set(SPELLING[language]) == letters
        assert all(word.upper().startswith(letter) for letter, word in SPELLING[language].items())


def test_a_code_is_spelled_out() -> None:
    assert spell("A7K", "fr") == "A, comme Anatole. sept. K, comme Kléber."
    assert spell("A7K", "en") == "A, as in Alpha. seven. K, as in Kilo."


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_recording_is_a_wav_of_some_seconds_and_never_twice_the_same(language: Language) -> None:
    speech = Speech.find("espeak-ng")
    assert speech is not None
    recording = speech.recording("AKM374", language)
    with wave.open(io.BytesIO(recording)) as file:
        seconds = file.getnframes() / file.getframerate()
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
    assert 3 < seconds < 30
    assert recording != speech.recording("AKM374", language)


def test_without_the_program_no_recording_is_offered() -> None:
    assert Speech.find("no-such-program") is None


def test_a_program_that_fails_or_hangs_is_an_outage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.auth.challenges.speech.TIMEOUT_SECONDS", 0.2)
    for number, body in enumerate(("exit 3", "exec sleep 30")):
        program = tmp_path / f"program-{number}"
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o700)
        with pytest.raises(Unavailable):
            Speech(str(program)).recording("AKM374", "fr")


def test_the_code_is_never_on_a_command_line(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\ncat > {tmp_path}/input\nhead -c 1044 /dev/zero\n')
    program.chmod(0o700)
    Speech(str(program)).recording("AKM374", "fr")
    assert "Anatole" in (tmp_path / "input").read_text()
    assert "Anatole" not in (tmp_path / "arguments").read_text()


def test_an_operator_chooses_the_kinds_of_challenges() -> None:
    assert list(create_providers(["question"])) == ["question"]
    assert set(create_providers(list(PROVIDERS))) == {"image", "question"}
    with pytest.raises(ValueError):
        create_providers(["image", "riddle"])
