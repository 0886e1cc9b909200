"""A code in an image: six characters that cannot be taken for one another, by the eye or by the ear."""

import asyncio
import secrets

from captcha.image import ImageCaptcha

from services.auth.challenges.answers import among, plain
from services.auth.domain import Challenge
from services.contracts.values import Language

ALPHABET = "ACEFHJKMNPRTUVWXY3479"
LENGTH = 6
WIDTH, HEIGHT = 280, 90


class ImageCode:
    """Draws with the library's own font; the image is made once, so that looking again shows the same one."""

    def __init__(self) -> None:
        self._painter = ImageCaptcha(width=WIDTH, height=HEIGHT)

    async def draw(self, language: Language) -> Challenge:
        """A random code and its image, in PNG."""
        code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        image = await asyncio.to_thread(self._paint, code)
        return Challenge(kind="image", language=language, answers=(plain(code),), code=code, image=image)

    async def accepts(self, challenge: Challenge, answer: str) -> bool:
        """The code, in either case and with any spaces."""
        return among(answer, challenge.answers)

    def _paint(self, code: str) -> bytes:
        painted: bytes = self._painter.generate(code, format="png").getvalue()
        return painted
