// Digests one part again and again, each way in turn, and posts the milliseconds of each time.
import { sha256 } from "@noble/hashes/sha2.js";
import { createSHA256 } from "hash-wasm";
import { Sha256 } from "page-digests";

addEventListener("message", async ({ data: { partBytes, rounds } }) => {
  const part = Uint8Array.from({ length: partBytes }, (_, at) => (at * 131 + (at >> 8)) & 255);
  const [page, wasm, noble] = [new Sha256(), (await createSHA256()).init(), sha256.create()];
  const ways = {
    "the page's": () => page.update(part),
    "hash-wasm": () => wasm.update(part),
    "@noble/hashes": () => noble.update(part),
    "crypto.subtle, one part only": () => crypto.subtle.digest("SHA-256", part),
  };
  const times = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, digest] of Object.entries(ways)) {
      const began = performance.now();
      await digest();
      times[name].push(performance.now() - began);
    }
  }
  const hex = [...noble.digest()].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  postMessage({ times, digests: [page.hexDigest(), wasm.digest("hex"), hex] });
});
