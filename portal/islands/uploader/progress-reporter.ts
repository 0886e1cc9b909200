// Reports the progress of all files: the bar ten times a second, text every two seconds, each quarter to screen readers.
import type { I18n } from "../page/i18n";
import type { Item } from "./item";
import { quarterReached, Throughput, timeLeft } from "./throughput";
import { percentOf, type UploadView } from "./view";

const TICK_MS = 100;
const TICKS_PER_TEXT = 20;

function sum(items: Item[], bytesOf: (item: Item) => number): number {
  return items.reduce((total, item) => total + bytesOf(item), 0);
}

export class ProgressReporter {
  readonly #throughput = new Throughput();
  #timer = 0;
  #ticks = 0;
  #percent = 0;
  /** Bytes of the files that were complete at the start: they are not part of the progress. */
  #completeBytes = 0;

  constructor(
    private readonly view: UploadView,
    private readonly i18n: I18n,
    private readonly items: Item[],
  ) {}

  start(): void {
    clearInterval(this.#timer);
    this.#throughput.reset();
    this.#ticks = 0;
    this.#completeBytes = sum(
      this.items.filter((item) => item.state === "complete"),
      (item) => item.sizeBytes,
    );
    this.#percent = 0;
    this.#timer = window.setInterval(() => this.#tick(), TICK_MS);
  }

  stop(): void {
    if (!this.#timer) return;
    this.#tick();
    clearInterval(this.#timer);
    this.#timer = 0;
    this.refresh();
  }

  /** Show what applies now: "pause" or "resume", and no progress once no file is active. */
  refresh(): void {
    const isPaused = this.items.some((item) => item.state === "paused");
    const isActive = this.items.some((item) => item.state === "sending" || item.state === "queued");
    this.view.setCanPause(isActive || !isPaused);
    if (!isActive && !isPaused) this.view.hideProgress();
  }

  #tick(): void {
    const items = this.items.filter((item) => item.state !== "incomplete");
    for (const item of items) if (item.state === "sending") item.refresh();
    const sizeBytes = sum(items, (item) => item.sizeBytes) - this.#completeBytes;
    const sentBytes = sum(items, (item) => item.sentBytes) - this.#completeBytes;
    this.#throughput.record(performance.now(), sentBytes - sum(items, (item) => item.skippedBytes));
    const isTextDue = this.#ticks % TICKS_PER_TEXT === 0;
    this.#ticks += 1;
    const inFlightBytes = sum(items, (item) => item.inFlightBytes);
    this.view.showProgress(sentBytes, sizeBytes, isTextDue ? this.#describe(sentBytes, inFlightBytes, sizeBytes) : "");
    const percent = percentOf(sentBytes, sizeBytes);
    const quarter = quarterReached(this.#percent, percent);
    this.#percent = Math.max(percent, 0);
    if (quarter) this.view.announce(this.i18n.t("sent_percent", { percent: quarter }));
  }

  #describe(sentBytes: number, inFlightBytes: number, sizeBytes: number): string {
    const { t, formatSize } = this.i18n;
    const { bytesPerSecond } = this.#throughput;
    const percent = percentOf(sentBytes, sizeBytes);
    const parts = [t("sent_of", { percent, sent: formatSize(sentBytes), size: formatSize(sizeBytes) })];
    if (navigator.onLine === false) return [...parts, t("offline")].join(" · ");
    if (inFlightBytes > 0) parts.push(t("in_flight", { size: formatSize(inFlightBytes) }));
    const left = timeLeft(sizeBytes - sentBytes, bytesPerSecond);
    if (bytesPerSecond > 0) parts.push(t("speed", { speed: formatSize(Math.round(bytesPerSecond)) }));
    if (left) parts.push(t(...left));
    return parts.join(" · ");
  }
}
