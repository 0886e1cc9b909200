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
  /** What the server calls the state that is shown; it answers with a page only when there is another one. */
  private state = "";

  constructor() {
    for (const [key, place] of fragments(document)) {
      this.last.set(key, meaning(place.innerHTML));
      this.state ||= place.dataset["state"] ?? "";
    }
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
    const fresh = await read(this.state);
    if (fresh === "over") return;
    const changed = fresh ? this.show(fresh) : false;
    this.waitMs = changed ? SOON_MS : Math.min(LATEST_MS, this.waitMs * SLOWER);
    this.later();
  }

  private show({ page, state }: Fresh): boolean {
    const there = new Map(fragments(page));
    let changed = false;
    this.state = state;
    for (const [key, place] of fragments(document)) {
      const next = there.get(key);
      const says = next ? meaning(next.innerHTML) : "";
      if (!next || says === this.last.get(key)) continue;
      if (isHeld(place)) {
        this.state = "";
        continue;
      }
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

interface Fresh {
  page: Document;
  state: string;
}

/** The page as it is now; nothing when it is as before or cannot be had, `over` when there is no sense in asking again. */
async function read(state: string): Promise<Fresh | "over" | undefined> {
  try {
    const headers: Record<string, string> = { Accept: "text/html", ...(state ? { "If-None-Match": state } : {}) };
    const answer = await fetch(location.pathname, { headers, credentials: "same-origin" });
    if (answer.status === 401 || answer.status === 403 || answer.status === 404 || answer.status === 410) return "over";
    if (!answer.ok) return undefined;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return { page, state: answer.headers.get("etag") ?? "" };
  } catch {
    return undefined;
  }
}

let running: Live | undefined;

/** One reading serves all the live fragments of the page. */
export function enhance(): void {
  running ??= new Live();
}
