// How fast, and how long still? Speed over the last parts, time left in words that do not jump.
import type { Values } from "../page/words";

const WINDOW_MS = 15_000;
const LEAST_MS = 1_500;
const ASLEEP_MS = 5_000;

/** Remembers how much had arrived at which moment, since this machine last woke up. */
export class Pace {
  private readonly samples: { at: number; bytes: number }[] = [];
  private now = 0;

  /** Called several times a second; a longer pause means that nothing ran meanwhile, so that it says nothing of the line. */
  add(at: number, bytes: number): void {
    if (at - this.now > ASLEEP_MS || bytes < (this.samples.at(-1)?.bytes ?? 0)) this.samples.length = 0;
    this.now = at;
    if (bytes !== this.samples.at(-1)?.bytes) this.samples.push({ at, bytes });
    while (this.samples.length > 2 && at - this.samples[0]!.at > WINDOW_MS) this.samples.shift();
  }

  /** Bytes a second; 0 while too little is known. */
  get speed(): number {
    const first = this.samples[0];
    const last = this.samples.at(-1);
    if (!first || !last || this.now - first.at < LEAST_MS) return 0;
    return ((last.bytes - first.bytes) * 1_000) / (this.now - first.at);
  }

  clear(): void {
    this.samples.length = 0;
  }
}

/** The words for a time, as a key and its figures; nothing when nobody can tell. */
export function timeLeft(bytes: number, speed: number): [string, Values] | undefined {
  if (speed <= 0) return undefined;
  const seconds = bytes / speed;
  if (seconds < 10) return ["left_moment", {}];
  if (seconds < 50) return ["left_seconds", { n: Math.ceil(seconds / 10) * 10 }];
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return ["left_minutes", { n: Math.max(1, minutes) }];
  const hours = Math.floor(minutes / 60);
  const rest = Math.round((minutes % 60) / 10) * 10;
  if (hours >= 10 || rest === 0 || rest === 60) return ["left_hours", { n: hours + (minutes % 60 >= 30 ? 1 : 0) }];
  return ["left_hours_minutes", { n: hours, minutes: rest }];
}

const MARKS = [25, 50, 75, 100];

/** The quarter that was just passed, to be said aloud; 0 when none was. */
export function quarter(before: number, after: number): number {
  return MARKS.findLast((mark) => before < mark && after >= mark) ?? 0;
}
