"""The phone app in a window of a browser that Playwright does not drive: wait, press, fill. Each browser says how a
function is called in its page."""

from abc import ABC, abstractmethod
from typing import Any

STEP = 45_000  # ms until a screen is there
# Waits until the page is as wished; the wish is a function that gives what is sought, or nothing.
UNTIL = """
async () => {
  const find = %s;
  for (const end = performance.now() + %d; performance.now() < end; ) {
    const found = await find();
    if (found) return found;
    await new Promise((next) => setTimeout(next, 50));
  }
  return null;
}
"""


class Window(ABC):
    @abstractmethod
    async def open(self, address: str) -> None: ...

    @abstractmethod
    async def evaluate(self, function: str) -> Any:
        """The value of a plain result; a fault in the page is a fault here."""

    @abstractmethod
    async def picture(self) -> bytes:
        """What is seen now: PNG."""

    async def until(self, wish: str) -> Any:
        found = await self.evaluate(UNTIL % (wish, STEP))
        assert found, f"{wish}: {await self.evaluate('() => document.body.innerText')}"
        return found

    async def at(self, screen: str) -> None:
        await self.until(f"() => document.body.dataset.screen === '{screen}'")

    async def press(self, which: str) -> None:
        """Waits for a button and presses it."""
        await self.until(f"""() => {{
          const found = document.querySelector("{which}");
          found?.click();
          return Boolean(found);
        }}""")

    async def fill(self, **fields: str) -> None:
        for name, value in fields.items():
            await self.until(f"""() => {{
              const field = document.querySelector('[name="{name}"]');
              if (field) field.value = "{value}";
              return Boolean(field);
            }}""")

    async def digits(self) -> str:
        """The six digits that the portal asks for."""
        await self.at("digits")
        shown: str = await self.evaluate("() => document.querySelector('.digits').getAttribute('aria-label')")
        return shown.replace(" ", "")
