// Retries transient failures: five attempts with exponential back-off and jitter; attempts while offline do not count.

export const MAX_ATTEMPTS = 5;
const BASE_DELAY_MS = 1_000;
const MAX_DELAY_MS = 30_000;

interface Failure {
  status: number;
  retryAfter: number;
}

/** Say whether a failure may pass by itself: no connection (status 0), an overloaded or restarting server. */
export function isTransient(status: number): boolean {
  return status === 0 || status === 408 || status === 425 || status === 429 || status >= 500;
}

/** Return the delay after so many failures: doubled each time, of which a random half to all; at least `Retry-After`. */
export function backoffMs(failures: number, retryAfterSeconds = 0, random: () => number = Math.random): number {
  const full = Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** (failures - 1));
  return Math.max(full * (0.5 + random() / 2), retryAfterSeconds * 1_000);
}

/** Wait so many milliseconds; reject with the signal's reason when it aborts. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return abortable((resolve) => {
    const timer = setTimeout(resolve, ms);
    return () => clearTimeout(timer);
  }, signal);
}

/** Wait until the browser is online. */
export async function untilOnline(signal?: AbortSignal): Promise<void> {
  if (navigator.onLine !== false) return;
  await abortable((resolve) => {
    addEventListener("online", resolve);
    return () => removeEventListener("online", resolve);
  }, signal);
}

/** Wait until `subscribe` calls its argument. What `subscribe` returns is called at the end, in every case. */
export async function abortable(subscribe: (resolve: () => void) => () => void, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  let unsubscribe = (): void => {};
  let onAbort = (): void => {};
  try {
    await new Promise<void>((resolve, reject) => {
      onAbort = () => reject(signal?.reason);
      signal?.addEventListener("abort", onAbort);
      unsubscribe = subscribe(resolve);
    });
  } finally {
    unsubscribe();
    signal?.removeEventListener("abort", onAbort);
  }
}

/** Call `attempt` until it succeeds, fails for good, or has failed `MAX_ATTEMPTS` times while online. */
export async function withRetry<Result>(attempt: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
  for (let failures = 1; ; failures += 1) {
    await untilOnline(signal);
    try {
      return await attempt();
    } catch (error) {
      const failure = error as Partial<Failure>;
      if (signal?.aborted || typeof failure.status !== "number" || !isTransient(failure.status)) throw error;
      if (navigator.onLine === false) failures -= 1;
      if (failures >= MAX_ATTEMPTS) throw error;
      await delay(backoffMs(Math.max(1, failures), failure.retryAfter), signal);
    }
  }
}
