// Recipients as chips, on top of the plain field, which goes on holding everything for the form.
import { el, write } from "../page/dom";
import { wordsOf, type Say } from "../page/words";
import { addressIn, isAddress, split } from "./split";

export interface Known {
  address: string;
  role: string;
}

class Chips {
  private good: string[] = [];
  private bad: string[] = [];
  private readonly roles = new Map<string, string>();
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
    this.field = el("input", { class: "chips__field", type: "text", inputmode: "email", autocomplete: "off", autocapitalize: "off", spellcheck: "false", "aria-describedby": described });
    if (plain.getAttribute("aria-invalid")) this.field.setAttribute("aria-invalid", "true");
    this.box = el("div", { class: "chips" }, this.list, this.field);
    plain.after(this.box, el("p", { class: "unseen", id: hint }, say("chips_hint")), this.wrong, this.aloud);
    this.field.id = plain.id;
    plain.id = `${plain.id}-all`;
    plain.hidden = true;
    this.listen();
    this.add(plain.value, false);
  }

  /** What the service says of those it knows. */
  learn(known: Known[]): void {
    for (const { address, role } of known) this.roles.set(address.toLowerCase(), role);
    this.draw();
  }

  /** The plain field holds something else now. */
  private reread(): void {
    this.good = [];
    this.bad = [];
    this.add(this.plain.value, false);
  }

  private listen(): void {
    this.plain.addEventListener("island:replaced", () => this.reread());
    this.box.addEventListener("click", (event) => event.target === this.box && this.field.focus());
    this.field.addEventListener("keydown", (event) => this.key(event));
    this.field.addEventListener("blur", () => this.commit());
    this.field.addEventListener("input", () => this.typed());
    this.field.addEventListener("paste", (event) => this.pasted(event));
    this.list.addEventListener("keydown", (event) => this.keyOnChip(event));
  }

  /** A separator ends an address; a blank does when there is one before it. */
  private typed(): void {
    const { value } = this.field;
    if (/[;,]\s*$/.test(value) || (/\s$/.test(value) && isAddress(addressIn(value.trim())))) this.commit();
  }

  /** Whole addresses become chips; a part of one is pasted as into any field. */
  private pasted(event: ClipboardEvent): void {
    const text = (this.field.value + (event.clipboardData?.getData("text/plain") ?? "")).trim();
    if (!/[;,\s]/.test(text) && !isAddress(addressIn(text))) return;
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
    const { value } = this.field;
    if (value.trim() === "") return;
    this.field.value = "";
    this.add(value);
  }

  private add(text: string, isNews = true): void {
    const { good, bad } = split(text);
    const has = new Set(this.good.map((one) => one.toLowerCase()));
    const fresh = good.filter((one) => !has.has(one.toLowerCase()));
    this.good.push(...fresh);
    this.bad.push(...bad.filter((one) => !this.bad.includes(one)));
    if (isNews) {
      write(this.aloud, [fresh.length > 0 ? this.say("added", { n: fresh.length }) : "", bad.length > 0 ? this.say("not_read", { n: bad.length }) : ""].join(" ").trim());
    }
    this.draw(isNews);
  }

  private remove(at: number): void {
    const [gone] = this.good.splice(at, 1);
    if (gone === undefined) return;
    write(this.aloud, this.say("removed", { address: gone }));
    this.draw(true);
    (this.chip(Math.min(at, this.good.length - 1)) ?? this.field).focus();
  }

  private draw(isNews = false): void {
    const focused = [...this.list.children].findIndex((chip) => chip.contains(document.activeElement));
    this.list.replaceChildren(...this.good.map((address, at) => this.chipOf(address, at)));
    if (focused >= 0) this.chip(focused)?.focus();
    this.wrong.replaceChildren(...this.bad.map((text, at) => this.wrongOf(text, at)));
    this.wrong.hidden = this.bad.length === 0;
    const value = [...this.good, ...this.bad].join("\n");
    if (value === this.plain.value) return;
    this.plain.value = value;
    if (isNews) this.plain.dispatchEvent(new Event("input", { bubbles: true }));
  }

  private chipOf(address: string, at: number): HTMLElement {
    const role = this.roles.get(address.toLowerCase());
    const badge = role ? [el("span", { class: role === "agent" ? "badge badge--agent" : "badge" }, this.say(role === "agent" ? "agent" : "external"))] : [];
    const label = this.say("remove", { address });
    const button = el("button", { type: "button", tabindex: "-1", "aria-label": label, onclick: () => this.remove(at) }, "×");
    return el("li", { class: "chip" }, addressOf(address), ...badge, button);
  }

  private wrongOf(text: string, at: number): HTMLElement {
    const take = (): void => {
      this.bad.splice(at, 1);
      this.draw(true);
      this.field.focus();
    };
    const correct = (): void => {
      take();
      this.field.value = text;
    };
    return el(
      "li",
      {},
      this.say("wrong", { text }),
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
  document.addEventListener("island:saved", (event) => chips.learn((event as CustomEvent<{ recipients: Known[] }>).detail.recipients));
  document.dispatchEvent(new CustomEvent("island:recipients"));
}
