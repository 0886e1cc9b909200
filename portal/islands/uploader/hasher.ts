// Computes the digests of parts in a worker, so that the page stays responsive.

/** `fileSha256` is the digest of the whole file; it comes with the last part and is empty before. */
export interface PartDigests {
  sha256: string;
  crc32: string;
  fileSha256: string;
}

export type HashRequest =
  | { kind: "hash"; id: number; file: string; bytes: Blob; isFirst: boolean; isLast: boolean }
  | { kind: "forget"; file: string };

/** Without `digests` if the file could not be read. */
export interface HashResponse {
  id: number;
  digests?: PartDigests;
}

/** The file cannot be read any more: it was moved or changed, or its drive is gone. */
export class FileUnreadable extends Error {}

/** One worker for all files; the parts of a file have to be hashed in order. */
export class Hasher {
  #worker: Worker | undefined;
  #lastId = 0;
  readonly #waiting = new Map<number, (response: HashResponse) => void>();

  async hashPart(file: string, bytes: Blob, isFirst: boolean, isLast: boolean): Promise<PartDigests> {
    this.#lastId += 1;
    const id = this.#lastId;
    const response = new Promise<HashResponse>((resolve) => this.#waiting.set(id, resolve));
    this.#post({ kind: "hash", id, file, bytes, isFirst, isLast });
    const { digests } = await response;
    if (!digests) throw new FileUnreadable();
    return digests;
  }

  /** Drop what the worker holds of a file. */
  forget(file: string): void {
    if (this.#worker) this.#post({ kind: "forget", file });
  }

  /** Terminate the worker, unless it has something to hash. */
  stopWhenIdle(): void {
    if (this.#waiting.size > 0) return;
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  #post(request: HashRequest): void {
    this.#worker ??= this.#start();
    this.#worker.postMessage(request);
  }

  #start(): Worker {
    const worker = new Worker(new URL("./hash-worker.ts", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }: MessageEvent<HashResponse>) => this.#onMessage(data));
    worker.addEventListener("error", () => {
      for (const id of this.#waiting.keys()) this.#onMessage({ id });
    });
    return worker;
  }

  #onMessage(response: HashResponse): void {
    this.#waiting.get(response.id)?.(response);
    this.#waiting.delete(response.id);
  }
}
