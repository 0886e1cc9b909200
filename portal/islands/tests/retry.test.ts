import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { backoffMs, delay, isTransient, MAX_ATTEMPTS, withRetry } from "../page/retry";

class Failure extends Error {
  constructor(
    readonly status: number,
    readonly retryAfter = 0,
  ) {
    super();
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("navigator", { onLine: true });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("each delay is at most twice the one before, and a random half to all of it", () => {
  expect([1, 2, 3, 4, 9].map((failures) => backoffMs(failures, 0, () => 1))).toEqual([1000, 2000, 4000, 8000, 30000]);
  expect(backoffMs(1, 0, () => 0)).toBe(500);
});

test("the delay is at least what Retry-After asks for", () => expect(backoffMs(1, 7, () => 1)).toBe(7000));

test.each([
  [0, true],
  [429, true],
  [503, true],
  [500, true],
  [403, false],
  [404, false],
  [409, false],
  [422, false],
])("status %i is transient: %s", (status, expected) => expect(isTransient(status)).toBe(expected));

test("after five attempts the failure itself is thrown", async () => {
  const attempt = vi.fn(() => Promise.reject(new Failure(503)));
  const done = expect(withRetry(attempt)).rejects.toMatchObject({ status: 503 });
  await vi.runAllTimersAsync();
  await done;
  expect(attempt).toHaveBeenCalledTimes(MAX_ATTEMPTS);
});

test("a failure that is not transient is not retried", async () => {
  const attempt = vi.fn(() => Promise.reject(new Failure(409)));
  await expect(withRetry(attempt)).rejects.toMatchObject({ status: 409 });
  expect(attempt).toHaveBeenCalledTimes(1);
});

test("while offline, a call waits for the connection and no attempt is counted", async () => {
  const events = new EventTarget();
  const navigator = { onLine: true };
  vi.stubGlobal("navigator", navigator);
  vi.stubGlobal("addEventListener", events.addEventListener.bind(events));
  vi.stubGlobal("removeEventListener", events.removeEventListener.bind(events));
  let tries = 0;
  const done = withRetry(() => {
    tries += 1;
    navigator.onLine = tries > 20;
    return tries > 20 ? Promise.resolve("there") : Promise.reject(new Failure(0));
  });
  for (let times = 0; times < 30; times += 1) {
    await vi.runAllTimersAsync();
    navigator.onLine = true;
    events.dispatchEvent(new Event("online"));
  }
  expect(await done).toBe("there");
});

test("an aborted delay leaves no listener and no timer", async () => {
  const stop = new AbortController();
  const removed = vi.spyOn(stop.signal, "removeEventListener");
  const waiting = expect(delay(10_000, stop.signal)).rejects.toBe("enough");
  stop.abort("enough");
  await waiting;
  expect(removed).toHaveBeenCalledOnce();
  expect(vi.getTimerCount()).toBe(0);
});
