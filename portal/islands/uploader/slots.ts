// So many at once and no more; the others wait, in order.
import { until } from "../page/patience";

export class Slots {
  private readonly waiting: (() => void)[] = [];

  constructor(private free: number) {}

  async take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.free > 0) {
      this.free -= 1;
      return;
    }
    await until((done) => {
      this.waiting.push(done);
      return () => {
        const at = this.waiting.indexOf(done);
        if (at >= 0) this.waiting.splice(at, 1);
      };
    }, signal);
  }

  give(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.free += 1;
  }
}
