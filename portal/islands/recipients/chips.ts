// Shows recipients as chips above the text area, which still holds all of them for the form. The service parses them.

import { el, setText } from "../page/dom";
import { i18nOf, type Translate } from "../page/i18n";
import { type Entry, isStale, type ParsedRecipients, parsedEntries, splitEntries } from "./entries";

class RecipientChips {
  #entries: Entry[] = [];
  readonly #list = el("ul");
  readonly #input: HTMLInputElement;
  readonly #invalidList = el("ul", { class: "chips__wrong" });
  readonly #liveRegion = el("p", { class: "unseen", "aria-live": "polite" });
  readonly #box: HTMLElement;

  constructor(
    private readonly area: HTMLTextAreaElement,
    private readonly t: Translate,
  ) {
    const hint = `${area.id}-chips`;
    const described = [area.getAttribute("aria-describedby"), hint].filter(Boolean).join(" ");
    this.#input = el("input", {
      class: "chips__field",
      type: "text",
      inputmode: "email",
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: "false",
      "aria-describedby": described,
    });
    if (area.getAttribute("aria-invalid")) this.#input.setAttribute("aria-invalid", "true");
    this.#box = el("div", { class: "chips" }, this.#list, this.#input);
    area.after(this.#box, el("p", { class: "unseen", id: hint }, t("chips_hint")), this.#invalidList, this.#liveRegion);
    this.#input.id = area.id;
    area.id = `${area.id}-all`;
    area.hidden = true;
    this.#listen();
    this.#entries = splitEntries(area.value);
    this.#render();
  }

  /** Replace what was typed with what the service parsed, unless something was typed since it was sent. */
  update(recipients: ParsedRecipients): void {
    const { name, value } = this.area;
    const parsed = parsedEntries(recipients, name);
    if (isStale(recipients, name, value, parsed)) return;
    const known = new Set(this.#entries.filter((entry) => entry.role ?? entry.invalid).map((entry) => entry.text));
    const fresh = parsed.filter((entry) => !known.has(entry.text));
    if (this.#entries.some((entry) => !known.has(entry.text))) this.#announce(fresh);
    this.#entries = parsed;
    this.#render();
    document.dispatchEvent(new CustomEvent("recipients:parsed", { detail: { [name]: this.area.value } }));
  }

  get #valid(): Entry[] {
    return this.#entries.filter((entry) => !entry.invalid);
  }

  get #invalid(): Entry[] {
    return this.#entries.filter((entry) => entry.invalid);
  }

  /** Have screen readers say how many entries the service parsed, and how many are no addresses. */
  #announce(fresh: Entry[]): void {
    const invalid = fresh.filter((entry) => entry.invalid).length;
    const valid = fresh.length - invalid;
    const added = valid > 0 ? this.t("added", { n: valid }) : "";
    const rejected = invalid > 0 ? this.t("added_invalid", { n: invalid }) : "";
    setText(this.#liveRegion, `${added} ${rejected}`.trim());
  }

  /** Show what the text area holds after a script has replaced it. */
  #reload(): void {
    this.#entries = splitEntries(this.area.value);
    this.#render();
  }

  #listen(): void {
    this.area.addEventListener("field:replaced", () => this.#reload());
    this.#box.addEventListener("click", (event) => event.target === this.#box && this.#input.focus());
    this.#input.addEventListener("keydown", (event) => this.#onInputKey(event));
    this.#input.addEventListener("blur", () => this.#commit());
    addEventListener("visibilitychange", () => document.hidden && this.#insert(this.#takeInput()), true);
    this.#input.addEventListener("input", () => this.#onInput());
    this.#input.addEventListener("paste", (event) => this.#onPaste(event));
    this.#list.addEventListener("keydown", (event) => this.#onChipKey(event));
  }

  /** A separator or a blank after an address ends it; a comma after a word may be part of a name. */
  #onInput(): void {
    if (/;\s*$|@\S+,\s*$|@[^\s@]+\.[^\s@]+\s$/.test(this.#input.value)) this.#commit();
  }

  /** Add lists and addresses at once; let the browser paste a part of an address into the input. */
  #onPaste(event: ClipboardEvent): void {
    const text = (this.#input.value + (event.clipboardData?.getData("text/plain") ?? "")).trim();
    if (!/[;,\s@]/.test(text)) return;
    event.preventDefault();
    this.#input.value = "";
    this.#add(text);
  }

  #onInputKey(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === "Enter") {
      event.preventDefault();
      this.#commit();
    }
    const isAtStart = this.#input.selectionStart === 0 && this.#input.selectionEnd === 0;
    if (isAtStart && (event.key === "Backspace" || event.key === "ArrowLeft") && this.#valid.length > 0) {
      event.preventDefault();
      this.#chipButton(this.#valid.length - 1)?.focus();
    }
  }

  /** On a chip: the first Backspace has selected it, the next one removes it. */
  #onChipKey(event: KeyboardEvent): void {
    const index = [...this.#list.children].findIndex((chip) => chip.contains(event.target as Node));
    const to = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: this.#valid.length }[event.key];
    if (event.key === "Backspace" || event.key === "Delete") this.#remove(index);
    else if (to !== undefined) (this.#chipButton(Math.max(0, to)) ?? this.#input).focus();
    else return;
    event.preventDefault();
  }

  #commit(): void {
    const text = this.#takeInput();
    if (text.trim() !== "") this.#add(text);
  }

  /** Return what is in the input, and empty it. */
  #takeInput(): string {
    const { value } = this.#input;
    this.#input.value = "";
    return value;
  }

  #add(text: string): void {
    this.#insert(text);
    this.#save();
  }

  /** Add the entries of a text without saving: a page that is hidden saves by itself. */
  #insert(text: string): void {
    const known = new Set(this.#entries.map((entry) => entry.text));
    this.#entries.push(...splitEntries(text).filter((entry) => !known.has(entry.text)));
    this.#render();
  }

  #remove(index: number): void {
    const removed = this.#valid[index];
    if (!removed) return;
    this.#entries = this.#entries.filter((entry) => entry !== removed);
    setText(this.#liveRegion, this.t("removed", { address: removed.text }));
    this.#render();
    this.#save();
    (this.#chipButton(Math.min(index, this.#valid.length - 1)) ?? this.#input).focus();
  }

  /** Show the entries and write them to the text area; the focus stays where it was. */
  #render(): void {
    const focusedChip = [...this.#list.children].findIndex((chip) => chip.contains(document.activeElement));
    const buttons: (Element | null)[] = [...this.#invalidList.querySelectorAll("button")];
    const focusedButton = buttons.indexOf(document.activeElement);
    this.#list.replaceChildren(...this.#valid.map((entry, index) => this.#chip(entry, index)));
    this.#invalidList.replaceChildren(...this.#invalid.map((entry) => this.#invalidItem(entry)));
    this.#invalidList.hidden = this.#invalid.length === 0;
    if (focusedChip >= 0) (this.#chipButton(focusedChip) ?? this.#input).focus();
    if (focusedButton >= 0) (this.#invalidList.querySelectorAll("button")[focusedButton] ?? this.#input).focus();
    this.area.value = this.#entries.map((entry) => entry.text).join("\n");
  }

  /** Save at once, because the service has to parse the list; the `input` event schedules a retry. */
  #save(): void {
    this.area.dispatchEvent(new Event("input", { bubbles: true }));
    document.dispatchEvent(new CustomEvent("draft:save"));
  }

  #chip({ text, role }: Entry, index: number): HTMLElement {
    const isAgent = role === "agent";
    const badge = el(
      "span",
      { class: isAgent ? "badge badge--agent" : "badge" },
      this.t(isAgent ? "agent" : "external"),
    );
    const button = el(
      "button",
      {
        type: "button",
        tabindex: "-1",
        "aria-label": this.t("remove", { address: text }),
        onclick: () => this.#remove(index),
      },
      "×",
    );
    return el("li", { class: "chip" }, breakableAddress(text), ...(role ? [badge] : []), button);
  }

  #invalidItem(entry: Entry): HTMLElement {
    const { text, invalid = { reason: "", character: "" } } = entry;
    const discard = (): void => {
      this.#entries = this.#entries.filter((one) => one !== entry);
      this.#render();
      this.#save();
      this.#input.focus();
    };
    const correct = (): void => {
      discard();
      this.#input.value = text;
    };
    const why = this.t(`reason_${invalid.reason.replaceAll("-", "_")}`, { character: invalid.character });
    return el(
      "li",
      {},
      this.t("invalid", { text, why }),
      " ",
      el("button", { type: "button", class: "plain", onclick: correct }, this.t("correct")),
      " ",
      el("button", { type: "button", class: "plain", onclick: discard }, this.t("discard")),
    );
  }

  #chipButton(index: number): HTMLButtonElement | null {
    return this.#list.children[index]?.querySelector("button") ?? null;
  }
}

/** Return the address, with a place before its `@` where a line may break. */
function breakableAddress(address: string): HTMLElement {
  const at = address.lastIndexOf("@");
  return el("span", { class: "chip__address" }, address.slice(0, at), el("wbr"), address.slice(at));
}

export function enhance(root: HTMLElement): void {
  const area = root.querySelector("textarea");
  if (!area) return;
  const chips = new RecipientChips(area, i18nOf(root).t);
  document.addEventListener("draft:updated", (event) => chips.update((event as CustomEvent<ParsedRecipients>).detail));
  document.dispatchEvent(new CustomEvent("recipients:ready"));
}
