import { expect, test } from "vitest";
import { Pace, quarter, timeLeft } from "../uploader/pace";

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
])("%i seconds in words", (seconds, words) => expect(timeLeft(seconds * 1000, 1000)).toEqual(words));

test("nobody can tell without a speed", () => expect(timeLeft(1000, 0)).toBeUndefined());

test("the speed is that of the last seconds", () => {
  const pace = new Pace();
  for (let second = 0; second <= 60; second += 1) pace.add(second * 1000, second < 30 ? 0 : (second - 30) * 500);
  expect(pace.speed).toBe(500);
});

test("too little is known at the beginning, and after bytes were lost", () => {
  const pace = new Pace();
  pace.add(0, 0);
  pace.add(1_000, 900);
  expect(pace.speed).toBe(0);
  pace.add(3_000, 3_000);
  expect(pace.speed).toBe(1_000);
  pace.add(3_100, 100);
  expect(pace.speed).toBe(0);
});

test("each quarter is said once", () => {
  expect([
    quarter(0, 24),
    quarter(24, 25),
    quarter(25, 26),
    quarter(20, 80),
    quarter(99, 100),
    quarter(100, 100),
  ]).toEqual([0, 25, 0, 75, 100, 0]);
});

test("parts that arrive far apart have a speed, which falls while nothing arrives", () => {
  const pace = new Pace();
  for (let second = 0; second <= 240; second += 1) pace.add(second * 1000, Math.floor(second / 80) * 8_000_000);
  expect(pace.speed).toBe(100_000);
  pace.add(241_000, 24_000_000);
  expect(pace.speed).toBeLessThan(100_000);
});

test("a machine that slept says nothing of the line", () => {
  const pace = new Pace();
  for (let second = 0; second <= 10; second += 1) pace.add(second * 1000, second * 1000);
  pace.add(36_010_000, 10_000);
  expect(pace.speed).toBe(0);
  pace.add(36_012_000, 12_000);
  expect(pace.speed).toBe(1_000);
});
