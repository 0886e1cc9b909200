import { expect, test } from "vitest";
import { Semaphore } from "../uploader/semaphore";

test("a permit goes to the next one that waits, and not to one that was aborted", async () => {
  const semaphore = new Semaphore(1);
  const { signal } = new AbortController();
  const stop = new AbortController();
  await semaphore.acquire(signal);
  const order: string[] = [];
  const aborted = semaphore.acquire(stop.signal).catch(() => order.push("aborted"));
  const next = semaphore.acquire(signal).then(() => order.push("next"));
  stop.abort();
  await aborted;
  semaphore.release();
  await next;
  expect(order).toEqual(["aborted", "next"]);
});
