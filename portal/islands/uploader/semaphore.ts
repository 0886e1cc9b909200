// A counting semaphore: so many holders at once, the others wait in order.
import { abortable } from "../page/retry";

export class Semaphore {
  readonly #waiting: (() => void)[] = [];

  constructor(private free: number) {}

  /** Wait for a permit; reject with the signal's reason when it aborts. */
  async acquire(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.free > 0) {
      this.free -= 1;
      return;
    }
    await abortable((resolve) => {
      this.#waiting.push(resolve);
      return () => {
        const index = this.#waiting.indexOf(resolve);
        if (index >= 0) this.#waiting.splice(index, 1);
      };
    }, signal);
  }

  release(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.free += 1;
  }
}
