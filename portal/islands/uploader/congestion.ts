// Limits how many parts are in flight: one at first and after a connection loss, more as parts are delivered.

import { Problem } from "../page/api";
import { abortable, isTransient } from "../page/retry";

const PARTS_PER_STEP = 8;

/**
 * A congestion window of at most `maxSize` parts, as in TCP (RFC 5681): a connection that keeps breaking carries one at a time.
 *
 * Below the slow start threshold, which is half of the size at the last loss, the window grows by one with each part that is
 * delivered; above it by one with every eighth part. Several parts that fail together are one loss.
 */
export class CongestionWindow {
  size = 1;
  delivered = 0;
  /** Losses since the last part was delivered. */
  consecutiveLosses = 0;
  #slowStartThreshold: number;
  #sinceStep = 0;
  #inFlight = 0;
  #losses = 0;
  #waiting: (() => void)[] = [];

  constructor(private readonly maxSize: number) {
    this.#slowStartThreshold = maxSize;
  }

  /** Send one part, once the window allows it. */
  async run(send: () => Promise<void>, signal: AbortSignal): Promise<void> {
    await this.#acquire(signal);
    const lossesBefore = this.#losses;
    try {
      await send();
      this.#grow();
    } catch (error) {
      if (!signal.aborted && error instanceof Problem && isTransient(error.status)) this.#shrink(lossesBefore);
      throw error;
    } finally {
      this.#inFlight -= 1;
      this.#wake();
    }
  }

  async #acquire(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    while (this.#inFlight >= this.size) {
      await abortable((resolve) => {
        this.#waiting.push(resolve);
        return () => {
          this.#waiting = this.#waiting.filter((one) => one !== resolve);
        };
      }, signal);
    }
    this.#inFlight += 1;
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
  }

  #grow(): void {
    this.delivered += 1;
    this.consecutiveLosses = 0;
    this.#sinceStep += 1;
    if (this.size >= this.#slowStartThreshold && this.#sinceStep < PARTS_PER_STEP) return;
    this.size = Math.min(this.maxSize, this.size + 1);
    this.#sinceStep = 0;
  }

  /** Shrink once for all the parts that were in flight together. */
  #shrink(lossesBefore: number): void {
    if (lossesBefore !== this.#losses) return;
    this.#losses += 1;
    this.consecutiveLosses += 1;
    this.#slowStartThreshold = Math.max(1, Math.floor(this.size / 2));
    this.size = 1;
    this.#sinceStep = 0;
  }
}
