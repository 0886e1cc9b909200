// Records what this page sent of each field: what is in flight, and what may be saved although no response came.
import { isSameText } from "./draft";

/** The text of each changed field, by its name. */
export type Changes = Record<string, string>;

/** Browsers send 64 KiB at most after a page is left, including what is in flight. */
const KEEPALIVE_BYTES = 60_000;

/** Say whether these changes can all be sent while the page is left. */
export function fitsKeepalive(changes: Changes): boolean {
  return new TextEncoder().encode(JSON.stringify(changes)).length <= KEEPALIVE_BYTES;
}

export class SentChanges {
  readonly #texts = new Map<string, string[]>();
  readonly #open = new Set<Changes>();

  /** Return the fields whose response is still to come: what the service holds of them is not known. */
  inFlight(): Set<string> {
    return new Set([...this.#open].flatMap((changes) => Object.keys(changes)));
  }

  /** Record these changes, as in flight until the response comes. */
  async track<Result>(changes: Changes, response: Promise<Result>): Promise<Result> {
    for (const [name, text] of Object.entries(changes)) this.#texts.set(name, [...this.#of(name), text]);
    this.#open.add(changes);
    try {
      return await response;
    } finally {
      this.#open.delete(changes);
    }
  }

  /** Record that this text is saved, and forget the earlier ones; false if a later one is known to be saved. */
  confirm(name: string, text: string): boolean {
    const texts = this.#of(name);
    const index = texts.lastIndexOf(text);
    this.#texts.set(name, texts.slice(index + 1));
    return index >= 0;
  }

  /** Say whether this page sent that text, and no later one is known to be saved. */
  has(name: string, text: string): boolean {
    return this.#of(name).some((sent) => isSameText(sent, text));
  }

  forget(name: string): void {
    this.#texts.delete(name);
  }

  #of(name: string): string[] {
    return this.#texts.get(name) ?? [];
  }
}
