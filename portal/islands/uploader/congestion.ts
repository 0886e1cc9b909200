// How many parts may be under way at once: one at first and after a break of the line, more while parts arrive.
import { passes, until } from "../page/patience";
import { Problem } from "../page/relay";

const PARTS_PER_STEP = 8;

/**
 * At most `most` parts, as TCP does it (RFC 5681): a line that drops all connections is not asked to carry several.
 *
 * The window grows by one with each part that arrives, up to half of what broke the line; past that by one with every
 * eighth part. Several parts that fail together are one break.
 */
export class CongestionWindow {
  size = 1;
  arrived = 0;
  /** How often the line broke since the last part arrived. */
  breaksInVain = 0;
  private threshold: number;
  private steps = 0;
  private underWay = 0;
  private breaks = 0;
  private waiting: (() => void)[] = [];

  constructor(private readonly most: number) {
    this.threshold = most;
  }

  /** Put one part, once it is its turn. */
  async carry(put: () => Promise<void>, signal: AbortSignal): Promise<void> {
    await this.enter(signal);
    const breaks = this.breaks;
    try {
      await put();
      this.grow();
    } catch (error) {
      if (!signal.aborted && error instanceof Problem && passes(error.status)) this.shrink(breaks);
      throw error;
    } finally {
      this.underWay -= 1;
      this.wake();
    }
  }

  private async enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    while (this.underWay >= this.size) {
      await until((done) => {
        this.waiting.push(done);
        return () => (this.waiting = this.waiting.filter((one) => one !== done));
      }, signal);
    }
    this.underWay += 1;
  }

  private wake(): void {
    for (const done of this.waiting) done();
  }

  private grow(): void {
    this.arrived += 1;
    this.breaksInVain = 0;
    this.steps += 1;
    if (this.size >= this.threshold && this.steps < PARTS_PER_STEP) return;
    this.size = Math.min(this.most, this.size + 1);
    this.steps = 0;
  }

  private shrink(breaks: number): void {
    if (breaks !== this.breaks) return;
    this.breaks += 1;
    this.breaksInVain += 1;
    this.threshold = Math.max(1, Math.floor(this.size / 2));
    this.size = 1;
    this.steps = 0;
  }
}
