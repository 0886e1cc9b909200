// A field whose content is to be copied gains a button that copies it.
import { el, write } from "./dom";
import { wordsOf } from "./words";

const SHOWN_MS = 4_000;

export function enhance(place: HTMLElement): void {
  const field = place.querySelector<HTMLInputElement>("input, textarea");
  if (!field || !navigator.clipboard) return;
  const { say } = wordsOf(place);
  const said = el("span", { class: "copy__said", role: "status" });
  const button = el("button", { class: "button", type: "button" }, say("copy"));
  button.addEventListener("click", () => {
    void navigator.clipboard.writeText(field.value).then(
      () => {
        write(said, say("copied"));
        setTimeout(() => write(said, ""), SHOWN_MS);
      },
      () => field.select(),
    );
  });
  field.after(el("div", { class: "copy__row" }, button, said));
}
