// Reads one part at a time, in a thread of its own: the part's digests, and the digest of the file so far.
import { crc32, hexOf, Sha256 } from "./digests";
import type { Answer, Question } from "./hasher";

const running = new Map<string, Sha256>();
let turn: Promise<void> = Promise.resolve();

addEventListener("message", ({ data }: MessageEvent<Question>) => {
  if (data.kind === "forget") running.delete(data.file);
  else turn = turn.then(() => read(data)).then((answer) => (self as unknown as Worker).postMessage(answer));
});

async function read({ number, file, bytes: blob, first, last }: Question & { kind: "read" }): Promise<Answer> {
  try {
    const content = await blob.arrayBuffer();
    const bytes = new Uint8Array(content);
    const digest = crypto.subtle.digest("SHA-256", content);
    const alone = first && last;
    if (first) running.set(file, new Sha256());
    if (!alone) running.get(file)?.update(bytes);
    const crc = crc32(bytes);
    const sha256 = hexOf(await digest);
    const whole = last ? (alone ? sha256 : (running.get(file)?.hex() ?? "")) : "";
    if (last) running.delete(file);
    return { number, read: { sha256, crc32: crc, whole } };
  } catch {
    return { number };
  }
}
