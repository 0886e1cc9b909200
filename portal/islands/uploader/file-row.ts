// The row of one file in the list: its name, its state, and the actions on it.
import { el, setText } from "../page/dom";
import type { I18n } from "../page/i18n";

/** `incomplete`: the draft holds the file, but its missing bytes can only be sent once it is picked again. */
export type FileState = "incomplete" | "queued" | "sending" | "paused" | "failed" | "complete";
export type FileAction = "pause" | "resume" | "retry" | "pick" | "remove";

const ACTIONS: Record<FileState, FileAction[]> = {
  incomplete: ["pick", "remove"],
  queued: ["remove"],
  sending: ["pause", "remove"],
  paused: ["resume", "remove"],
  failed: ["retry", "remove"],
  complete: ["remove"],
};

export interface FileStatus {
  path: string;
  sizeBytes: number;
  state: FileState;
  sentBytes: number;
  isLost: boolean;
  error: string;
}

export class FileRow {
  readonly element: HTMLLIElement;
  readonly #stateText = el("span", { class: "file__state" });
  readonly #bar = el("progress", { class: "file__bar", max: 1, value: 0, hidden: true });
  readonly #buttons = el("span", { class: "file__actions" });
  #shownState: FileState | undefined;

  constructor(
    private readonly i18n: I18n,
    private readonly status: FileStatus,
    private readonly onAction: (action: FileAction) => void,
  ) {
    const { path, sizeBytes } = status;
    const start = path.lastIndexOf("/") + 1;
    const folder = start > 0 ? [el("span", { class: "file__folder" }, path.slice(0, start))] : [];
    const name = el("span", { class: "file__name" }, ...folder, path.slice(start));
    const size = el("span", { class: "file__size" }, i18n.formatSize(sizeBytes));
    this.#bar.setAttribute("aria-label", path);
    this.element = el("li", { class: "file" }, name, size, this.#stateText, this.#buttons, this.#bar);
    this.render();
  }

  /** Show the status as it is now. */
  render(): void {
    const { state, sentBytes, sizeBytes } = this.status;
    this.#bar.hidden = state !== "sending" && state !== "paused";
    this.#bar.value = sizeBytes > 0 ? sentBytes / sizeBytes : 0;
    setText(this.#stateText, this.#describe());
    if (state === this.#shownState) return;
    this.#shownState = state;
    this.element.dataset.state = state;
    const hadFocus = this.#buttons.contains(document.activeElement);
    this.#buttons.replaceChildren(...ACTIONS[state].map((action) => this.#button(action)));
    if (hadFocus) this.#buttons.querySelector("button")?.focus();
  }

  #describe(): string {
    const { state, sentBytes, isLost, sizeBytes, error } = this.status;
    if (state === "sending") return isLost ? this.i18n.t("state_sending_lost") : "";
    const percent = sizeBytes > 0 ? Math.floor((100 * sentBytes) / sizeBytes) : 0;
    let key = `state_${state}`;
    if (state === "incomplete" && isLost) key = "state_incomplete_lost";
    else if (state === "incomplete" && sentBytes > 0) key = "state_incomplete_started";
    return [this.i18n.t(key, { percent }), error].filter(Boolean).join(" ");
  }

  #button(action: FileAction): HTMLButtonElement {
    const name = el("span", { class: "unseen" }, ` ${this.status.path}`);
    const onclick = (): void => this.onAction(action);
    return el("button", { type: "button", class: "plain", onclick }, this.i18n.t(`action_${action}`), name);
  }
}
