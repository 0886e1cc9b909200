// Polls the page for changes made elsewhere and replaces the fragments that changed.
import { islands } from "./dom";

const MIN_DELAY_MS = 4_000;
const MAX_DELAY_MS = 60_000;
const DELAY_FACTOR = 1.5;

/** Return a fragment's HTML without what differs at every request: hidden inputs, open `<details>`, white space. */
export function comparable(html: string): string {
  return html
    .replace(/<input type="hidden"[^>]*>/g, "")
    .replace(/(<details[^>]*?) open(="")?/g, "$1")
    .replace(/\s+/g, " ")
    .trim();
}

/** Say whether the reader is using the fragment: the focus is in it, or a dialog of it is open. */
function isInUse(fragment: HTMLElement): boolean {
  return fragment.contains(document.activeElement) || fragment.querySelector("dialog[open]") !== null;
}

/** Replace the content; open `<details>` stay open. */
function replace(fragment: HTMLElement, fresh: HTMLElement): void {
  const wasOpen = [...fragment.querySelectorAll("details")].map((details) => details.open);
  fragment.replaceChildren(...fresh.childNodes);
  for (const [index, details] of fragment.querySelectorAll("details").entries()) {
    if (wasOpen[index]) details.open = true;
  }
}

class LivePage {
  #delayMs = MIN_DELAY_MS;
  #timer = 0;
  readonly #shown = new Map<string, string>();
  /** The ETag of the state that is shown; the server answers with a page only if its state differs. */
  #etag = "";

  constructor() {
    for (const [key, fragment] of fragments(document)) {
      this.#shown.set(key, comparable(fragment.innerHTML));
      this.#etag ||= fragment.dataset.etag ?? "";
    }
    document.addEventListener("visibilitychange", () => this.#schedule(document.hidden ? MAX_DELAY_MS : 0));
    document.addEventListener("submit", () => {
      this.#delayMs = MIN_DELAY_MS;
      this.#schedule();
    });
    this.#schedule();
  }

  #schedule(ms = this.#delayMs): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#poll(), ms);
  }

  async #poll(): Promise<void> {
    if (document.hidden) return;
    const response = await fetchPage(this.#etag);
    if (response === "gone") return;
    const changed = response ? this.#update(response) : false;
    this.#delayMs = changed ? MIN_DELAY_MS : Math.min(MAX_DELAY_MS, this.#delayMs * DELAY_FACTOR);
    this.#schedule();
  }

  /** Replace the fragments that changed. One that is in use is left, and the next poll asks for the whole page again. */
  #update({ page, etag }: FetchedPage): boolean {
    const fetched = new Map(fragments(page));
    let changed = false;
    this.#etag = etag;
    for (const [key, fragment] of fragments(document)) {
      const fresh = fetched.get(key);
      const html = fresh ? comparable(fresh.innerHTML) : "";
      if (!fresh || html === this.#shown.get(key)) continue;
      if (isInUse(fragment)) {
        this.#etag = "";
        continue;
      }
      this.#shown.set(key, html);
      replace(fragment, fresh);
      changed = true;
    }
    return changed;
  }
}

function* fragments(root: Document): Generator<[string, HTMLElement]> {
  let number = 0;
  for (const [name, element] of islands(root)) {
    if (name === "live") yield [element.dataset.live || element.id || String(number++), element];
  }
}

interface FetchedPage {
  page: Document;
  etag: string;
}

const FINAL_STATUSES = [401, 403, 404, 410];

/** Fetch the page; `undefined` if it is unchanged or cannot be fetched now, `gone` if it never can be again. */
async function fetchPage(etag: string): Promise<FetchedPage | "gone" | undefined> {
  try {
    const headers: Record<string, string> = { Accept: "text/html", ...(etag ? { "If-None-Match": etag } : {}) };
    const response = await fetch(location.pathname, { headers, credentials: "same-origin" });
    if (FINAL_STATUSES.includes(response.status)) return "gone";
    if (!response.ok) return undefined;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    return { page, etag: response.headers.get("etag") ?? "" };
  } catch {
    return undefined;
  }
}

let livePage: LivePage | undefined;

/** One poll serves all the live fragments of the page. */
export function enhance(): void {
  livePage ??= new LivePage();
}
