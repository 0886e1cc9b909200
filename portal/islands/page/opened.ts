// Reports once that a person opened the page. Bots that open links do not move the pointer or press keys.
const EVENTS = ["pointermove", "pointerdown", "keydown", "touchstart", "scroll"] as const;

export function enhance(root: HTMLElement): void {
  const { openedUrl, csrf } = root.dataset;
  if (!openedUrl) return;
  const listening = new AbortController();
  const report = (): void => {
    if (document.visibilityState !== "visible") return;
    listening.abort();
    const body = new URLSearchParams({ csrf: csrf ?? "" });
    void fetch(openedUrl, { method: "POST", body, credentials: "same-origin", keepalive: true }).catch(() => undefined);
  };
  for (const name of EVENTS) addEventListener(name, report, { passive: true, signal: listening.signal });
}
