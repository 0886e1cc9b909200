import { expect, test } from "vitest";
import { Problem } from "../page/api";
import { CongestionWindow } from "../uploader/congestion";

const never = new AbortController().signal;
const deliver = (): Promise<void> => Promise.resolve();
const lose = (): Promise<void> => Promise.reject(new Problem(0));

async function openWindow(): Promise<CongestionWindow> {
  const window = new CongestionWindow(4);
  for (let part = 0; part < 4; part += 1) await window.run(deliver, never);
  return window;
}

test("one part is sent first, and more as parts are delivered", async () => {
  const window = new CongestionWindow(4);
  const sizes = [window.size];
  for (let part = 0; part < 4; part += 1) {
    await window.run(deliver, never);
    sizes.push(window.size);
  }
  expect(sizes).toEqual([1, 2, 3, 4, 4]);
});

test("no more parts are in flight than the window holds", async () => {
  const window = new CongestionWindow(4);
  let inFlight = 0;
  let most = 0;
  const send = async (): Promise<void> => {
    inFlight += 1;
    most = Math.max(most, inFlight);
    expect(inFlight).toBeLessThanOrEqual(window.size);
    await new Promise((done) => setTimeout(done));
    inFlight -= 1;
  };
  await Promise.all(Array.from({ length: 40 }, () => window.run(send, never)));
  expect(most).toBe(4);
});

test("after a loss one part is sent at a time, and the window grows slowly again", async () => {
  const window = await openWindow();
  await expect(window.run(lose, never)).rejects.toThrow(Problem);
  const sizes = [window.size];
  for (let part = 0; part < 9; part += 1) {
    await window.run(deliver, never);
    sizes.push(window.size);
  }
  expect(sizes).toEqual([1, 2, 2, 2, 2, 2, 2, 2, 2, 3]);
});

test("parts that fail together are one loss", async () => {
  const window = await openWindow();
  await Promise.allSettled(Array.from({ length: 4 }, () => window.run(lose, never)));
  expect([window.size, window.consecutiveLosses]).toEqual([1, 1]);
});

test("a refusal is no loss, nor is a part that is aborted", async () => {
  const window = await openWindow();
  const refuse = (): Promise<void> => Promise.reject(new Problem(409));
  await expect(window.run(refuse, never)).rejects.toThrow(Problem);
  const stop = new AbortController();
  const stopped = window.run(() => {
    stop.abort();
    return lose();
  }, stop.signal);
  await expect(stopped).rejects.toThrow(Problem);
  expect([window.size, window.consecutiveLosses]).toEqual([4, 0]);
});

test("a part that waits for the window stops waiting when it is aborted", async () => {
  const window = new CongestionWindow(1);
  const stop = new AbortController();
  let finish = (): void => {};
  const first = window.run(() => new Promise((resolve) => (finish = resolve)), never);
  const second = window.run(deliver, stop.signal);
  stop.abort(new Error("stopped"));
  await expect(second).rejects.toThrow("stopped");
  finish();
  await first;
  await window.run(deliver, never);
  expect(window.delivered).toBe(2);
});
