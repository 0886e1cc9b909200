// Saves the draft while the person types.
import type { DraftChangedElsewhere, DraftEdit, DraftResponse, FieldDigests } from "../api/upload";
import { apiUrl, callApi, Problem, sendRequest } from "../page/api";
import { byRef } from "../page/dom";
import { i18nOf, type Translate } from "../page/i18n";
import { LeaveGuard } from "../page/leave-guard";
import type { ParsedRecipients } from "../recipients/entries";
import { showConflict } from "./conflict";
import { FIELDS, fieldText, fieldValue, isSameText } from "./draft";
import { type Changes, fitsKeepalive, SentChanges } from "./sent-changes";
import { DraftStatus } from "./status";

const SAVE_DELAY_MS = 1_200;
const CHANGED_ELSEWHERE = "draft-changed-elsewhere";

class Autosave {
  readonly #status: DraftStatus;
  /** The text of each field that the next change is made from. */
  readonly #base: Changes;
  #timer = 0;
  #saving: Promise<void> | undefined;
  #latest: (DraftResponse & ParsedRecipients) | undefined;
  readonly #sent = new SentChanges();
  /** The fields that wait for the person's choice, each with the function that removes the question. */
  readonly #conflicts = new Map<string, () => void>();
  #conflictProblem: Problem | undefined;
  /** The fields of which the last save has failed. */
  readonly #failed = new Set<string>();
  readonly #leaveGuard = new LeaveGuard();

  constructor(
    private readonly form: HTMLFormElement,
    private readonly draftId: string,
    private readonly t: Translate,
  ) {
    this.#status = new DraftStatus(t);
    this.#base = this.#formTexts();
    const known = byRef(form, "known-recipients");
    const bcc = form.querySelector("[data-field=bcc]")?.closest("details");
    (known ?? bcc)?.after(this.#status.approval);
    known?.remove();
    byRef(form, "unreadable")?.remove();
    (form.querySelector(":scope > .actions") ?? form).append(this.#status.saveState);
    this.#listen();
    this.#load();
  }

  #listen(): void {
    this.form.addEventListener("input", () => this.#onInput());
    this.form.addEventListener("change", () => this.#onInput());
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
    void callApi<DraftResponse>("GET", `drafts/${this.draftId}`).then(
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

  /** Save after a delay; at once if the changes would not be sent when the page is left. */
  #onInput(): void {
    this.#updateLeaveGuard();
    this.#schedule(fitsKeepalive(this.#unsavedChanges()) ? SAVE_DELAY_MS : 0);
  }

  /** Have the browser ask before the page is left, while that would lose a change. */
  #updateLeaveGuard(): void {
    const isTooLarge = !fitsKeepalive(this.#unsavedChanges());
    if (isTooLarge || this.#hasFailed() || this.#conflicts.size > 0) this.#leaveGuard.on();
    else this.#leaveGuard.off();
  }

  /** Say whether the last save of an unsaved change has failed. */
  #hasFailed(): boolean {
    return Object.keys(this.#unsavedChanges()).some((name) => this.#failed.has(name));
  }

  /** One request at a time, so that an older text never arrives after a newer one. */
  async #save(): Promise<void> {
    clearTimeout(this.#timer);
    while (this.#saving !== undefined) await this.#saving;
    const changes = this.#unsavedChanges();
    if (Object.keys(changes).length === 0) return;
    const response = callApi<DraftResponse>("PATCH", `drafts/${this.draftId}`, this.#requestBody(changes, new Set()));
    this.#saving = this.#send(changes, response).finally(() => {
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
  #requestBody(changes: Changes, unknownBase: Set<string>): DraftEdit {
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
  async #send(changes: Changes, response: Promise<DraftResponse>): Promise<void> {
    try {
      this.#onSaved(changes, await this.#sent.track(changes, response));
    } catch (error) {
      const isConflict = error instanceof Problem && error.slug === CHANGED_ELSEWHERE;
      if (isConflict) await this.#resolveConflicts((error.members as unknown as DraftChangedElsewhere).fields, error);
      else this.#fail(Object.keys(changes), error);
    } finally {
      this.#updateLeaveGuard();
    }
  }

  /** Record that these changes are saved. The response to a change is ignored once a later one is saved. */
  #onSaved(changes: Changes, draft: DraftResponse): void {
    const confirmed = Object.entries(changes).filter(([name, text]) => this.#sent.confirm(name, text));
    if (confirmed.length === 0) return;
    for (const [name, text] of confirmed) this.#setBase(name, text, draft);
    this.#show(draft, { ...this.#base });
    this.#showSaveState();
  }

  /** Make the field's next changes from this text of the draft. */
  #setBase(name: string, text: string, draft: DraftResponse): void {
    this.#base[name] = text;
    this.#failed.delete(name);
    this.#baseDigestInput(name)?.setAttribute("value", draft.digests[name as keyof FieldDigests] ?? "");
  }

  /** The same, and forget what was sent before. */
  #resetBase(name: string, text: string, draft: DraftResponse): void {
    this.#sent.forget(name);
    this.#setBase(name, text, draft);
  }

  /** Fields whose saved text this page sent itself, without having the response, are rebased; the person decides the others. */
  async #resolveConflicts(fields: string[], problem: Problem): Promise<void> {
    try {
      const draft = await callApi<DraftResponse>("GET", `drafts/${this.draftId}`);
      this.#conflictProblem = problem;
      for (const name of fields) {
        const text = fieldText(draft, name);
        if (this.#sent.has(name, text) || isSameText(text, this.#base[name] ?? "")) this.#setBase(name, text, draft);
        else this.#askWhich(name, draft);
      }
      if (this.#conflicts.size > 0) this.#showSaveState();
      this.#schedule(0);
    } catch (error) {
      this.#fail(fields, error);
    }
  }

  #askWhich(name: string, draft: DraftResponse): void {
    const field = this.form.querySelector<HTMLInputElement>(`[name="${name}"]`);
    if (!field || this.#conflicts.has(name)) return;
    const other = fieldText(draft, name);
    const keepMine = (): void => {
      this.#conflicts.get(name)?.();
      this.#conflicts.delete(name);
      this.#resetBase(name, other, draft);
      if (Object.keys(this.#unsavedChanges()).length === 0) this.#showSaveState();
      this.#updateLeaveGuard();
      this.#schedule(0);
    };
    const takeOther = (): void => {
      field.value = other;
      field.dispatchEvent(new CustomEvent("field:replaced"));
      keepMine();
      this.#load();
    };
    this.#conflicts.set(name, showConflict(field, other, { keepMine, takeOther }, this.t));
  }

  /**
   * Send what is not known to be saved, without waiting for the response: the page may be about to close. Each field has
   * its own request, so that one that is too large or was changed elsewhere holds up no other; the smallest goes first.
   */
  #flushOnHide(): void {
    clearTimeout(this.#timer);
    const inFlight = this.#sent.inFlight();
    const url = apiUrl(`drafts/${this.draftId}`);
    const fields = Object.entries(this.#unsavedChanges()).sort((one, other) => one[1].length - other[1].length);
    for (const [name, text] of fields) {
      const changes = { [name]: text };
      void this.#send(changes, sendRequest("PATCH", url, this.#requestBody(changes, inFlight), undefined, true));
    }
  }

  /** Show who has to approve, and give the lists what the service parsed in the text that was `sent`. */
  #show(draft: DraftResponse, sent: Changes): void {
    this.#latest = { ...draft, sent };
    this.#publish();
    this.#status.showApproval(draft);
  }

  #publish(): void {
    if (this.#latest) document.dispatchEvent(new CustomEvent("draft:updated", { detail: this.#latest }));
  }

  /** Show that the draft is saved, unless the person has to choose or the last save of something has failed. */
  #showSaveState(): void {
    if (this.#hasFailed()) return;
    if (this.#conflicts.size > 0) this.#status.showError(this.#conflictProblem);
    else this.#status.showSaved();
  }

  #fail(names: string[], error: unknown): void {
    for (const name of names) this.#failed.add(name);
    this.#status.showError(error);
  }
}

export function enhance(root: HTMLElement): void {
  const { draft } = root.dataset;
  if (draft && root instanceof HTMLFormElement) new Autosave(root, draft, i18nOf(root).t);
}
