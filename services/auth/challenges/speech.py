"""How does a code sound? Spelled by a speech program over a little noise, for those who cannot see the image."""

import array
import io
import random
import secrets
import shutil
import subprocess
import sys
import wave

from services.auth.challenges.words import AS_IN, NUMBERS, SPELLING
from services.contracts.values import Language
from services.kit.refusals import Unavailable

TIMEOUT_SECONDS = 5
HEADER_BYTES = 44
PROGRAM_RATE = 22_050
LOUDEST = 32_767
NOISE = 900
VOICES = ("m1", "m3", "m7", "f1", "f2", "f4")


class Speech:
    """Runs the program without a shell, with the text on its standard input: a code is never on a command line."""

    def __init__(self, program: str) -> None:
        self._program = program

    @classmethod
    def found(cls, program: str) -> "Speech | None":
        """The program where it is installed, or none: then no recording is offered."""
        path = shutil.which(program)
        return cls(path) if path else None

    def recording(self, code: str, language: Language) -> bytes:
        """A WAV file of the code, a voice and a pace of its own each time; blocks, so it belongs in a thread."""
        voice, pace = f"{language}+{secrets.choice(VOICES)}", str(115 + secrets.randbelow(20))
        command = [self._program, "-v", voice, "-s", pace, "-b", "1", "--stdout"]
        try:
            spoken = subprocess.run(  # noqa: S603 - a fixed program and arguments of our own, no shell
                command,
                input=spelled(code, language).encode(),
                capture_output=True,
                timeout=TIMEOUT_SECONDS,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            raise Unavailable() from None
        return _wav(_noisy(spoken.stdout[HEADER_BYTES:]))


def spelled(code: str, language: Language) -> str:
    """Character by character, each letter with a word that begins with it."""
    return ". ".join(_character(character, language) for character in code) + "."


def _character(character: str, language: Language) -> str:
    if character.isdigit():
        return NUMBERS[language][int(character)]
    return f"{character}, {AS_IN[language]} {SPELLING[language][character]}"


def _noisy(pcm: bytes) -> "array.array[int]":
    """Half the sampling rate, which is enough for speech, and a hiss below the voice."""
    samples = array.array("h", pcm[: len(pcm) // 4 * 4])
    if sys.byteorder == "big":
        samples.byteswap()
    hiss = random.Random()  # noqa: S311 - it hides nothing that must stay hidden
    noise = array.array("h", (hiss.randint(-NOISE, NOISE) for _ in range(4096)))
    mixed = (
        max(-LOUDEST, min(LOUDEST, (one + other) // 2 + noise[at & 4095]))
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
