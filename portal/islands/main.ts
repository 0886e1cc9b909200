// Which islands does this page have? Each one's code is fetched only where it is needed.
import styles from "./islands.css?url";
import { islands } from "./page/dom";

const ISLANDS: Record<string, () => Promise<{ enhance(place: HTMLElement): void }>> = {
  copy: () => import("./page/copy"),
  draft: () => import("./draft/autosave"),
  live: () => import("./page/live"),
  offer: () => import("./page/offer"),
  recipients: () => import("./recipients/field"),
  uploader: () => import("./uploader/uploader"),
};

function dress(): void {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = styles;
  document.head.append(link);
}

const found = [...islands(document)];
if (found.length > 0) dress();
for (const [name, place] of found) {
  void ISLANDS[name]?.().then((island) => island.enhance(place));
}
