// What is typed is saved as it is typed; the page says when, and who will have to approve.
import { el, part, write } from "../page/dom";
import { passes } from "../page/patience";
import { Problem, ask, once } from "../page/relay";
import { wordsOf, type Say } from "../page/words";
import { ask as askWhich, isOwn, textOf, type Fields } from "./overtaken";
import type { Reading } from "../recipients/lines";

const PAUSE_MS = 1_200;
const LISTS = ["to", "cc", "bcc"];
const OVERTAKEN = "draft-changed-elsewhere";
const FIELDS = [...LISTS, "subject", "text", "validity_days"];

/** As the service answers it. */
export interface Draft extends Fields {
  recipients: Reading["recipients"];
  unreadable: Reading["unreadable"];
  digests: Record<string, string>;
  needs_approval: boolean;
  approvers: string[];
}

/** A key and a figure for the sentence that says who has to approve; nothing while that is not known. */
export function approval(draft: Pick<Draft, "recipients" | "unreadable" | "needs_approval" | "approvers">): [string, number] | undefined {
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
  private readonly sent = new Map<string, string[]>();
  private readonly undecided = new Map<string, () => void>();

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
    document.addEventListener("island:read", (event) => this.read((event as CustomEvent<Record<string, string>>).detail));
    document.addEventListener("visibilitychange", () => (document.hidden ? this.lastWord() : this.later(0)));
    this.look();
  }

  /** The lists of recipients hold now what was read of them, and that is what they are changed from. */
  private read(lists: Record<string, string>): void {
    for (const [name, value] of Object.entries(lists)) if (this.latest) this.adopt(name, value, this.latest);
  }

  /** What the service read of the lists, as far as they still hold it. */
  private look(): void {
    void ask<Draft>("GET", `drafts/${this.draft}`).then((found) => this.learn(found, {}), () => undefined);
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
    const changes = this.changes(this.typed());
    if (Object.keys(changes).length === 0) return;
    this.saving = this.send(changes).finally(() => (this.saving = undefined));
    await this.saving;
  }

  /** What was typed since it was last saved; not what was changed elsewhere too, before the person has decided. */
  private changes(typed: Record<string, string>): Record<string, string> {
    const isChanged = ([name, value]: [string, string]): boolean => value !== this.saved[name] && !this.undecided.has(name);
    return Object.fromEntries(Object.entries(typed).filter(isChanged));
  }

  /** The changes as the service takes them, each with the digest of what it was made from. */
  private body(changes: Record<string, string>): Record<string, unknown> {
    const names = Object.keys(changes);
    for (const name of names) this.sent.set(name, [...(this.sent.get(name) ?? []), changes[name]!]);
    const was = Object.fromEntries(names.map((name) => [name, this.was(name)?.value]));
    return { ...Object.fromEntries(names.map((name) => [name, valueOf(name, changes[name]!)])), was };
  }

  /** The hidden field that says what a field was made from; the form sends it, too. */
  private was(name: string): HTMLInputElement | null {
    return this.form.querySelector<HTMLInputElement>(`input[name="was_${name}"]`);
  }

  private async send(changes: Record<string, string>): Promise<void> {
    try {
      this.keep(changes, await ask<Draft>("PATCH", `drafts/${this.draft}`, this.body(changes)));
      this.show(this.when(), false);
    } catch (error) {
      if (!(error instanceof Problem) || error.slug !== OVERTAKEN) this.show(this.why(error), true);
      else await this.overtaken(error.members["fields"] as string[], error);
    }
  }

  /** These changes are saved. */
  private keep(changes: Record<string, string>, draft: Draft): void {
    for (const [name, value] of Object.entries(changes)) this.adopt(name, value, draft);
    this.learn(draft, { ...this.saved });
  }

  /** From now on the field's changes are made from what the draft holds. */
  private adopt(name: string, value: string | undefined, draft: Draft): void {
    if (value !== undefined) this.saved[name] = value;
    const was = this.was(name);
    if (was) was.value = draft.digests[name] ?? "";
    this.sent.delete(name);
  }

  /** Some fields hold something newer: what this page sent without hearing the answer is built upon, else it asks. */
  private async overtaken(fields: string[], why: Problem): Promise<void> {
    try {
      const draft = await ask<Draft>("GET", `drafts/${this.draft}`);
      for (const name of fields) {
        if (isOwn(textOf(draft, name), this.sent.get(name) ?? [])) this.adopt(name, undefined, draft);
        else this.askWhich(name, draft);
      }
      if (this.undecided.size > 0) this.show(this.why(why), true);
      this.later(0);
    } catch (error) {
      this.show(this.why(error), true);
    }
  }

  private askWhich(name: string, draft: Draft): void {
    const field = this.form.querySelector<HTMLInputElement>(`[name="${name}"]`);
    if (!field || this.undecided.has(name)) return;
    const theirs = textOf(draft, name);
    const decided = (value: string | undefined): void => {
      this.undecided.get(name)?.();
      this.undecided.delete(name);
      this.adopt(name, value, draft);
      this.later(0);
    };
    const take = (): void => {
      field.value = theirs;
      field.dispatchEvent(new CustomEvent("island:replaced"));
      decided(theirs);
      this.look();
    };
    this.undecided.set(name, askWhich(field, theirs, { keep: () => decided(undefined), take }, this.say));
  }

  /** The page is about to go: what is not saved yet leaves without waiting for an answer. */
  private lastWord(): void {
    const changes = this.changes(this.typed());
    if (Object.keys(changes).length === 0 || this.saving) return;
    clearTimeout(this.timer);
    const address = `${document.body.dataset["relay"] ?? "/relay"}/drafts/${this.draft}`;
    void once<Draft>("PATCH", address, this.body(changes), undefined, true).then((draft) => this.keep(changes, draft), () => undefined);
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
    if (!(error instanceof Problem)) return this.say("not_saved", { why: this.say("trouble") });
    if (error.slug === "session-expired") return this.say("session_over");
    return this.say("not_saved", { why: error.message || this.say(passes(error.status) ? "no_line" : "trouble") });
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
