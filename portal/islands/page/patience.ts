// When is something tried again? Five times, later each time, at moments that differ; and nothing counts while offline.

export const ATTEMPTS = 5;
const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

interface Trouble {
  status: number;
  retryAfter: number;
}

/** Trouble that passes by itself: the line, the server's load, a server that restarts. */
export function passes(status: number): boolean {
  return status === 0 || status === 408 || status === 425 || status === 429 || status >= 500;
}

/** How long to wait after so many failures: doubled each time, and between half and all of it. */
export function delayMs(failures: number, retryAfterSeconds = 0, random: () => number = Math.random): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1));
  return Math.max(full * (0.5 + random() / 2), retryAfterSeconds * 1_000);
}

/** Wait; ends early, with the signal's reason, when it is given up. */
export function wait(ms: number, signal?: AbortSignal): Promise<void> {
  return until((done) => {
    const timer = setTimeout(done, ms);
    return () => clearTimeout(timer);
  }, signal);
}

/** Wait for the line to be back. */
export async function online(signal?: AbortSignal): Promise<void> {
  if (navigator.onLine !== false) return;
  await until((done) => {
    addEventListener("online", done);
    return () => removeEventListener("online", done);
  }, signal);
}

/** Wait until `begin` says that it is done; whatever happens, no listener is left behind. */
export async function until(begin: (done: () => void) => () => void, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  let end = (): void => {};
  let giveUp = (): void => {};
  try {
    await new Promise<void>((done, failed) => {
      giveUp = () => failed(signal?.reason);
      signal?.addEventListener("abort", giveUp);
      end = begin(done);
    });
  } finally {
    end();
    signal?.removeEventListener("abort", giveUp);
  }
}

/** Do it; when trouble passes, do it again. Attempts made while offline are not counted. */
export async function patiently<Answer>(attempt: () => Promise<Answer>, signal?: AbortSignal): Promise<Answer> {
  for (let failures = 1; ; failures += 1) {
    await online(signal);
    try {
      return await attempt();
    } catch (error) {
      const trouble = error as Partial<Trouble>;
      if (signal?.aborted || typeof trouble.status !== "number" || !passes(trouble.status)) throw error;
      if (navigator.onLine === false) failures -= 1;
      if (failures >= ATTEMPTS) throw error;
      await wait(delayMs(Math.max(1, failures), trouble.retryAfter), signal);
    }
  }
}
