// One file of the draft as this page knows it: at rest, on its way, or to be picked again.
import { passes } from "../page/patience";
import { NotTheService, Problem } from "../page/relay";
import type { Vocabulary } from "../page/words";
import { FileUnreadable } from "./hasher";
import { type Act, Line, type Shown, type State } from "./line";
import { type Means, Sending } from "./sending";

/** As the draft lists it. */
export interface Known {
  file: string;
  path: string;
  size_bytes: number;
  state: string;
}

const CHANGED = new Set(["part-digest-mismatch", "digest-differs"]);
const STOPPED = new Error("stopped");

export class Item {
  readonly id: string;
  readonly line: Line;
  private readonly shown: Shown;
  private sending: Sending | undefined;
  private stop: AbortController | undefined;
  private readonly isKnown: boolean;
  private skippedBytes = 0;
  private ending: Promise<void> = Promise.resolve();

  constructor(
    private readonly means: Means,
    private readonly words: Vocabulary,
    known: Known,
    private file: File | undefined,
    act: (act: Act) => void,
    private readonly changed: () => void,
  ) {
    this.id = known.file;
    this.isKnown = known.state !== "";
    const state: State = known.state === "complete" ? "complete" : file ? "queued" : "wanted";
    this.shown = { path: known.path, size: known.size_bytes, state, sent: 0, isLost: false, why: "" };
    this.line = new Line(words, this.shown, act);
  }

  get path(): string {
    return this.shown.path;
  }

  get size(): number {
    return this.shown.size;
  }

  get state(): State {
    return this.shown.state;
  }

  /** Bytes that need not be sent any more. */
  get sent(): number {
    return this.state === "complete" ? this.size : (this.sending?.sentBytes ?? this.shown.sent);
  }

  /** Those of them that had arrived before, so that they say nothing about the line. */
  get skipped(): number {
    return (this.skippedBytes = this.sending?.skippedBytes ?? this.skippedBytes);
  }

  /** Bytes of which nobody knows yet whether they arrive. */
  get moving(): number {
    return this.state === "sending" ? (this.sending?.movingBytes ?? 0) : 0;
  }

  /** So much of it has arrived earlier, or all that had is lost. */
  known(bytes: number, isLost: boolean): void {
    this.shown.sent = bytes;
    this.shown.isLost = isLost;
    this.line.show();
  }

  /** The file that was waited for is here. */
  goOn(file: File): void {
    this.file = file;
    this.sending = undefined;
    this.set("queued");
  }

  /** Send it, until it is whole, stopped or in trouble. */
  async run(): Promise<void> {
    if (!this.file) return this.set("wanted");
    this.set("sending");
    await this.ending;
    const stop = (this.stop = new AbortController());
    const picked = { id: this.id, path: this.path, file: this.file };
    const sending = (this.sending ??= new Sending(this.means, picked, this.isKnown));
    this.ending = sending.run(stop.signal).then(
      () => this.end("complete"),
      (error: unknown) => this.fail(error, stop.signal),
    );
    await this.ending;
  }

  pause(): void {
    if (this.state !== "sending" && this.state !== "queued") return;
    this.set("paused");
    this.stop?.abort(STOPPED);
  }

  /** Back among those that wait for their turn. */
  again(): void {
    if (this.state === "paused" || this.state === "failed") this.set("queued");
  }

  /** Out of the draft. */
  leave(): void {
    this.end("paused");
    this.stop?.abort(STOPPED);
    this.line.place.remove();
  }

  end(state: State): void {
    this.sending?.forget();
    if (state === "complete") this.sending = this.file = undefined;
    this.set(state);
  }

  tick(): void {
    this.shown.sent = this.sent;
    this.shown.isLost = this.sending?.isLost ?? this.shown.isLost;
    this.line.show();
  }

  private fail(error: unknown, signal: AbortSignal): void {
    if (signal.aborted) return;
    const canGoOn = error instanceof Problem && passes(error.status);
    if (!canGoOn) {
      this.sending?.forget();
      this.sending = undefined;
    }
    this.set("failed", this.reason(error));
  }

  private reason(error: unknown): string {
    if (error instanceof FileUnreadable) return this.words.say("why_unreadable");
    if (!(error instanceof Problem)) return this.words.say("trouble");
    if (error.slug === "session-expired") return this.words.say("why_session");
    if (CHANGED.has(error.slug)) return this.words.say("why_changed");
    if (error instanceof NotTheService) return this.words.say("why_not_the_service");
    if (error.message || !passes(error.status)) return error.message || this.words.say("trouble");
    return this.words.say(this.sent > 0 ? "why_line" : "why_line_nothing_kept");
  }

  private set(state: State, why = ""): void {
    this.shown.state = state;
    this.shown.why = why;
    this.tick();
    this.changed();
  }
}
