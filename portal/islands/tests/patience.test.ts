import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ATTEMPTS, delayMs, passes, patiently, wait } from "../page/patience";

class Trouble extends Error {
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

test("each wait is at most twice the one before, and between half and all of it", () => {
  expect([1, 2, 3, 4, 9].map((failures) => delayMs(failures, 0, () => 1))).toEqual([1000, 2000, 4000, 8000, 30000]);
  expect(delayMs(1, 0, () => 0)).toBe(500);
});

test("whoever is told to wait waits", () => expect(delayMs(1, 7, () => 1)).toBe(7000));

test.each([
  [0, true],
  [429, true],
  [503, true],
  [500, true],
  [403, false],
  [404, false],
  [409, false],
  [422, false],
])("%i passes: %s", (status, expected) => expect(passes(status)).toBe(expected));

test("five attempts, then the trouble itself", async () => {
  const attempt = vi.fn(() => Promise.reject(new Trouble(503)));
  const done = expect(patiently(attempt)).rejects.toMatchObject({ status: 503 });
  await vi.runAllTimersAsync();
  await done;
  expect(attempt).toHaveBeenCalledTimes(ATTEMPTS);
});

test("what does not pass is not tried again", async () => {
  const attempt = vi.fn(() => Promise.reject(new Trouble(409)));
  await expect(patiently(attempt)).rejects.toMatchObject({ status: 409 });
  expect(attempt).toHaveBeenCalledTimes(1);
});

test("offline, it waits for the line and no attempt is counted", async () => {
  const line = new EventTarget();
  const navigator = { onLine: true };
  vi.stubGlobal("navigator", navigator);
  vi.stubGlobal("addEventListener", line.addEventListener.bind(line));
  vi.stubGlobal("removeEventListener", line.removeEventListener.bind(line));
  let tries = 0;
  const done = patiently(() => {
    tries += 1;
    navigator.onLine = tries > 20;
    return tries > 20 ? Promise.resolve("there") : Promise.reject(new Trouble(0));
  });
  for (let times = 0; times < 30; times += 1) {
    await vi.runAllTimersAsync();
    navigator.onLine = true;
    line.dispatchEvent(new Event("online"));
  }
  expect(await done).toBe("there");
});

test("a wait that is given up leaves no listener and no timer", async () => {
  const giveUp = new AbortController();
  const removed = vi.spyOn(giveUp.signal, "removeEventListener");
  const waiting = expect(wait(10_000, giveUp.signal)).rejects.toBe("enough");
  giveUp.abort("enough");
  await waiting;
  expect(removed).toHaveBeenCalledOnce();
  expect(vi.getTimerCount()).toBe(0);
});
