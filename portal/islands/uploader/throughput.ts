// Measures the throughput of an upload and estimates the remaining time.
import type { Values } from "../page/i18n";

const WINDOW_MS = 15_000;
const MIN_WINDOW_MS = 1_500;
const SUSPENDED_MS = 5_000;

/** The throughput over the last parts, since the machine last woke up. */
export class Throughput {
  readonly #samples: { atMs: number; bytes: number }[] = [];
  #nowMs = 0;

  /** Record the bytes delivered so far, several times a second. A longer gap means that the machine was suspended. */
  record(atMs: number, bytes: number): void {
    if (atMs - this.#nowMs > SUSPENDED_MS || bytes < (this.#samples.at(-1)?.bytes ?? 0)) this.reset();
    this.#nowMs = atMs;
    if (bytes !== this.#samples.at(-1)?.bytes) this.#samples.push({ atMs, bytes });
    while (this.#samples.length > 2 && atMs - (this.#samples[0]?.atMs ?? atMs) > WINDOW_MS) this.#samples.shift();
  }

  /** Bytes a second; 0 while too little is known. */
  get bytesPerSecond(): number {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || this.#nowMs - first.atMs < MIN_WINDOW_MS) return 0;
    return ((last.bytes - first.bytes) * 1_000) / (this.#nowMs - first.atMs);
  }

  reset(): void {
    this.#samples.length = 0;
  }
}

/** Return the message for the remaining time, as a key and its values, rounded so that it does not jump; nothing if unknown. */
export function timeLeft(bytes: number, bytesPerSecond: number): [string, Values] | undefined {
  if (bytesPerSecond <= 0) return undefined;
  const seconds = bytes / bytesPerSecond;
  if (seconds < 10) return ["left_moment", {}];
  if (seconds < 50) return ["left_seconds", { n: Math.ceil(seconds / 10) * 10 }];
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return ["left_minutes", { n: Math.max(1, minutes) }];
  const hours = Math.floor(minutes / 60);
  const rest = Math.round((minutes % 60) / 10) * 10;
  if (hours >= 10 || rest === 0 || rest === 60) return ["left_hours", { n: hours + (minutes % 60 >= 30 ? 1 : 0) }];
  return ["left_hours_minutes", { n: hours, minutes: rest }];
}

const QUARTERS = [25, 50, 75, 100];

/** Return the quarter that was just reached, for screen readers; 0 if none was. */
export function quarterReached(percentBefore: number, percent: number): number {
  return QUARTERS.findLast((quarter) => percentBefore < quarter && percent >= quarter) ?? 0;
}
