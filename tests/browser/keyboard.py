"""A keyboard alone: how many keys lead to an element, and whether the focus is visible."""

from playwright.sync_api import Locator, Page

MAX_TABS = 60
IS_FOCUSED = "(one) => one === document.activeElement"
OUTLINE = """() => {
  const around = document.activeElement.closest(".chips") ?? document.activeElement;
  const style = getComputedStyle(around);
  return style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth);
}"""


class Keyboard:
    """Presses keys and counts them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.pressed = 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.pressed += 1

    def to(self, wanted: Locator) -> None:
        """Press Tab until the element has a visible focus."""
        wanted.wait_for(state="attached")
        for _ in range(MAX_TABS):
            if wanted.evaluate(IS_FOCUSED):
                break
            self.press("Tab")
        assert wanted.evaluate(IS_FOCUSED), f"not within {MAX_TABS} steps"
        assert self.page.evaluate(OUTLINE) >= 2, "the focus is invisible"

    def use(self, wanted: Locator, key: str = "Enter") -> None:
        """Focus the element and press a key."""
        self.to(wanted)
        self.press(key)

    def write(self, wanted: Locator, text: str) -> None:
        """Focus the element and type."""
        self.to(wanted)
        self.page.keyboard.type(text)
