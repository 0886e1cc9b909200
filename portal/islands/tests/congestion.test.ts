import { expect, test } from "vitest";
import { Problem } from "../page/relay";
import { CongestionWindow } from "../uploader/congestion";

const never = new AbortController().signal;
const arrive = async (): Promise<void> => {};
const cut = async (): Promise<void> => {
  throw new Problem(0);
};

async function opened(): Promise<CongestionWindow> {
  const window = new CongestionWindow(4);
  for (let part = 0; part < 4; part += 1) await window.carry(arrive, never);
  return window;
}

test("one part goes first, and more as they arrive", async () => {
  const window = new CongestionWindow(4);
  const sizes = [window.size];
  for (let part = 0; part < 4; part += 1) {
    await window.carry(arrive, never);
    sizes.push(window.size);
  }
  expect(sizes).toEqual([1, 2, 3, 4, 4]);
});

test("no more are under way than the window holds", async () => {
  const window = new CongestionWindow(4);
  let now = 0;
  let most = 0;
  const put = async (): Promise<void> => {
    now += 1;
    most = Math.max(most, now);
    expect(now).toBeLessThanOrEqual(window.size);
    await new Promise((done) => setTimeout(done));
    now -= 1;
  };
  await Promise.all(Array.from({ length: 40 }, () => window.carry(put, never)));
  expect(most).toBe(4);
});

test("after a break one part goes at a time, and more come back slowly", async () => {
  const window = await opened();
  await expect(window.carry(cut, never)).rejects.toThrow(Problem);
  const sizes = [window.size];
  for (let part = 0; part < 9; part += 1) {
    await window.carry(arrive, never);
    sizes.push(window.size);
  }
  expect(sizes).toEqual([1, 2, 2, 2, 2, 2, 2, 2, 2, 3]);
});

test("parts that fail together are one break", async () => {
  const window = await opened();
  await Promise.allSettled(Array.from({ length: 4 }, () => window.carry(cut, never)));
  expect([window.size, window.breaksInVain]).toEqual([1, 1]);
});

test("a refusal is no break, nor is a part that is given up", async () => {
  const window = await opened();
  const refused = async (): Promise<void> => {
    throw new Problem(409);
  };
  await expect(window.carry(refused, never)).rejects.toThrow(Problem);
  const stop = new AbortController();
  const stopped = window.carry(async () => {
    stop.abort();
    throw new Problem(0);
  }, stop.signal);
  await expect(stopped).rejects.toThrow(Problem);
  expect([window.size, window.breaksInVain]).toEqual([4, 0]);
});

test("whoever waits for a turn is let go when it is given up", async () => {
  const window = new CongestionWindow(1);
  const stop = new AbortController();
  let leave = (): void => {};
  const first = window.carry(() => new Promise((done) => (leave = done)), never);
  const second = window.carry(arrive, stop.signal);
  stop.abort(new Error("stopped"));
  await expect(second).rejects.toThrow("stopped");
  leave();
  await first;
  await window.carry(arrive, never);
  expect(window.arrived).toBe(2);
});
