// Hashes parts one at a time in a worker thread: each part's digests, and the digest of the file so far.
import { crc32, Sha256, toHex } from "./digests";
import type { HashRequest, HashResponse } from "./hasher";

const running = new Map<string, Sha256>();
let queue: Promise<void> = Promise.resolve();

addEventListener("message", ({ data }: MessageEvent<HashRequest>) => {
  if (data.kind === "forget") running.delete(data.file);
  else queue = queue.then(() => hash(data)).then((response) => (self as unknown as Worker).postMessage(response));
});

async function hash({ id, file, bytes, isFirst, isLast }: HashRequest & { kind: "hash" }): Promise<HashResponse> {
  try {
    const buffer = await bytes.arrayBuffer();
    const content = new Uint8Array(buffer);
    const digest = crypto.subtle.digest("SHA-256", buffer);
    const isOnly = isFirst && isLast;
    if (isFirst) running.set(file, new Sha256());
    if (!isOnly) running.get(file)?.update(content);
    const crc = crc32(content);
    const sha256 = toHex(await digest);
    const fileSha256 = isOnly ? sha256 : isLast && running.get(file)?.hexDigest();
    if (isLast) running.delete(file);
    return { id, digests: { sha256, crc32: crc, fileSha256: fileSha256 || "" } };
  } catch {
    return { id };
  }
}
