// A page that tells what happens elsewhere is read again from time to time; what changed in it is replaced.
import { islands } from "./dom";

const SOON_MS = 4_000;
const LATEST_MS = 60_000;
const SLOWER = 1.5;

/** What a fragment says, without what differs at every reading: ids that forms hold ready, and what the reader opened. */
export function meaning(html: string): string {
  return html
    .replace(/<input type="hidden"[^>]*>/g, "")
    .replace(/(<details[^>]*?) open(="")?/g, "$1")
    .replace(/\s+/g, " ")
    .trim();
}

/** Is the reader in the midst of something there? */
function isHeld(place: HTMLElement): boolean {
  return place.contains(document.activeElement) || place.querySelector("dialog[open]") !== null;
}

/** Replace the content; what was open stays open. */
function replace(place: HTMLElement, fresh: HTMLElement): void {
  const opened = [...place.querySelectorAll("details")].map((one) => one.open);
  place.replaceChildren(...fresh.childNodes);
  place.querySelectorAll("details").forEach((one, index) => {
    if (opened[index]) one.open = true;
  });
}

class Live {
  private waitMs = SOON_MS;
  private timer = 0;
  private readonly last = new Map<string, string>();

  constructor() {
    for (const [key, place] of fragments(document)) this.last.set(key, meaning(place.innerHTML));
    document.addEventListener("visibilitychange", () => this.later(document.hidden ? LATEST_MS : 0));
    document.addEventListener("submit", () => {
      this.waitMs = SOON_MS;
      this.later();
    });
    this.later();
  }

  private later(ms = this.waitMs): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.look(), ms);
  }

  private async look(): Promise<void> {
    if (document.hidden) return;
    const fresh = await read();
    if (fresh === "over") return;
    const changed = fresh ? this.show(fresh) : false;
    this.waitMs = changed ? SOON_MS : Math.min(LATEST_MS, this.waitMs * SLOWER);
    this.later();
  }

  private show(fresh: Document): boolean {
    const there = new Map(fragments(fresh));
    let changed = false;
    for (const [key, place] of fragments(document)) {
      const next = there.get(key);
      const says = next ? meaning(next.innerHTML) : "";
      if (!next || says === this.last.get(key) || isHeld(place)) continue;
      this.last.set(key, says);
      replace(place, next);
      changed = true;
    }
    return changed;
  }
}

function* fragments(root: Document): Generator<[string, HTMLElement]> {
  let number = 0;
  for (const [name, place] of islands(root)) {
    if (name === "live") yield [place.dataset["live"] || place.id || String(number++), place];
  }
}

/** The page as it is now; nothing when it cannot be had, `over` when there is no sense in asking again. */
async function read(): Promise<Document | "over" | undefined> {
  try {
    const answer = await fetch(location.pathname, { headers: { Accept: "text/html" }, credentials: "same-origin" });
    if (answer.status === 401 || answer.status === 403 || answer.status === 404 || answer.status === 410) return "over";
    if (!answer.ok) return undefined;
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return undefined;
  }
}

let running: Live | undefined;

/** One reading serves all the live fragments of the page. */
export function enhance(): void {
  running ??= new Live();
}
