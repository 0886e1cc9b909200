// The section of the files when scripts run: two buttons, the refused files, the progress, the list.
import { el, setText } from "../page/dom";
import type { I18n } from "../page/i18n";
import type { FileRefusal } from "./limits";

export interface ViewActions {
  onPick: (list: FileList) => void;
  pauseAll: () => void;
  resumeAll: () => void;
}

export class UploadView {
  readonly #list = el("ul", { class: "files" });
  readonly #total = el("p", { class: "soft" });
  readonly #refused = el("div", { role: "alert" });
  readonly #notice = el("div", { role: "status" });
  readonly #bar = el("progress", { class: "sending__bar", max: 1, value: 0 });
  readonly #text = el("p", { class: "sending__text" });
  readonly #pauseButton = el("button", { type: "button", class: "button" });
  readonly #progress: HTMLElement;
  readonly #liveRegion = el("p", { class: "unseen", "aria-live": "polite" });
  readonly #inputs: { files: HTMLInputElement; folder: HTMLInputElement };
  readonly #title = document.title;
  #canPause = true;

  constructor(
    root: HTMLElement,
    private readonly i18n: I18n,
    private readonly actions: ViewActions,
    limits: string,
  ) {
    const { t } = i18n;
    this.#inputs = { files: this.#fileInput({ multiple: true }), folder: this.#fileInput({ webkitdirectory: true }) };
    this.#pauseButton.addEventListener("click", () => (this.#canPause ? actions.pauseAll() : actions.resumeAll()));
    this.#bar.setAttribute("aria-label", t("all_files"));
    this.#progress = el("div", { class: "sending", hidden: true }, this.#bar, this.#text, this.#pauseButton);
    for (const old of [...root.children].slice(1)) old.remove();
    const drop = this.#dropArea(limits);
    root.append(this.#refused, this.#notice, this.#list, this.#total, this.#progress, drop, this.#liveRegion);
  }

  addRow(row: HTMLElement): void {
    this.#list.append(row);
  }

  /** Open the browser's file dialog. */
  openPicker(): void {
    this.#inputs.files.click();
  }

  showTotal(count: number, bytes: number): void {
    this.#total.hidden = this.#list.hidden = count === 0;
    setText(this.#total, `${this.i18n.t("count", { n: count })} · ${this.i18n.formatSize(bytes)}`);
  }

  /** Show the refused files, each with its reason, in the place of those shown before. */
  showRefused(refusals: FileRefusal[]): void {
    this.#refused.replaceChildren();
    if (refusals.length === 0) return;
    const { t } = this.i18n;
    const items = refusals.map(({ path, reason, values }) =>
      el("li", {}, el("strong", {}, path || t("no_name")), ` – ${t(reason, values)}`),
    );
    const heading = el("p", { class: "alert__heading" }, t("refused", { n: refusals.length }));
    this.#refused.append(el("div", { class: "alert alert--wrong" }, heading, el("ul", {}, ...items)));
  }

  /** Show sentences that are no refusals (empty folders, another tab) in the place of those shown before. */
  showNotice(...sentences: string[]): void {
    this.#notice.replaceChildren();
    if (sentences.length === 0) return;
    this.#notice.append(
      el("div", { class: "alert alert--warn" }, ...sentences.map((sentence) => el("p", {}, sentence))),
    );
  }

  /** Set the bar, and the text unless it is empty. */
  showProgress(sentBytes: number, sizeBytes: number, text: string): void {
    this.#progress.hidden = false;
    this.#bar.value = sizeBytes > 0 ? sentBytes / sizeBytes : 0;
    if (text) {
      setText(this.#text, text);
      document.title = `${this.i18n.t("percent", { percent: percentOf(sentBytes, sizeBytes) })} – ${this.#title}`;
    }
  }

  setCanPause(canPause: boolean): void {
    this.#canPause = canPause;
    setText(this.#pauseButton, this.i18n.t(canPause ? "pause_all" : "resume_all"));
  }

  hideProgress(): void {
    this.#progress.hidden = true;
    document.title = this.#title;
  }

  /** Have screen readers say a sentence that is not visible. */
  announce(sentence: string): void {
    setText(this.#liveRegion, sentence);
  }

  #dropArea(limits: string): HTMLElement {
    const { t } = this.i18n;
    const { files, folder } = this.#inputs;
    const folders = "webkitdirectory" in folder ? [this.#chooseButton("folder")] : [];
    const anywhere = el("span", { class: "soft" }, t("drop_anywhere"));
    return el(
      "div",
      { class: "drop" },
      el("p", { class: "hint" }, limits),
      el("div", { class: "drop__row" }, this.#chooseButton("files"), ...folders, anywhere),
      files,
      folder,
    );
  }

  #chooseButton(kind: "files" | "folder"): HTMLButtonElement {
    const onclick = (): void => this.#inputs[kind].click();
    const properties = { type: "button", class: "button", "data-choose": kind, onclick };
    return el("button", properties, this.i18n.t(`choose_${kind}`));
  }

  #fileInput(properties: Record<string, boolean>): HTMLInputElement {
    const label = this.i18n.t("choose_files");
    const input = el("input", { type: "file", hidden: true, "aria-label": label, ...properties });
    input.addEventListener("change", () => {
      if (input.files?.length) this.actions.onPick(input.files);
      input.value = "";
    });
    return input;
  }
}

export function percentOf(sentBytes: number, sizeBytes: number): number {
  return sizeBytes > 0 ? Math.floor((100 * sentBytes) / sizeBytes) : 100;
}
