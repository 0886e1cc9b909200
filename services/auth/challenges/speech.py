"""Reads a code aloud with a speech program and some noise, for people who cannot see the image."""

import array
import io
import random
import secrets
import shutil
import subprocess
import sys
import wave

from services.auth.challenges.vocabulary import AS_IN, NUMBERS, SPELLING
from services.contracts.values import Language
from services.kit.refusals import Unavailable

TIMEOUT_SECONDS = 5
HEADER_BYTES = 44
PROGRAM_RATE = 22_050
MAX_SAMPLE = 32_767
NOISE_AMPLITUDE = 900
VOICES = ("m1", "m3", "m7", "f1", "f2", "f4")


class Speech:
    """Runs the program without a shell and passes the text on standard input, so that no command line holds a code."""

    def __init__(self, program: str) -> None:
        self._program = program

    @classmethod
    def find(cls, program: str) -> "Speech | None":
        """Return the program if it is installed, otherwise `None`; no recording is offered then."""
        path = shutil.which(program)
        return cls(path) if path else None

    def recording(self, code: str, language: Language) -> bytes:
        """Return a WAV file of the code, in a random voice and pace; call it in a thread, because it blocks.

        Raise `Unavailable` when the program fails or exceeds `TIMEOUT_SECONDS`.
        """
        voice, pace = f"{language}+{secrets.choice(VOICES)}", str(115 + secrets.randbelow(20))
        command = [self._program, "-v", voice, "-s", pace, "-b", "1", "--stdout"]
        try:
            spoken = subprocess.run(  # noqa: S603 - a fixed program and arguments of our own, no shell
                command,
                input=spell(code, language).encode(),
                capture_output=True,
                timeout=TIMEOUT_SECONDS,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            raise Unavailable() from None
        return _wav(_noisy(spoken.stdout[HEADER_BYTES:]))


def spell(code: str, language: Language) -> str:
    """Return the text to speak: character by character, each letter with a word that begins with it."""
    return ". ".join(_character(character, language) for character in code) + "."


def _character(character: str, language: Language) -> str:
    if character.isdigit():
        return NUMBERS[language][int(character)]
    return f"{character}, {AS_IN[language]} {SPELLING[language][character]}"


def _noisy(pcm: bytes) -> "array.array[int]":
    """Halve the sampling rate, which is enough for speech, and add quiet noise."""
    samples = array.array("h", pcm[: len(pcm) // 4 * 4])
    if sys.byteorder == "big":
        samples.byteswap()
    hiss = random.Random()  # noqa: S311 - it hides nothing that must stay hidden
    noise = array.array("h", (hiss.randint(-NOISE_AMPLITUDE, NOISE_AMPLITUDE) for _ in range(4096)))
    mixed = (
        max(-MAX_SAMPLE, min(MAX_SAMPLE, (one + other) // 2 + noise[at & 4095]))
        for at, (one, other) in enumerate(zip(samples[::2], samples[1::2], strict=True))
    )
    return array.array("h", mixed)


def _wav(samples: "array.array[int]") -> bytes:
    if sys.byteorder == "big":
        samples.byteswap()
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(PROGRAM_RATE // 2)
        file.writeframes(samples.tobytes())
    return written.getvalue()
