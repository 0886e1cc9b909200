// The digests of parts, computed elsewhere so that the page stays quick.

/** `whole` is the digest of the file, said with its last part and empty before. */
export interface Digests {
  sha256: string;
  crc32: string;
  whole: string;
}

export type Question =
  | { kind: "read"; number: number; file: string; bytes: Blob; first: boolean; last: boolean }
  | { kind: "forget"; file: string };

export interface Answer {
  number: number;
  read?: Digests;
}

/** The file on the disk cannot be read any more: moved, changed, or on a drive that is gone. */
export class FileUnreadable extends Error {}

/** One worker for all files; a file's parts have to be asked for in order. */
export class Hasher {
  private worker: Worker | undefined;
  private asked = 0;
  private readonly waiting = new Map<number, (answer: Answer) => void>();

  async part(file: string, bytes: Blob, first: boolean, last: boolean): Promise<Digests> {
    const number = (this.asked += 1);
    const answered = new Promise<Answer>((resolve) => this.waiting.set(number, resolve));
    this.tell({ kind: "read", number, file, bytes, first, last });
    const { read } = await answered;
    if (!read) throw new FileUnreadable();
    return read;
  }

  forget(file: string): void {
    if (this.worker) this.tell({ kind: "forget", file });
  }

  /** End the thread while there is nothing to read. */
  rest(): void {
    if (this.waiting.size > 0) return;
    this.worker?.terminate();
    this.worker = undefined;
  }

  private tell(question: Question): void {
    this.worker ??= this.start();
    this.worker.postMessage(question);
  }

  private start(): Worker {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => this.hear(data));
    worker.addEventListener("error", () => [...this.waiting.keys()].forEach((number) => this.hear({ number })));
    return worker;
  }

  private hear(answer: Answer): void {
    this.waiting.get(answer.number)?.(answer);
    this.waiting.delete(answer.number);
  }
}
