// Shows both versions of a field that was changed here and elsewhere; the person chooses one.
import { el } from "../page/dom";
import type { Translate } from "../page/i18n";

export interface Choices {
  keepMine: () => void;
  takeOther: () => void;
}

/** Show the saved version below its field, with a button for each version; return a function that removes them. */
export function showConflict(field: HTMLElement, other: string, choices: Choices, t: Translate): () => void {
  const saved = el("blockquote", { class: "message" }, other === "" ? t("empty") : other);
  const keep = el("button", { class: "button", type: "button", onclick: choices.keepMine }, t("keep_mine"));
  const take = el("button", { class: "button", type: "button", onclick: choices.takeOther }, t("take_other"));
  const box = el(
    "div",
    { class: "alert alert--warn", role: "alert" },
    el("p", { class: "alert__heading" }, t("changed_elsewhere")),
    saved,
    el("div", { class: "actions" }, keep, take),
  );
  (field.closest(".field") ?? field).after(box);
  box.closest("details")?.setAttribute("open", "");
  return () => box.remove();
}
