// Shows below the form when the draft was saved or why not, and above it who will have to approve.
import type { DraftResponse } from "../api/upload";
import { Problem } from "../page/api";
import { el, setText } from "../page/dom";
import type { Translate } from "../page/i18n";
import { isTransient } from "../page/retry";
import { approvalMessage } from "./draft";

export class DraftStatus {
  readonly saveState = el("p", { class: "saved" });
  readonly approval = el("p", { class: "approval", "aria-live": "polite", hidden: true });

  constructor(private readonly t: Translate) {}

  showApproval(draft: DraftResponse): void {
    const message = approvalMessage(draft);
    this.approval.hidden = !message;
    if (!message) return;
    const [key, n] = message;
    this.approval.classList.toggle("approval--missing", key === "approver_missing");
    setText(this.approval, this.t(key, { n }));
  }

  showSaved(): void {
    const now = new Date();
    const minutes = String(now.getMinutes()).padStart(2, "0");
    this.#show(this.t("saved_at", { hours: String(now.getHours()), minutes }), false);
  }

  showError(error: unknown): void {
    this.#show(this.#message(error), true);
  }

  #message(error: unknown): string {
    if (!(error instanceof Problem)) return this.t("not_saved", { why: this.t("unexpected_error") });
    if (error.slug === "session-expired") return this.t("session_expired");
    const why = error.message || this.t(isTransient(error.status) ? "no_connection" : "unexpected_error");
    return this.t("not_saved", { why });
  }

  #show(text: string, isError: boolean): void {
    setText(this.saveState, text);
    this.saveState.classList.toggle("saved--wrong", isError);
    if (isError) this.saveState.setAttribute("role", "alert");
    else this.saveState.removeAttribute("role");
  }
}
