// A field that was changed elsewhere while it was being changed here: both versions are shown, and the person decides.
import { el } from "../page/dom";
import type { Say } from "../page/words";

/** The fields of a draft as the service answers them. */
export interface Fields {
  recipients: { shown: string; field: string }[];
  unreadable: { text: string; field: string }[];
  subject: string;
  text: string;
  validity_days: number;
}

/** What the page holds of a field, as the service has it now: of a list, one entry a line. */
export function textOf(draft: Fields, name: string): string {
  if (name === "subject" || name === "text") return draft[name];
  if (name === "validity_days") return String(draft.validity_days);
  const shown = draft.recipients.filter((one) => one.field === name).map((one) => one.shown);
  return [...shown, ...draft.unreadable.filter((one) => one.field === name).map((one) => one.text)].join("\n");
}

/** Did this page send that text itself? The service tidies blanks, and the case of addresses. */
export function isOwn(text: string, sent: string[]): boolean {
  return sent.some((one) => plain(one) === plain(text));
}

function plain(text: string): string {
  return text.replace(/\s+/g, " ").trim().toLowerCase();
}

export interface Choices {
  keep: () => void;
  take: () => void;
}

/** Shows what is saved now below its field, with a button for each version; answers how to remove it. */
export function ask(field: HTMLElement, theirs: string, choices: Choices, say: Say): () => void {
  const shown = el("blockquote", { class: "message" }, theirs === "" ? say("nothing") : theirs);
  const keep = el("button", { class: "button", type: "button", onclick: choices.keep }, say("keep_mine"));
  const take = el("button", { class: "button", type: "button", onclick: choices.take }, say("take_other"));
  const buttons = el("div", { class: "actions" }, keep, take);
  const box = el(
    "div",
    { class: "alert alert--warn", role: "alert" },
    el("p", { class: "alert__heading" }, say("overtaken")),
    shown,
    buttons,
  );
  (field.closest(".field") ?? field).after(box);
  box.closest("details")?.setAttribute("open", "");
  return () => box.remove();
}
