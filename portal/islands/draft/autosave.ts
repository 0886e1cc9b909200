// What is typed is saved as it is typed; the page says when, and who will have to approve.
import { el, part, write } from "../page/dom";
import { passes } from "../page/patience";
import { ask, once, Problem } from "../page/relay";
import { type Say, wordsOf } from "../page/words";
import type { Reading } from "../recipients/lines";
import { ask as askWhich, type Fields, isOwn, textOf } from "./overtaken";
import { type Changes, Sent } from "./sent";

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
export function approval(
  draft: Pick<Draft, "recipients" | "unreadable" | "needs_approval" | "approvers">,
): [string, number] | undefined {
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

/** Leaving is asked about while the person has to decide. */
function warn(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

class Autosave {
  private readonly said = el("p", { class: "saved" });
  private readonly sentence = el("p", { class: "approval", "aria-live": "polite", hidden: true });
  private saved: Changes;
  private timer = 0;
  private saving: Promise<void> | undefined;
  private latest: (Draft & Reading) | undefined;
  private readonly sent = new Sent();
  private readonly undecided = new Map<string, () => void>();
  private conflict: Problem | undefined;

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
    form.addEventListener("submit", () => removeEventListener("beforeunload", warn));
    document.addEventListener("island:save", () => void this.save());
    document.addEventListener("island:recipients", () => this.tell());
    document.addEventListener("island:read", (event) =>
      this.read((event as CustomEvent<Record<string, string>>).detail),
    );
    document.addEventListener("visibilitychange", () => (document.hidden ? this.lastWord() : this.later(0)));
    this.look();
  }

  /** The lists of recipients hold now what was read of them, and that is what they are changed from. */
  private read(lists: Record<string, string>): void {
    for (const [name, value] of Object.entries(lists)) if (this.latest) this.adopt(name, value, this.latest);
  }

  /** What the service read of the lists, as far as they still hold it. */
  private look(): void {
    void ask<Draft>("GET", `drafts/${this.draft}`).then(
      (found) => this.learn(found, {}),
      () => undefined,
    );
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
  private changes(typed: Changes): Changes {
    const underWay = this.sent.underWay();
    const isOpen = (name: string): boolean => typed[name] !== this.saved[name] || underWay.has(name);
    return Object.fromEntries(Object.entries(typed).filter(([name]) => isOpen(name) && !this.undecided.has(name)));
  }

  /** The changes as the service takes them, each with the digest of what it was made from, unless that is unknown. */
  private body(changes: Changes, unknown: Set<string>): Record<string, unknown> {
    const names = Object.keys(changes);
    const was = Object.fromEntries(
      names.filter((name) => !unknown.has(name)).map((name) => [name, this.was(name)?.value]),
    );
    return { ...Object.fromEntries(names.map((name) => [name, valueOf(name, changes[name]!)])), was };
  }

  /** The hidden field that says what a field was made from; the form sends it, too. */
  private was(name: string): HTMLInputElement | null {
    return this.form.querySelector<HTMLInputElement>(`input[name="was_${name}"]`);
  }

  /** A last word that is under way keeps its `was`: if it is saved first, this older change is refused. */
  private async send(changes: Changes): Promise<void> {
    const answer = ask<Draft>("PATCH", `drafts/${this.draft}`, this.body(changes, new Set()));
    try {
      this.keep(changes, await this.sent.during(changes, answer));
    } catch (error) {
      if (!(error instanceof Problem) || error.slug !== OVERTAKEN) this.show(this.why(error), true);
      else await this.overtaken(error.members["fields"] as string[], error);
    }
  }

  /** These changes are saved; an answer that comes after that to a later change says nothing any more. */
  private keep(changes: Changes, draft: Draft): void {
    const news = Object.entries(changes).filter(([name, value]) => this.sent.saved(name, value));
    if (news.length === 0) return;
    for (const [name, value] of news) this.build(name, value, draft);
    this.learn(draft, { ...this.saved });
    this.tellState();
  }

  /** From now on the field's changes are made from what the draft holds. */
  private build(name: string, value: string, draft: Draft): void {
    this.saved[name] = value;
    this.was(name)?.setAttribute("value", draft.digests[name] ?? "");
  }

  /** The same, whatever was sent before. */
  private adopt(name: string, value: string, draft: Draft): void {
    this.sent.forget(name);
    this.build(name, value, draft);
  }

  /** Some fields hold something newer: what this page sent without hearing the answer is built upon, else it asks. */
  private async overtaken(fields: string[], why: Problem): Promise<void> {
    try {
      const draft = await ask<Draft>("GET", `drafts/${this.draft}`);
      this.conflict = why;
      for (const name of fields) {
        const text = textOf(draft, name);
        if (this.sent.has(name, text) || isOwn(text, [this.saved[name] ?? ""])) this.build(name, text, draft);
        else this.askWhich(name, draft);
      }
      if (this.undecided.size > 0) this.tellState();
      this.later(0);
    } catch (error) {
      this.show(this.why(error), true);
    }
  }

  private askWhich(name: string, draft: Draft): void {
    const field = this.form.querySelector<HTMLInputElement>(`[name="${name}"]`);
    if (!field || this.undecided.has(name)) return;
    const theirs = textOf(draft, name);
    const keep = (): void => {
      this.undecided.get(name)?.();
      this.undecided.delete(name);
      if (this.undecided.size === 0) removeEventListener("beforeunload", warn);
      this.adopt(name, theirs, draft);
      if (Object.keys(this.changes(this.typed())).length === 0) this.tellState();
      this.later(0);
    };
    const take = (): void => {
      field.value = theirs;
      field.dispatchEvent(new CustomEvent("island:replaced"));
      keep();
      this.look();
    };
    this.undecided.set(name, askWhich(field, theirs, { keep, take }, this.say));
    addEventListener("beforeunload", warn);
  }

  /** The page is about to go: what is not known to be saved leaves without waiting for an answer. */
  private lastWord(): void {
    const changes = this.changes(this.typed());
    if (Object.keys(changes).length === 0) return;
    clearTimeout(this.timer);
    const address = `${document.body.dataset["relay"] ?? "/relay"}/drafts/${this.draft}`;
    const answer = once<Draft>("PATCH", address, this.body(changes, this.sent.underWay()), undefined, true);
    void this.sent.during(changes, answer).then(
      (draft) => this.keep(changes, draft),
      () => undefined,
    );
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

  /** Saved, unless the person still has to decide. */
  private tellState(): void {
    const isOpen = this.undecided.size > 0;
    this.show(isOpen ? this.why(this.conflict) : this.when(), isOpen);
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
