// Saves the draft while the person types, and shows when it was saved and who will have to approve.

import { apiUrl, callApi, Problem, sendRequest } from "../page/api";
import { byRef, el, setText } from "../page/dom";
import { i18nOf, type Translate } from "../page/i18n";
import { LeaveGuard } from "../page/leave-guard";
import { isTransient } from "../page/retry";
import type { ParsedRecipients } from "../recipients/entries";
import { showConflict } from "./conflict";
import { approvalMessage, type Draft, FIELDS, fieldText, fieldValue, isSameText } from "./draft";
import { type Changes, SentChanges } from "./sent-changes";

const SAVE_DELAY_MS = 1_200;
const CHANGED_ELSEWHERE = "draft-changed-elsewhere";

class Autosave {
  readonly #status = el("p", { class: "saved" });
  readonly #approval = el("p", { class: "approval", "aria-live": "polite", hidden: true });
  /** The text of each field that the next change is made from. */
  readonly #base: Changes;
  #timer = 0;
  #saving: Promise<void> | undefined;
  #latest: (Draft & ParsedRecipients) | undefined;
  readonly #sent = new SentChanges();
  /** The fields that wait for the person's choice, each with the function that removes the question. */
  readonly #conflicts = new Map<string, () => void>();
  #conflictProblem: Problem | undefined;
  readonly #leaveGuard = new LeaveGuard();

  constructor(
    private readonly form: HTMLFormElement,
    private readonly draftId: string,
    private readonly t: Translate,
  ) {
    this.#base = this.#formTexts();
    const known = byRef(form, "known-recipients");
    const bcc = form.querySelector("[data-field=bcc]")?.closest("details");
    (known ?? bcc)?.after(this.#approval);
    known?.remove();
    byRef(form, "unreadable")?.remove();
    (form.querySelector(":scope > .actions") ?? form).append(this.#status);
    this.#listen();
    this.#load();
  }

  #listen(): void {
    this.form.addEventListener("input", () => this.#schedule());
    this.form.addEventListener("change", () => this.#schedule());
    this.form.addEventListener("submit", () => this.#leaveGuard.off());
    document.addEventListener("draft:save", () => void this.#save());
    document.addEventListener("recipients:ready", () => this.#publish());
    document.addEventListener("recipients:parsed", (event) =>
      this.#setLists((event as CustomEvent<Record<string, string>>).detail),
    );
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#flushOnHide() : this.#schedule(0)));
  }

  /** The lists hold now what the service parsed in them; their next changes are made from that. */
  #setLists(lists: Record<string, string>): void {
    for (const [name, text] of Object.entries(lists)) if (this.#latest) this.#resetBase(name, text, this.#latest);
  }

  /** Fetch the draft, to show what the service parsed in the lists. */
  #load(): void {
    void callApi<Draft>("GET", `drafts/${this.draftId}`).then(
      (draft) => this.#show(draft, {}),
      () => undefined,
    );
  }

  #formTexts(): Changes {
    const data = new FormData(this.form);
    const texts = FIELDS.map((name) => [name, data.get(name)] as const);
    return Object.fromEntries(texts.filter((one): one is [string, string] => typeof one[1] === "string"));
  }

  #schedule(ms = SAVE_DELAY_MS): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#save(), ms);
  }

  /** One request at a time, so that an older text never arrives after a newer one. */
  async #save(): Promise<void> {
    clearTimeout(this.#timer);
    while (this.#saving !== undefined) await this.#saving;
    const changes = this.#unsavedChanges();
    if (Object.keys(changes).length === 0) return;
    this.#saving = this.#send(changes).finally(() => {
      this.#saving = undefined;
    });
    await this.#saving;
  }

  /** Return the fields that differ from what was last saved, without those that wait for the person's choice. */
  #unsavedChanges(): Changes {
    const inFlight = this.#sent.inFlight();
    const isUnsaved = ([name, text]: [string, string]): boolean => text !== this.#base[name] || inFlight.has(name);
    const changes = Object.entries(this.#formTexts()).filter((one) => isUnsaved(one) && !this.#conflicts.has(one[0]));
    return Object.fromEntries(changes);
  }

  /** Return the changes as the service accepts them; `was` holds each one's base digest, unless that is unknown. */
  #requestBody(changes: Changes, unknownBase: Set<string>): Record<string, unknown> {
    const values = Object.entries(changes).map(([name, text]) => [name, fieldValue(name, text)]);
    const known = Object.keys(changes).filter((name) => !unknownBase.has(name));
    const was = Object.fromEntries(known.map((name) => [name, this.#baseDigestInput(name)?.value]));
    return { ...Object.fromEntries(values), was };
  }

  /** Return the hidden input that holds the digest of a field's base; the form sends it too. */
  #baseDigestInput(name: string): HTMLInputElement | null {
    return this.form.querySelector<HTMLInputElement>(`input[name="was_${name}"]`);
  }

  /** A later `flushOnHide` may be in flight: if it is saved first, the service refuses this older change. */
  async #send(changes: Changes): Promise<void> {
    const response = callApi<Draft>("PATCH", `drafts/${this.draftId}`, this.#requestBody(changes, new Set()));
    try {
      this.#onSaved(changes, await this.#sent.track(changes, response));
    } catch (error) {
      if (!(error instanceof Problem) || error.slug !== CHANGED_ELSEWHERE)
        this.#showStatus(this.#errorMessage(error), true);
      else await this.#resolveConflicts(error.members.fields as string[], error);
    }
  }

  /** Record that these changes are saved. The response to a change is ignored once a later one is saved. */
  #onSaved(changes: Changes, draft: Draft): void {
    const confirmed = Object.entries(changes).filter(([name, text]) => this.#sent.confirm(name, text));
    if (confirmed.length === 0) return;
    for (const [name, text] of confirmed) this.#setBase(name, text, draft);
    this.#show(draft, { ...this.#base });
    this.#showSaveState();
  }

  /** Make the field's next changes from this text of the draft. */
  #setBase(name: string, text: string, draft: Draft): void {
    this.#base[name] = text;
    this.#baseDigestInput(name)?.setAttribute("value", draft.digests[name] ?? "");
  }

  /** The same, and forget what was sent before. */
  #resetBase(name: string, text: string, draft: Draft): void {
    this.#sent.forget(name);
    this.#setBase(name, text, draft);
  }

  /** Fields whose saved text this page sent itself, without having the response, are rebased; the person decides the others. */
  async #resolveConflicts(fields: string[], problem: Problem): Promise<void> {
    try {
      const draft = await callApi<Draft>("GET", `drafts/${this.draftId}`);
      this.#conflictProblem = problem;
      for (const name of fields) {
        const text = fieldText(draft, name);
        if (this.#sent.has(name, text) || isSameText(text, this.#base[name] ?? "")) this.#setBase(name, text, draft);
        else this.#askWhich(name, draft);
      }
      if (this.#conflicts.size > 0) this.#showSaveState();
      this.#schedule(0);
    } catch (error) {
      this.#showStatus(this.#errorMessage(error), true);
    }
  }

  #askWhich(name: string, draft: Draft): void {
    const field = this.form.querySelector<HTMLInputElement>(`[name="${name}"]`);
    if (!field || this.#conflicts.has(name)) return;
    const other = fieldText(draft, name);
    const keepMine = (): void => {
      this.#conflicts.get(name)?.();
      this.#conflicts.delete(name);
      if (this.#conflicts.size === 0) this.#leaveGuard.off();
      this.#resetBase(name, other, draft);
      if (Object.keys(this.#unsavedChanges()).length === 0) this.#showSaveState();
      this.#schedule(0);
    };
    const takeOther = (): void => {
      field.value = other;
      field.dispatchEvent(new CustomEvent("field:replaced"));
      keepMine();
      this.#load();
    };
    this.#conflicts.set(name, showConflict(field, other, { keepMine, takeOther }, this.t));
    this.#leaveGuard.on();
  }

  /** Send what is not known to be saved, without waiting for the response: the page may be about to close. */
  #flushOnHide(): void {
    const changes = this.#unsavedChanges();
    if (Object.keys(changes).length === 0) return;
    clearTimeout(this.#timer);
    const body = this.#requestBody(changes, this.#sent.inFlight());
    const response = sendRequest<Draft>("PATCH", apiUrl(`drafts/${this.draftId}`), body, undefined, true);
    void this.#sent.track(changes, response).then(
      (draft) => this.#onSaved(changes, draft),
      () => undefined,
    );
  }

  /** Show who has to approve, and give the lists what the service parsed in the text that was `sent`. */
  #show(draft: Draft, sent: Changes): void {
    this.#latest = { ...draft, sent };
    this.#publish();
    const message = approvalMessage(draft);
    this.#approval.hidden = !message;
    if (!message) return;
    const [key, n] = message;
    this.#approval.classList.toggle("approval--missing", key === "approver_missing");
    setText(this.#approval, this.t(key, { n }));
  }

  #publish(): void {
    if (this.#latest) document.dispatchEvent(new CustomEvent("draft:updated", { detail: this.#latest }));
  }

  /** Show that the draft is saved, or the problem while the person has to choose. */
  #showSaveState(): void {
    const hasConflicts = this.#conflicts.size > 0;
    this.#showStatus(hasConflicts ? this.#errorMessage(this.#conflictProblem) : this.#savedAt(), hasConflicts);
  }

  #savedAt(): string {
    const now = new Date();
    return this.t("saved_at", { hours: String(now.getHours()), minutes: String(now.getMinutes()).padStart(2, "0") });
  }

  #errorMessage(error: unknown): string {
    if (!(error instanceof Problem)) return this.t("not_saved", { why: this.t("unexpected_error") });
    if (error.slug === "session-expired") return this.t("session_expired");
    const why = error.message || this.t(isTransient(error.status) ? "no_connection" : "unexpected_error");
    return this.t("not_saved", { why });
  }

  #showStatus(text: string, isError: boolean): void {
    setText(this.#status, text);
    this.#status.classList.toggle("saved--wrong", isError);
    if (isError) this.#status.setAttribute("role", "alert");
    else this.#status.removeAttribute("role");
  }
}

export function enhance(root: HTMLElement): void {
  const { draft } = root.dataset;
  if (draft && root instanceof HTMLFormElement) new Autosave(root, draft, i18nOf(root).t);
}
