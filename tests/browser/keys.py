"""A keyboard and nothing else: how far is it to something, and can the eye see where one is?"""

from playwright.sync_api import Locator, Page

FURTHEST = 60
IS_FOCUSED = "(one) => one === document.activeElement"
OUTLINE = """() => {
  const around = document.activeElement.closest(".chips") ?? document.activeElement;
  const style = getComputedStyle(around);
  return style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth);
}"""


class Keys:
    """Presses keys and counts them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.pressed = 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.pressed += 1

    def to(self, wanted: Locator) -> None:
        """Tab until it has the focus, and shows it."""
        wanted.wait_for(state="attached")
        for _ in range(FURTHEST):
            if wanted.evaluate(IS_FOCUSED):
                break
            self.press("Tab")
        assert wanted.evaluate(IS_FOCUSED), f"not within {FURTHEST} steps"
        assert self.page.evaluate(OUTLINE) >= 2, "the focus cannot be seen"

    def use(self, wanted: Locator, key: str = "Enter") -> None:
        """Go there and press it."""
        self.to(wanted)
        self.press(key)

    def write(self, wanted: Locator, text: str) -> None:
        """Go there and type."""
        self.to(wanted)
        self.page.keyboard.type(text)
