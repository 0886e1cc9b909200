// What an upload asks of the window: a place to drop files, a word before it is closed, one tab.
import { el } from "../page/dom";

/** The whole window takes files; while some hover above it, it says so. */
export function droppable(words: string, taken: (transfer: DataTransfer) => void): void {
  const cover = el("div", { class: "dropping", "aria-hidden": "true", hidden: true }, el("p", {}, words));
  document.body.append(cover);
  const carries = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
  let depth = 0;
  const show = (change: number): void => {
    depth = Math.max(0, depth + change);
    cover.hidden = depth === 0;
  };
  addEventListener("dragenter", (event) => carries(event) && show(1));
  addEventListener("dragleave", (event) => carries(event) && show(-1));
  addEventListener("dragover", (event) => carries(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!carries(event) || !event.dataTransfer) return;
    event.preventDefault();
    show(-depth);
    taken(event.dataTransfer);
  });
}

function warn(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

/** While it lasts, closing the window is asked about. */
export class Watch {
  on(): void {
    addEventListener("beforeunload", warn);
  }

  off(): void {
    removeEventListener("beforeunload", warn);
  }
}

/** One tab at a time: `busy` is called when another one has it, and the promise lasts until it is ours. Answers how to let go. */
export async function alone(name: string, busy: () => void): Promise<() => void> {
  let letGo = (): void => {};
  const held = new Promise<void>((done) => (letGo = done));
  const locks = navigator.locks;
  const isOurs = await new Promise<boolean>((answer) => {
    void locks.request(name, { ifAvailable: true }, (lock) => {
      answer(lock !== null);
      return lock ? held : undefined;
    });
  });
  if (!isOurs) {
    busy();
    await new Promise<void>((got) => {
      void locks.request(name, () => {
        got();
        return held;
      });
    });
  }
  return letGo;
}
