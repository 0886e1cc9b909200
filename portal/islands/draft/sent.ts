// What this page has sent of each field: what is still under way, and what may be saved although no answer was heard.
import { isOwn } from "./overtaken";

export type Changes = Record<string, string>;

/** Browsers let a page that is left send 64 KiB, what is under way included. */
const LAST_WORD_BYTES = 60_000;

/** Will these changes all leave with the page? */
export function fitsLastWord(changes: Changes): boolean {
  return new TextEncoder().encode(JSON.stringify(changes)).length <= LAST_WORD_BYTES;
}

export class Sent {
  private readonly values = new Map<string, string[]>();
  private readonly open = new Set<Changes>();

  /** The fields whose answer is still to come: what the service holds of them is not known. */
  underWay(): Set<string> {
    return new Set([...this.open].flatMap((changes) => Object.keys(changes)));
  }

  /** Remember these changes, and that they are under way until there is an answer. */
  async during<Answer>(changes: Changes, answer: Promise<Answer>): Promise<Answer> {
    for (const [name, value] of Object.entries(changes)) this.values.set(name, [...this.of(name), value]);
    this.open.add(changes);
    try {
      return await answer;
    } finally {
      this.open.delete(changes);
    }
  }

  /** This value is saved, and with it all that was sent before; false if a later one is known to be saved. */
  saved(name: string, value: string): boolean {
    const values = this.of(name);
    const at = values.lastIndexOf(value);
    this.values.set(name, values.slice(at + 1));
    return at >= 0;
  }

  /** Did this page send that text, without hearing that something later was saved? */
  has(name: string, text: string): boolean {
    return isOwn(text, this.of(name));
  }

  forget(name: string): void {
    this.values.delete(name);
  }

  private of(name: string): string[] {
    return this.values.get(name) ?? [];
  }
}
