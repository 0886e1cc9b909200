// One file on its way: announced, read and sent part by part, completed; it can be stopped and taken up at any moment.
import { passes, patiently } from "../page/patience";
import { ask, Problem } from "../page/relay";
import type { CongestionWindow } from "./congestion";
import type { Digests, Hasher } from "./hasher";
import { isLost, type Place, type Plan, places, slice } from "./plan";
import { put } from "./put";
import type { Slots } from "./slots";

const FRESH_ADDRESSES = 20;
const ROUNDS = 3;
const LOOK_AGAIN = new Set(["parts-missing", "file-already-complete", "upload-closed"]);
const BREAKS_BEFORE_SMALLER_PARTS = 2;

/** The line breaks before it has carried one part of this size, alone. */
class SmallerPartsNeeded extends Error {}

export interface Means {
  draft: string;
  hasher: Hasher;
  slots: Slots;
  congestion: CongestionWindow;
}

export interface Picked {
  id: string;
  path: string;
  file: File;
}

/** Of one file, from the first byte to the last; `run` may be called again after it was stopped. */
export class Sending {
  private plan: Plan | undefined;
  private readonly digests = new Map<number, Promise<Digests>>();
  private readonly done = new Set<number>();
  private readonly moving = new Map<number, number>();
  private doneBytes = 0;
  private foundBytes = 0;
  private fresh = 0;
  private smallParts = false;
  private renewing: Promise<void> | undefined;

  constructor(
    private readonly means: Means,
    private readonly picked: Picked,
    private readonly isKnown: boolean,
  ) {}

  /** Bytes that have arrived, as the store has said. */
  get sentBytes(): number {
    return this.doneBytes;
  }

  /** Bytes that have left this machine, of which nobody knows yet whether they arrive. */
  get movingBytes(): number {
    let sum = 0;
    for (const bytes of this.moving.values()) sum += bytes;
    return sum;
  }

  /** All that had arrived was lost, so that the file is sent again from the start. */
  get isLost(): boolean {
    return this.plan !== undefined && isLost(this.plan);
  }

  /** Those of them that had arrived before, so that they say nothing about the line. */
  get skippedBytes(): number {
    return this.foundBytes;
  }

  /** Announce, send what is missing, complete; what is missing according to the service is sent again. */
  async run(signal: AbortSignal): Promise<void> {
    for (let round = 1; ; round += 1) {
      this.take(await this.where(signal));
      if (this.plan?.state === "complete") return;
      try {
        await ask("POST", `${this.path}/completion`, { sha256: await this.all(signal) }, signal);
        return;
      } catch (error) {
        if (error instanceof SmallerPartsNeeded) this.cutFiner();
        else if (!(error instanceof Problem && LOOK_AGAIN.has(error.slug)) || round >= ROUNDS) throw error;
      }
    }
  }

  /** Announce it again, in smaller parts. */
  private cutFiner(): void {
    this.smallParts = true;
    this.plan = undefined;
    this.digests.clear();
    this.forget();
  }

  /** Give back the memory of what was computed. */
  forget(): void {
    this.means.hasher.forget(this.picked.id);
  }

  private get path(): string {
    return `drafts/${this.means.draft}/files/${this.picked.id}`;
  }

  private async where(signal: AbortSignal): Promise<Plan> {
    if (this.isKnown || this.plan) return ask<Plan>("GET", this.path, undefined, signal);
    const { file, path } = this.picked;
    const modified = file.lastModified > 0 ? { modified_at: new Date(file.lastModified).toISOString() } : {};
    return ask<Plan>(
      "PUT",
      this.path,
      { path, size_bytes: file.size, small_parts: this.smallParts, ...modified },
      signal,
    );
  }

  private take(plan: Plan): void {
    this.plan = plan;
    this.done.clear();
    this.moving.clear();
    this.doneBytes = this.foundBytes = 0;
  }

  /** Read in order, send as slots are free; the digest of the whole file. */
  private async all(signal: AbortSignal): Promise<string> {
    const plan = this.plan!;
    const arrived = new Map(plan.parts.map((part) => [part.number, part.sha256]));
    const stop = new AbortController();
    const both = AbortSignal.any([signal, stop.signal]);
    const sent: Promise<void>[] = [];
    let whole = "";
    let trouble: unknown;
    const failed = (error: unknown): void => {
      trouble ??= error;
      stop.abort(error);
    };
    try {
      for (const place of places(this.picked.file.size, plan.part_size_bytes)) {
        const digests = await this.read(place, plan.part_count);
        whole = digests.whole;
        both.throwIfAborted();
        if (arrived.get(place.number) === digests.sha256) {
          this.foundBytes += place.to - place.from;
          this.arrived(place);
          continue;
        }
        await this.means.slots.take(both);
        sent.push(
          this.send(place, digests, both)
            .catch(failed)
            .finally(() => this.means.slots.give()),
        );
      }
    } catch (error) {
      failed(error);
    }
    await Promise.all(sent);
    if (trouble !== undefined) throw trouble;
    return whole;
  }

  /** Each part is read once, however often it is sent. */
  private read(place: Place, count: number): Promise<Digests> {
    const { id, file } = this.picked;
    let reading = this.digests.get(place.number);
    if (!reading) {
      reading = this.means.hasher.part(id, slice(file, place), place.number === 1, place.number === count);
      this.digests.set(place.number, reading);
      reading.catch(() => this.digests.delete(place.number));
    }
    return reading;
  }

  private async send(place: Place, digests: Digests, signal: AbortSignal): Promise<void> {
    const { congestion } = this.means;
    for (;;) {
      const address = this.plan!.parts_url;
      const before = congestion.arrived;
      try {
        await patiently(() => this.inTurn(address, place, digests, signal), signal);
        return this.arrived(place);
      } catch (error) {
        if (signal.aborted || !(error instanceof Problem)) throw error;
        if (passes(error.status) && congestion.arrived > before) continue;
        if (error.slug !== "parts-address-expired") throw error;
        if (address === this.plan!.parts_url) await this.renew(signal);
      }
    }
  }

  private async inTurn(address: string, place: Place, digests: Digests, signal: AbortSignal): Promise<void> {
    const { congestion } = this.means;
    const hasBegun = this.isKnown || this.done.size > 0 || this.smallParts;
    if (!hasBegun && congestion.breaksInVain >= BREAKS_BEFORE_SMALLER_PARTS) throw new SmallerPartsNeeded();
    await congestion.carry(() => this.attempt(address, place, digests, signal), signal);
  }

  private async attempt(address: string, place: Place, digests: Digests, signal: AbortSignal): Promise<void> {
    const url = `${address}/${place.number}/${digests.sha256}`;
    const bytes = slice(this.picked.file, place);
    try {
      await put({ url, bytes, crc32: digests.crc32, signal, moved: (sent) => this.moving.set(place.number, sent) });
    } finally {
      this.moving.delete(place.number);
    }
  }

  /** Another address for the parts; asked for once, however many parts wait for it. */
  private async renew(signal: AbortSignal): Promise<void> {
    this.renewing ??= this.another(signal).finally(() => (this.renewing = undefined));
    await this.renewing;
  }

  private async another(signal: AbortSignal): Promise<void> {
    if ((this.fresh += 1) > FRESH_ADDRESSES * this.plan!.part_count) throw new Problem(403);
    const { parts_url } = await ask<Plan>("GET", this.path, undefined, signal);
    this.plan = { ...this.plan!, parts_url };
  }

  private arrived({ number, from, to }: Place): void {
    if (this.done.has(number)) return;
    this.done.add(number);
    this.doneBytes += to - from;
  }
}
