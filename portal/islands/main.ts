// Loads the islands of the page, each one's code only where the page uses it.
import styles from "./islands.css?url";
import { islands } from "./page/dom";

const ISLANDS: Record<string, () => Promise<{ enhance(root: HTMLElement): void }>> = {
  copy: () => import("./page/copy"),
  draft: () => import("./draft/autosave"),
  live: () => import("./page/live"),
  opened: () => import("./page/opened"),
  recipients: () => import("./recipients/chips"),
  uploader: () => import("./uploader/uploader"),
};

function loadStyles(): void {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = styles;
  document.head.append(link);
}

const found = [...islands(document)];
if (found.length > 0) loadStyles();
for (const [name, root] of found) {
  void ISLANDS[name]?.().then((island) => island.enhance(root));
}
