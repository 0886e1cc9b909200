// One file on its way: announced, read and sent part by part, completed; it can be stopped and taken up at any moment.
import { patiently } from "../page/patience";
import { Problem, ask } from "../page/relay";
import type { Digests, Hasher } from "./hasher";
import { places, slice, type Place, type Plan } from "./plan";
import { put } from "./put";
import type { Slots } from "./slots";

const FRESH_ADDRESSES = 20;
const ROUNDS = 3;

export interface Means {
  draft: string;
  hasher: Hasher;
  slots: Slots;
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
  private renewing: Promise<void> | undefined;

  constructor(
    private readonly means: Means,
    private readonly picked: Picked,
    private readonly isKnown: boolean,
  ) {}

  /** Bytes that have left this machine and were not lost on the way. */
  get sentBytes(): number {
    let sum = this.doneBytes;
    for (const bytes of this.moving.values()) sum += bytes;
    return Math.min(sum, this.picked.file.size);
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
      const whole = await this.all(signal);
      try {
        await ask("POST", `${this.path}/completion`, { sha256: whole }, signal);
        return;
      } catch (error) {
        if (!(error instanceof Problem && error.slug === "parts-missing") || round >= ROUNDS) throw error;
      }
    }
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
    return ask<Plan>("PUT", this.path, { path, size_bytes: file.size, ...modified }, signal);
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
        sent.push(this.send(place, digests, both).catch(failed).finally(() => this.means.slots.give()));
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
    for (;;) {
      const address = this.plan!.parts_url;
      try {
        await patiently(() => this.attempt(address, place, digests, signal), signal);
        return this.arrived(place);
      } catch (error) {
        if (!(error instanceof Problem) || error.slug !== "parts-address-expired") throw error;
        if (address === this.plan!.parts_url) await this.renew(signal);
      }
    }
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
