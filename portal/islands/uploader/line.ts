// One file in the list: its name, where it stands, and what can be done with it.
import { el, write } from "../page/dom";
import type { Vocabulary } from "../page/words";

export type State = "wanted" | "queued" | "sending" | "paused" | "failed" | "complete";
export type Act = "pause" | "resume" | "retry" | "pick" | "remove";

const ACTS: Record<State, Act[]> = {
  wanted: ["pick", "remove"],
  queued: ["remove"],
  sending: ["pause", "remove"],
  paused: ["resume", "remove"],
  failed: ["retry", "remove"],
  complete: ["remove"],
};

export interface Shown {
  path: string;
  size: number;
  state: State;
  sent: number;
  isLost: boolean;
  why: string;
}

export class Line {
  readonly place: HTMLLIElement;
  private readonly said = el("span", { class: "file__state" });
  private readonly bar = el("progress", { class: "file__bar", max: 1, value: 0, hidden: true });
  private readonly acts = el("span", { class: "file__acts" });
  private state: State | undefined;

  constructor(
    private readonly words: Vocabulary,
    private readonly shown: Shown,
    private readonly act: (act: Act) => void,
  ) {
    const at = shown.path.lastIndexOf("/") + 1;
    const folder = at > 0 ? [el("span", { class: "file__folder" }, shown.path.slice(0, at))] : [];
    const name = el("span", { class: "file__name" }, ...folder, shown.path.slice(at));
    this.bar.setAttribute("aria-label", shown.path);
    this.place = el(
      "li",
      { class: "file" },
      name,
      el("span", { class: "file__size" }, words.size(shown.size)),
      this.said,
      this.acts,
      this.bar,
    );
    this.show();
  }

  /** As it is now. */
  show(): void {
    const { state, sent, isLost, size, why } = this.shown;
    this.bar.hidden = state !== "sending" && state !== "paused";
    this.bar.value = size > 0 ? sent / size : 0;
    const percent = size > 0 ? Math.floor((100 * sent) / size) : 0;
    const key =
      state === "wanted" && isLost
        ? "state_wanted_lost"
        : state === "wanted" && sent > 0
          ? "state_wanted_begun"
          : `state_${state}`;
    const sending = isLost ? this.words.say("state_sending_lost") : "";
    write(this.said, state === "sending" ? sending : [this.words.say(key, { percent }), why].filter(Boolean).join(" "));
    if (state === this.state) return;
    this.state = state;
    this.place.dataset["state"] = state;
    const held = this.acts.contains(document.activeElement);
    this.acts.replaceChildren(...ACTS[state].map((act) => this.button(act)));
    if (held) this.acts.querySelector("button")?.focus();
  }

  private button(act: Act): HTMLButtonElement {
    const name = el("span", { class: "unseen" }, ` ${this.shown.path}`);
    return el(
      "button",
      { type: "button", class: "plain", onclick: () => this.act(act) },
      this.words.say(`act_${act}`),
      name,
    );
  }
}
