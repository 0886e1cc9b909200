// Adds a button that copies the content of a field to the clipboard.
import { el, setText } from "./dom";
import { i18nOf } from "./i18n";

const STATUS_MS = 4_000;

export function enhance(root: HTMLElement): void {
  const field = root.querySelector<HTMLInputElement>("input, textarea");
  if (!field || !navigator.clipboard) return;
  const { t } = i18nOf(root);
  const status = el("span", { class: "copy__status", role: "status" });
  const button = el("button", { class: "button", type: "button" }, t("copy"));
  button.addEventListener("click", () => {
    void navigator.clipboard.writeText(field.value).then(
      () => {
        setText(status, t("copied"));
        setTimeout(() => setText(status, ""), STATUS_MS);
      },
      () => field.select(),
    );
  });
  field.after(el("div", { class: "copy__row" }, button, status));
}
