// Recipients as chips, on top of the plain field, which goes on holding everything for the form. The service reads them.
import { el, write } from "../page/dom";
import { type Say, wordsOf } from "../page/words";
import { type Line, linesOf, linesRead, type Reading, typedOn } from "./lines";

class Chips {
  private lines: Line[] = [];
  private readonly list = el("ul");
  private readonly field: HTMLInputElement;
  private readonly wrong = el("ul", { class: "chips__wrong" });
  private readonly aloud = el("p", { class: "unseen", "aria-live": "polite" });
  private readonly box: HTMLElement;

  constructor(
    private readonly plain: HTMLTextAreaElement,
    private readonly say: Say,
  ) {
    const hint = `${plain.id}-chips`;
    const described = [plain.getAttribute("aria-describedby"), hint].filter(Boolean).join(" ");
    this.field = el("input", {
      class: "chips__field",
      type: "text",
      inputmode: "email",
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: "false",
      "aria-describedby": described,
    });
    if (plain.getAttribute("aria-invalid")) this.field.setAttribute("aria-invalid", "true");
    this.box = el("div", { class: "chips" }, this.list, this.field);
    plain.after(this.box, el("p", { class: "unseen", id: hint }, say("chips_hint")), this.wrong, this.aloud);
    this.field.id = plain.id;
    plain.id = `${plain.id}-all`;
    plain.hidden = true;
    this.listen();
    this.lines = linesOf(plain.value);
    this.draw();
  }

  /** What the service read takes the place of what was typed, unless something was typed since. */
  learn(reading: Reading): void {
    const { name, value } = this.plain;
    const read = linesRead(reading, name);
    if (typedOn(reading, name, value, read)) return;
    const known = new Set(this.lines.filter((line) => line.role ?? line.wrong).map((line) => line.text));
    const fresh = read.filter((line) => !known.has(line.text));
    if (this.lines.some((line) => !known.has(line.text))) this.tell(fresh);
    this.lines = read;
    this.draw();
    document.dispatchEvent(new CustomEvent("island:read", { detail: { [name]: this.plain.value } }));
  }

  private get good(): Line[] {
    return this.lines.filter((line) => !line.wrong);
  }

  private get bad(): Line[] {
    return this.lines.filter((line) => line.wrong);
  }

  private tell(fresh: Line[]): void {
    const bad = fresh.filter((line) => line.wrong).length;
    const good = fresh.length - bad;
    write(
      this.aloud,
      [good > 0 ? this.say("added", { n: good }) : "", bad > 0 ? this.say("not_read", { n: bad }) : ""]
        .join(" ")
        .trim(),
    );
  }

  /** The plain field holds something else now. */
  private reread(): void {
    this.lines = linesOf(this.plain.value);
    this.draw();
  }

  private listen(): void {
    this.plain.addEventListener("island:replaced", () => this.reread());
    this.box.addEventListener("click", (event) => event.target === this.box && this.field.focus());
    this.field.addEventListener("keydown", (event) => this.key(event));
    this.field.addEventListener("blur", () => this.commit());
    addEventListener("visibilitychange", () => document.hidden && this.put(this.rest()), true);
    this.field.addEventListener("input", () => this.typed());
    this.field.addEventListener("paste", (event) => this.pasted(event));
    this.list.addEventListener("keydown", (event) => this.keyOnChip(event));
  }

  /** A separator or a blank after an address ends it; a comma after a word may be part of a name. */
  private typed(): void {
    if (/;\s*$|@\S+,\s*$|@[^\s@]+\.[^\s@]+\s$/.test(this.field.value)) this.commit();
  }

  /** Lists and addresses are read; a part of one is pasted as into any field. */
  private pasted(event: ClipboardEvent): void {
    const text = (this.field.value + (event.clipboardData?.getData("text/plain") ?? "")).trim();
    if (!/[;,\s@]/.test(text)) return;
    event.preventDefault();
    this.field.value = "";
    this.add(text);
  }

  private key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === "Enter") {
      event.preventDefault();
      this.commit();
    }
    const isAtStart = this.field.selectionStart === 0 && this.field.selectionEnd === 0;
    if (isAtStart && (event.key === "Backspace" || event.key === "ArrowLeft") && this.good.length > 0) {
      event.preventDefault();
      this.chip(this.good.length - 1)?.focus();
    }
  }

  /** On a chip: the first Backspace has selected it, the next one removes it. */
  private keyOnChip(event: KeyboardEvent): void {
    const at = [...this.list.children].findIndex((chip) => chip.contains(event.target as Node));
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: this.good.length }[event.key];
    if (event.key === "Backspace" || event.key === "Delete") this.remove(at);
    else if (to !== undefined) (this.chip(Math.max(0, to)) ?? this.field).focus();
    else return;
    event.preventDefault();
  }

  private commit(): void {
    const rest = this.rest();
    if (rest.trim() !== "") this.add(rest);
  }

  /** What was typed and not ended yet leaves the field. */
  private rest(): string {
    const { value } = this.field;
    this.field.value = "";
    return value;
  }

  private add(text: string): void {
    this.put(text);
    this.save();
  }

  /** Into the plain field, without saving: a page that is hidden saves by itself. */
  private put(text: string): void {
    const known = new Set(this.lines.map((line) => line.text));
    this.lines.push(...linesOf(text).filter((line) => !known.has(line.text)));
    this.draw();
  }

  private remove(at: number): void {
    const gone = this.good[at];
    if (!gone) return;
    this.lines = this.lines.filter((line) => line !== gone);
    write(this.aloud, this.say("removed", { address: gone.text }));
    this.draw();
    this.save();
    (this.chip(Math.min(at, this.good.length - 1)) ?? this.field).focus();
  }

  private draw(): void {
    const focused = [...this.list.children].findIndex((chip) => chip.contains(document.activeElement));
    const buttons = [...this.wrong.querySelectorAll("button")].findIndex((button) => button === document.activeElement);
    this.list.replaceChildren(...this.good.map((line, at) => this.chipOf(line, at)));
    this.wrong.replaceChildren(...this.bad.map((line) => this.wrongOf(line)));
    this.wrong.hidden = this.bad.length === 0;
    if (focused >= 0) (this.chip(focused) ?? this.field).focus();
    if (buttons >= 0) (this.wrong.querySelectorAll("button")[buttons] ?? this.field).focus();
    this.plain.value = this.lines.map((line) => line.text).join("\n");
  }

  /** At once, because the service says what it read; later once more, if that did not succeed. */
  private save(): void {
    this.plain.dispatchEvent(new Event("input", { bubbles: true }));
    document.dispatchEvent(new CustomEvent("island:save"));
  }

  private chipOf({ text, role }: Line, at: number): HTMLElement {
    const badge = role
      ? [
          el(
            "span",
            { class: role === "agent" ? "badge badge--agent" : "badge" },
            this.say(role === "agent" ? "agent" : "external"),
          ),
        ]
      : [];
    const label = this.say("remove", { address: text });
    const button = el(
      "button",
      { type: "button", tabindex: "-1", "aria-label": label, onclick: () => this.remove(at) },
      "×",
    );
    return el("li", { class: "chip" }, addressOf(text), ...badge, button);
  }

  private wrongOf(line: Line): HTMLElement {
    const { text, wrong = { reason: "", character: "" } } = line;
    const take = (): void => {
      this.lines = this.lines.filter((one) => one !== line);
      this.draw();
      this.save();
      this.field.focus();
    };
    const correct = (): void => {
      take();
      this.field.value = text;
    };
    const why = this.say(`reason_${wrong.reason.replaceAll("-", "_")}`, { character: wrong.character });
    return el(
      "li",
      {},
      this.say("wrong", { text, why }),
      " ",
      el("button", { type: "button", class: "plain", onclick: correct }, this.say("correct")),
      " ",
      el("button", { type: "button", class: "plain", onclick: take }, this.say("drop")),
    );
  }

  private chip(at: number): HTMLButtonElement | null {
    return this.list.children[at]?.querySelector("button") ?? null;
  }
}

/** Breaks before its `@` if it must. */
function addressOf(address: string): HTMLElement {
  const at = address.lastIndexOf("@");
  return el("span", { class: "chip__address" }, address.slice(0, at), el("wbr"), address.slice(at));
}

export function enhance(place: HTMLElement): void {
  const plain = place.querySelector("textarea");
  if (!plain) return;
  const chips = new Chips(plain, wordsOf(place).say);
  document.addEventListener("island:saved", (event) => chips.learn((event as CustomEvent<Reading>).detail));
  document.dispatchEvent(new CustomEvent("island:recipients"));
}
