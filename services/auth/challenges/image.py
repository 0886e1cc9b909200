"""A code in an image: six characters that cannot be taken for one another, by the eye or by the ear."""

import asyncio
import secrets
from io import BytesIO
from typing import Any

from captcha.image import ImageCaptcha

from services.auth.challenges.answers import among, plain
from services.auth.domain import Challenge
from services.contracts.values import Language

ALPHABET = "ACEFHJKMNPRTUVWXY3479"
LENGTH = 6
WIDTH, HEIGHT = 560, 180
"""Twice as fine as it is shown, so that it is sharp where screens are, and when it is enlarged."""
LETTER_SIZES = (84, 100, 112)
DOT = 6
COLOURS = 32
DARKEST, LIGHTEST = 40, 100
"""Of the ink, so that it stands out from its ground whatever is drawn."""
OPAQUE = 6


class Painter(ImageCaptcha):
    """The library's, with dots as large as its letters are here, and letters that are as dark as their ink."""

    lookup_table = [min(255, light * OPAQUE) for light in range(256)]  # noqa: RUF012 - as the library declares it

    @staticmethod
    def create_noise_dots(image: Any, color: Any, width: int = DOT, number: int = 30) -> Any:
        return ImageCaptcha.create_noise_dots(image, color, width, number)


class ImageCode:
    """Draws with the library's own font; the image is made once, so that looking again shows the same one."""

    def __init__(self) -> None:
        self._painter = Painter(width=WIDTH, height=HEIGHT, font_sizes=LETTER_SIZES)

    async def draw(self, language: Language) -> Challenge:
        """A random code and its image, in PNG."""
        code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        image = await asyncio.to_thread(self._paint, code)
        return Challenge(kind="image", language=language, answers=(plain(code),), code=code, image=image)

    async def accepts(self, challenge: Challenge, answer: str) -> bool:
        """The code, in either case and with any spaces."""
        return among(answer, challenge.answers)

    def _paint(self, code: str) -> bytes:
        red, green, blue = (secrets.choice(range(DARKEST, LIGHTEST)) for _ in range(3))
        out = BytesIO()
        self._painter.generate_image(code, fg_color=(red, green, blue)).quantize(COLOURS).save(
            out, "png", optimize=True
        )
        return out.getvalue()
