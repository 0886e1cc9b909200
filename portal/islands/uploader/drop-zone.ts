// Makes the whole window a drop zone for files.
import { el } from "../page/dom";

/** Call `onDrop` for what is dropped on the window; `message` covers the page while files are dragged over it. */
export function enableDropZone(message: string, onDrop: (transfer: DataTransfer) => void): void {
  const overlay = el("div", { class: "dropping", "aria-hidden": "true", hidden: true }, el("p", {}, message));
  document.body.append(overlay);
  const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
  let depth = 0; // elements entered and not left: each one fires its own events
  const enter = (change: number): void => {
    depth = Math.max(0, depth + change);
    overlay.hidden = depth === 0;
  };
  addEventListener("dragenter", (event) => hasFiles(event) && enter(1));
  addEventListener("dragleave", (event) => hasFiles(event) && enter(-1));
  addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!hasFiles(event) || !event.dataTransfer) return;
    event.preventDefault();
    enter(-depth);
    onDrop(event.dataTransfer);
  });
}
