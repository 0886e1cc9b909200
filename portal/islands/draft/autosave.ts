// What is typed is saved as it is typed; the page says when, and who will have to approve.
import { el, part, write } from "../page/dom";
import { Problem, ask, once } from "../page/relay";
import { wordsOf, type Say } from "../page/words";
import type { Reading } from "../recipients/lines";

const PAUSE_MS = 1_200;
const LISTS = ["to", "cc", "bcc"];
const FIELDS = [...LISTS, "subject", "text", "validity_days"];

/** As the service answers it. */
export interface Draft {
  recipients: Reading["recipients"];
  unreadable: Reading["unreadable"];
  needs_approval: boolean;
  approvers: string[];
}

/** A key and a figure for the sentence that says who has to approve; nothing while that is not known. */
export function approval(draft: Draft): [string, number] | undefined {
  if (draft.recipients.length === 0) return undefined;
  const others = draft.recipients.filter((one) => one.role !== "agent").length;
  if (!draft.needs_approval) return draft.unreadable.length > 0 ? undefined : ["nobody_approves", 0];
  return draft.approvers.length > 0 ? ["will_approve", others] : ["approver_missing", others];
}

/** A field's value as the service takes it. */
export function valueOf(name: string, value: string): unknown {
  if (LISTS.includes(name)) return value.trim() === "" ? [] : [value];
  return name === "validity_days" ? Number(value) : value;
}

class Autosave {
  private readonly said = el("p", { class: "saved" });
  private readonly sentence = el("p", { class: "approval", "aria-live": "polite", hidden: true });
  private saved: Record<string, string>;
  private timer = 0;
  private saving: Promise<void> | undefined;
  private latest: (Draft & Reading) | undefined;

  constructor(
    private readonly form: HTMLFormElement,
    private readonly draft: string,
    private readonly say: Say,
  ) {
    this.saved = this.typed();
    const known = part(form, "known-recipients");
    const bcc = form.querySelector("[data-field=bcc]")?.closest("details");
    (known ?? bcc)?.after(this.sentence);
    known?.remove();
    part(form, "unreadable")?.remove();
    (form.querySelector(":scope > .actions") ?? form).append(this.said);
    form.addEventListener("input", () => this.later());
    form.addEventListener("change", () => this.later());
    document.addEventListener("island:save", () => void this.save());
    document.addEventListener("island:recipients", () => this.tell());
    document.addEventListener("island:read", (event) => Object.assign(this.saved, (event as CustomEvent<Record<string, string>>).detail));
    document.addEventListener("visibilitychange", () => document.hidden && this.lastWord());
    void ask<Draft>("GET", `drafts/${draft}`).then((found) => this.learn(found, {}), () => undefined);
  }

  private typed(): Record<string, string> {
    const data = new FormData(this.form);
    const values = FIELDS.map((name) => [name, data.get(name)] as const);
    return Object.fromEntries(values.filter((one): one is [string, string] => typeof one[1] === "string"));
  }

  private later(ms = PAUSE_MS): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.save(), ms);
  }

  /** One at a time, so that an older text never comes after a newer one. */
  private async save(): Promise<void> {
    clearTimeout(this.timer);
    while (this.saving) await this.saving;
    const typed = this.typed();
    const changes = this.changes(typed);
    if (Object.keys(changes).length === 0) return;
    this.saving = this.send(changes, typed).finally(() => (this.saving = undefined));
    await this.saving;
  }

  private changes(typed: Record<string, string>): Record<string, unknown> {
    const changed = Object.entries(typed).filter(([name, value]) => value !== this.saved[name]);
    return Object.fromEntries(changed.map(([name, value]) => [name, valueOf(name, value)]));
  }

  private async send(changes: Record<string, unknown>, typed: Record<string, string>): Promise<void> {
    try {
      const draft = await ask<Draft>("PATCH", `drafts/${this.draft}`, changes);
      this.saved = typed;
      this.show(this.when(), false);
      this.learn(draft, { ...typed });
    } catch (error) {
      this.show(this.why(error), true);
    }
  }

  /** The page is about to go: what is not saved yet leaves without waiting for an answer. */
  private lastWord(): void {
    const typed = this.typed();
    const changes = this.changes(typed);
    if (Object.keys(changes).length === 0 || this.saving) return;
    clearTimeout(this.timer);
    const address = `${document.body.dataset["relay"] ?? "/relay"}/drafts/${this.draft}`;
    void once<Draft>("PATCH", address, changes, undefined, true).then(() => (this.saved = typed), () => undefined);
  }

  private learn(draft: Draft, typed: Record<string, string>): void {
    this.latest = { ...draft, typed };
    this.tell();
    const found = approval(draft);
    this.sentence.hidden = !found;
    if (!found) return;
    const [key, n] = found;
    this.sentence.classList.toggle("approval--missing", key === "approver_missing");
    write(this.sentence, this.say(key, { n }));
  }

  private tell(): void {
    if (this.latest) document.dispatchEvent(new CustomEvent("island:saved", { detail: this.latest }));
  }

  private when(): string {
    const now = new Date();
    return this.say("saved_at", { hours: String(now.getHours()), minutes: String(now.getMinutes()).padStart(2, "0") });
  }

  private why(error: unknown): string {
    if (error instanceof Problem && error.status === 401) return this.say("session_over");
    return this.say("not_saved", { why: (error instanceof Problem && error.message) || this.say("no_line") });
  }

  private show(words: string, isWrong: boolean): void {
    write(this.said, words);
    this.said.classList.toggle("saved--wrong", isWrong);
    if (isWrong) this.said.setAttribute("role", "alert");
    else this.said.removeAttribute("role");
  }
}

export function enhance(place: HTMLElement): void {
  const { draft } = place.dataset;
  if (draft && place instanceof HTMLFormElement) new Autosave(place, draft, wordsOf(place).say);
}
