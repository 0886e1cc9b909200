"""A code in an image: six characters that neither look nor sound alike."""

import asyncio
import secrets
from io import BytesIO
from typing import Any

from captcha.image import ImageCaptcha

from services.auth.challenges.answers import matches, normalise_answer
from services.auth.domain import Challenge
from services.contracts.values import Language

ALPHABET = "ACEFHJKMNPRTUVWXY3479"
LENGTH = 6
WIDTH, HEIGHT = 560, 180
"""Pixels; twice the displayed size, so that the image stays sharp on dense screens and when it is enlarged."""
LETTER_SIZES = (84, 100, 112)
DOT = 6
COLOURS = 32
DARKEST, LIGHTEST = 40, 100
"""Bounds of each colour channel of the text, for a contrast of at least 4.5 to 1 with the background."""
OPAQUE = 6


class Painter(ImageCaptcha):
    """The library's generator, with noise dots in proportion to the letters, and letters of full opacity."""

    lookup_table = [min(255, light * OPAQUE) for light in range(256)]  # noqa: RUF012 - as the library declares it

    @staticmethod
    def create_noise_dots(image: Any, color: Any, width: int = DOT, number: int = 30) -> Any:
        return ImageCaptcha.create_noise_dots(image, color, width, number)


class ImageProvider:
    """Draws codes with the library's own font; the image is stored, so that it is the same each time it is fetched."""

    def __init__(self) -> None:
        self._painter = Painter(width=WIDTH, height=HEIGHT, font_sizes=LETTER_SIZES)

    async def draw(self, language: Language) -> Challenge:
        """Return a random code with its image in PNG."""
        code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        image = await asyncio.to_thread(self._paint, code)
        return Challenge(kind="image", language=language, answers=(normalise_answer(code),), code=code, image=image)

    async def accepts(self, challenge: Challenge, answer: str) -> bool:
        """Return whether the answer is the code, in either case and with any spaces."""
        return matches(answer, challenge.answers)

    def _paint(self, code: str) -> bytes:
        red, green, blue = (secrets.choice(range(DARKEST, LIGHTEST)) for _ in range(3))
        out = BytesIO()
        self._painter.generate_image(code, fg_color=(red, green, blue)).quantize(COLOURS).save(
            out, "png", optimize=True
        )
        return out.getvalue()
