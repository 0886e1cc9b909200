import { expect, test } from "vitest";
import { crc32, Sha256, toHex } from "../uploader/digests";

const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => (at * 131 + (at >> 8)) & 255);
const text = (words: string): Uint8Array => new TextEncoder().encode(words);

test.each([
  ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  [
    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  ],
])("SHA-256 of the standard's own example %j", (words, digest) => {
  expect(new Sha256().update(text(words)).hexDigest()).toBe(digest);
});

test("SHA-256 of a million letters a", () => {
  const running = new Sha256();
  for (let times = 0; times < 1000; times += 1) running.update(text("a".repeat(1000)));
  expect(running.hexDigest()).toBe("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
});

test("SHA-256 does not depend on where the bytes are split", () => {
  for (let length = 0; length < 200; length += 7) {
    const whole = new Sha256().update(bytes(length)).hexDigest();
    for (const cut of [0, 1, 55, 56, 63, 64, 65, 128].filter((at) => at <= length)) {
      const running = new Sha256().update(bytes(length).subarray(0, cut)).update(bytes(length).subarray(cut));
      expect(running.hexDigest()).toBe(whole);
    }
  }
});

test("CRC-32 of the usual check value", () => {
  expect(crc32(text("123456789"))).toBe("cbf43926");
  expect(crc32(new Uint8Array())).toBe("00000000");
});

function bitByBit(content: Uint8Array): number {
  let crc = -1;
  for (const byte of content) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

test("CRC-32 equals the one that is computed bit by bit, at every length", () => {
  for (let length = 0; length < 100; length += 1) {
    expect(crc32(bytes(length))).toBe(bitByBit(bytes(length)).toString(16).padStart(8, "0"));
  }
});

test("the digests do not depend on the alignment of the bytes", () => {
  const content = bytes(1000);
  for (const from of [1, 2, 3, 4, 5]) {
    const moved = new Uint8Array(2000).subarray(from, from + content.length);
    moved.set(content);
    expect(crc32(moved)).toBe(crc32(content));
    expect(new Sha256().update(moved).hexDigest()).toBe(new Sha256().update(content).hexDigest());
  }
});

test("bytes in hex", () => {
  expect(toHex(Uint8Array.of(0, 15, 255).buffer)).toBe("000fff");
});
