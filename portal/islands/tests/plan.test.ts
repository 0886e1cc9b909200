import { expect, test } from "vitest";
import { firstAndLast, partRange, partRanges, receivedBytes, slice } from "../uploader/plan";
import { datesMatch } from "../uploader/recognise";

test.each([
  [0, 8, [[1, 0, 0]]],
  [8, 8, [[1, 0, 8]]],
  [
    9,
    8,
    [
      [1, 0, 8],
      [2, 8, 9],
    ],
  ],
  [
    24,
    8,
    [
      [1, 0, 8],
      [2, 8, 16],
      [3, 16, 24],
    ],
  ],
])("%i bytes in parts of %i", (size, partBytes, expected) => {
  const found = [...partRanges(size, partBytes)];
  expect(found.map(({ number, from, to }) => [number, from, to])).toEqual(expected);
  for (const range of found) expect(partRange(range.number, size, partBytes)).toEqual(range);
});

test("twenty gigabytes are split at once", () => expect([...partRanges(20e9, 21 * 2 ** 20)]).toHaveLength(909));

test("a part has a type, so that no browser keeps it in memory", () => {
  const piece = slice(new Blob(["abcdef"]), { number: 1, from: 2, to: 4 });
  expect([piece.size, piece.type]).toEqual([2, "application/octet-stream"]);
});

const part = (number: number) => ({ number, size_bytes: 8, sha256: String(number) });

test("a file is recognised by the first and the last part that were received", () => {
  expect(firstAndLast([part(3), part(1), part(2)]).map(({ number }) => number)).toEqual([1, 3]);
  expect(firstAndLast([part(4)]).map(({ number }) => number)).toEqual([4]);
  expect(firstAndLast([])).toEqual([]);
  expect(receivedBytes({ parts: [part(1), part(4)] })).toBe(16);
});

test("dates match within two seconds, the resolution of some file systems", () => {
  const plan = { modified_at: "2025-12-02T14:05:00Z" };
  expect(datesMatch(plan, { lastModified: Date.parse("2025-12-02T14:05:01.900Z") })).toBe(true);
  expect(datesMatch(plan, { lastModified: Date.parse("2025-12-02T14:06:00Z") })).toBe(false);
  expect(datesMatch({ modified_at: null }, { lastModified: 1 })).toBe(true);
});
