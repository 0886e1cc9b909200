// The recipient's page: says once that a person is looking. Machines that open links do not move and do not press keys.
const SIGNS = ["pointermove", "pointerdown", "keydown", "touchstart", "scroll"] as const;

export function enhance(place: HTMLElement): void {
  const { opened, csrf } = place.dataset;
  if (!opened) return;
  const listening = new AbortController();
  const tell = (): void => {
    if (document.visibilityState !== "visible") return;
    listening.abort();
    const body = new URLSearchParams({ csrf: csrf ?? "" });
    void fetch(opened, { method: "POST", body, credentials: "same-origin", keepalive: true }).catch(() => undefined);
  };
  for (const sign of SIGNS) addEventListener(sign, tell, { passive: true, signal: listening.signal });
}
