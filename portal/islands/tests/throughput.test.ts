import { expect, test } from "vitest";
import { quarterReached, Throughput, timeLeft } from "../uploader/throughput";

test.each([
  [5, ["left_moment", {}]],
  [12, ["left_seconds", { n: 20 }]],
  [49, ["left_seconds", { n: 50 }]],
  [54, ["left_minutes", { n: 1 }]],
  [60, ["left_minutes", { n: 1 }]],
  [170, ["left_minutes", { n: 3 }]],
  [3_600, ["left_hours", { n: 1 }]],
  [5_400, ["left_hours_minutes", { n: 1, minutes: 30 }]],
  [7_100, ["left_hours", { n: 2 }]],
  [50_000, ["left_hours", { n: 14 }]],
])("%i seconds as a message", (seconds, words) => expect(timeLeft(seconds * 1000, 1000)).toEqual(words));

test("the remaining time is unknown without a throughput", () => expect(timeLeft(1000, 0)).toBeUndefined());

test("the throughput is that of the last seconds", () => {
  const throughput = new Throughput();
  for (let second = 0; second <= 60; second += 1)
    throughput.record(second * 1000, second < 30 ? 0 : (second - 30) * 500);
  expect(throughput.bytesPerSecond).toBe(500);
});

test("the throughput is unknown at the beginning, and after bytes were lost", () => {
  const throughput = new Throughput();
  throughput.record(0, 0);
  throughput.record(1_000, 900);
  expect(throughput.bytesPerSecond).toBe(0);
  throughput.record(3_000, 3_000);
  expect(throughput.bytesPerSecond).toBe(1_000);
  throughput.record(3_100, 100);
  expect(throughput.bytesPerSecond).toBe(0);
});

test("each quarter is reported once", () => {
  expect([
    quarterReached(0, 24),
    quarterReached(24, 25),
    quarterReached(25, 26),
    quarterReached(20, 80),
    quarterReached(99, 100),
    quarterReached(100, 100),
  ]).toEqual([0, 25, 0, 75, 100, 0]);
});

test("parts that arrive far apart have a throughput, which falls while nothing arrives", () => {
  const throughput = new Throughput();
  for (let second = 0; second <= 240; second += 1)
    throughput.record(second * 1000, Math.floor(second / 80) * 8_000_000);
  expect(throughput.bytesPerSecond).toBe(100_000);
  throughput.record(241_000, 24_000_000);
  expect(throughput.bytesPerSecond).toBeLessThan(100_000);
});

test("the time that a machine was suspended does not count", () => {
  const throughput = new Throughput();
  for (let second = 0; second <= 10; second += 1) throughput.record(second * 1000, second * 1000);
  throughput.record(36_010_000, 10_000);
  expect(throughput.bytesPerSecond).toBe(0);
  throughput.record(36_012_000, 12_000);
  expect(throughput.bytesPerSecond).toBe(1_000);
});
