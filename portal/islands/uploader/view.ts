// The section of the files as it is with scripts: two buttons, what was refused, how far it is, the list.
import { el, write } from "../page/dom";
import type { Vocabulary } from "../page/words";
import type { Refusal } from "./limits";

export interface Wishes {
  picked: (list: FileList) => void;
  pauseAll: () => void;
  resumeAll: () => void;
}

export interface Progress {
  sent: number;
  size: number;
  files: number;
  text: string;
}

export class View {
  private readonly list = el("ul", { class: "files" });
  private readonly total = el("p", { class: "soft" });
  private readonly refused = el("div", { role: "alert" });
  private readonly noted = el("div", { role: "status" });
  private readonly bar = el("progress", { class: "sending__bar", max: 1, value: 0 });
  private readonly text = el("p", { class: "sending__text" });
  private readonly pauses = el("button", { type: "button", class: "button" });
  private readonly sending: HTMLElement;
  private readonly aloud = el("p", { class: "unseen", "aria-live": "polite" });
  private readonly inputs: { files: HTMLInputElement; folder: HTMLInputElement };
  private readonly title = document.title;
  private canPause = true;

  constructor(
    place: HTMLElement,
    private readonly words: Vocabulary,
    private readonly wishes: Wishes,
    limits: string,
  ) {
    const { say } = words;
    this.inputs = { files: this.input({ multiple: true }), folder: this.input({ webkitdirectory: true }) };
    const choose = (kind: "files" | "folder"): HTMLButtonElement =>
      el(
        "button",
        { type: "button", class: "button", "data-choose": kind, onclick: () => this.inputs[kind].click() },
        say(`choose_${kind}`),
      );
    const folders = "webkitdirectory" in this.inputs.folder ? [choose("folder")] : [];
    this.pauses.addEventListener("click", () => (this.canPause ? wishes.pauseAll() : wishes.resumeAll()));
    this.bar.setAttribute("aria-label", say("all_files"));
    this.sending = el("div", { class: "sending", hidden: true }, this.bar, this.text, this.pauses);
    const drop = el(
      "div",
      { class: "drop" },
      el("p", { class: "hint" }, limits),
      el(
        "div",
        { class: "drop__row" },
        choose("files"),
        ...folders,
        el("span", { class: "soft" }, say("drop_anywhere")),
      ),
      this.inputs.files,
      this.inputs.folder,
    );
    for (const old of [...place.children].slice(1)) old.remove();
    place.append(this.refused, this.noted, this.list, this.total, this.sending, drop, this.aloud);
  }

  add(line: HTMLElement): void {
    this.list.append(line);
  }

  /** Let somebody choose files again, for one that is waited for. */
  choose(): void {
    this.inputs.files.click();
  }

  sums(count: number, bytes: number): void {
    this.total.hidden = this.list.hidden = count === 0;
    write(this.total, `${this.words.say("count", { n: count })} · ${this.words.size(bytes)}`);
  }

  /** What may not come, each with its reason; nothing wipes what was said before. */
  refuse(refusals: Refusal[]): void {
    this.refused.replaceChildren();
    if (refusals.length === 0) return;
    const lines = refusals.map(({ path, reason, values }) =>
      el("li", {}, el("strong", {}, path || this.words.say("no_name")), ` – ${this.words.say(reason, values)}`),
    );
    const heading = el("p", { class: "alert__heading" }, this.words.say("refused", { n: refusals.length }));
    this.refused.append(el("div", { class: "alert alert--wrong" }, heading, el("ul", {}, ...lines)));
  }

  /** A sentence that is no refusal: empty folders, another tab. */
  note(...sentences: string[]): void {
    this.noted.replaceChildren();
    if (sentences.length === 0) return;
    this.noted.append(el("div", { class: "alert alert--warn" }, ...sentences.map((sentence) => el("p", {}, sentence))));
  }

  /** The bar at every call, the text when there is another one. */
  progress({ sent, size, text }: Progress): void {
    this.sending.hidden = false;
    this.bar.value = size > 0 ? sent / size : 0;
    if (text) {
      write(this.text, text);
      document.title = `${this.words.say("percent", { percent: percentOf(sent, size) })} – ${this.title}`;
    }
  }

  pausing(canPause: boolean): void {
    this.canPause = canPause;
    write(this.pauses, this.words.say(canPause ? "pause_all" : "resume_all"));
  }

  over(): void {
    this.sending.hidden = true;
    document.title = this.title;
  }

  /** Heard, not seen. */
  say(sentence: string): void {
    write(this.aloud, sentence);
  }

  private input(kind: Record<string, boolean>): HTMLInputElement {
    const input = el("input", { type: "file", hidden: true, "aria-label": this.words.say("choose_files"), ...kind });
    input.addEventListener("change", () => {
      if (input.files?.length) this.wishes.picked(input.files);
      input.value = "";
    });
    return input;
  }
}

export function percentOf(sent: number, size: number): number {
  return size > 0 ? Math.floor((100 * sent) / size) : 100;
}
