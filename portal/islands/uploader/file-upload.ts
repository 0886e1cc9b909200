// Uploads one file: announces it, hashes and sends its parts, completes it; it can be stopped and resumed at any time.
import type { Announcement, CompletionRequest, FilePlanResponse } from "../api/upload";
import { callApi, Problem } from "../page/api";
import { isTransient, withRetry } from "../page/retry";
import type { CongestionWindow } from "./congestion";
import type { Hasher, PartDigests } from "./hasher";
import { isLost, type PartRange, partRanges, slice } from "./plan";
import { putPart } from "./put";
import type { Semaphore } from "./semaphore";

const MAX_RENEWALS_PER_PART = 20;
const MAX_ROUNDS = 3;
const STALE_PLAN_SLUGS = new Set(["parts-missing", "file-already-complete", "upload-closed"]);
const LOSSES_BEFORE_SMALLER_PARTS = 2;

/** The connection breaks before it has carried one part of this size, alone. */
class SmallerPartsNeeded extends Error {}

/** What the uploads of a draft share; `slots` limits the parts that are hashed and not yet sent. */
export interface UploadContext {
  draftId: string;
  hasher: Hasher;
  slots: Semaphore;
  congestion: CongestionWindow;
}

export interface PickedFile {
  id: string;
  path: string;
  file: File;
}

interface HashedPart {
  range: PartRange;
  digests: PartDigests;
}

/** The upload of one file; `run` may be called again after it was stopped. */
export class FileUpload {
  #plan: FilePlanResponse | undefined;
  readonly #digests = new Map<number, Promise<PartDigests>>();
  readonly #received = new Set<number>();
  readonly #inFlight = new Map<number, number>();
  #receivedBytes = 0;
  #foundBytes = 0;
  #partsUrl = "";
  #renewals = 0;
  #maxRenewals = 0;
  #smallParts = false;
  #renewing: Promise<void> | undefined;

  constructor(
    private readonly context: UploadContext,
    private readonly picked: PickedFile,
    private readonly isAnnounced: boolean,
  ) {}

  /** Bytes that the service has received. */
  get sentBytes(): number {
    return this.#receivedBytes;
  }

  /** Bytes that left this machine and are not known to be received. */
  get inFlightBytes(): number {
    return [...this.#inFlight.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Whether all parts that were received are lost, so that the file is sent again from the start. */
  get isLost(): boolean {
    return this.#plan !== undefined && isLost(this.#plan);
  }

  /** Bytes of `sentBytes` that had been received before: they say nothing about the throughput. */
  get skippedBytes(): number {
    return this.#foundBytes;
  }

  /** Announce the file, send the missing parts, complete it; what the service still misses is sent again. */
  async run(signal: AbortSignal): Promise<void> {
    for (let round = 1; ; round += 1) {
      const plan = await this.#announce(signal);
      this.#setPlan(plan);
      if (plan.state === "complete") return;
      try {
        const completion: CompletionRequest = { sha256: await this.#sendParts(plan, signal) };
        await callApi("POST", `${this.#path}/completion`, completion, signal);
        return;
      } catch (error) {
        if (error instanceof SmallerPartsNeeded) this.#useSmallerParts();
        else if (!(error instanceof Problem && STALE_PLAN_SLUGS.has(error.slug)) || round >= MAX_ROUNDS) throw error;
      }
    }
  }

  /** Let the next round announce the file in smaller parts. */
  #useSmallerParts(): void {
    this.#smallParts = true;
    this.#plan = undefined;
    this.#digests.clear();
    this.forgetDigests();
  }

  /** Free the memory of the running digest. */
  forgetDigests(): void {
    this.context.hasher.forget(this.picked.id);
  }

  get #path(): string {
    return `drafts/${this.context.draftId}/files/${this.picked.id}`;
  }

  /** Return the plan of the file, which is announced to the service if it does not know it. */
  #announce(signal: AbortSignal): Promise<FilePlanResponse> {
    if (this.isAnnounced || this.#plan) return callApi<FilePlanResponse>("GET", this.#path, undefined, signal);
    const { file, path } = this.picked;
    const modified = file.lastModified > 0 ? { modified_at: new Date(file.lastModified).toISOString() } : {};
    const announced: Announcement = { path, size_bytes: file.size, small_parts: this.#smallParts, ...modified };
    return callApi<FilePlanResponse>("PUT", this.#path, announced, signal);
  }

  #setPlan(plan: FilePlanResponse): void {
    this.#plan = plan;
    this.#partsUrl = plan.parts_url;
    this.#maxRenewals = MAX_RENEWALS_PER_PART * plan.part_count;
    this.#received.clear();
    this.#inFlight.clear();
    this.#receivedBytes = this.#foundBytes = 0;
  }

  /** Hash the parts in order, send each when a slot is free, and return the digest of the whole file. */
  async #sendParts(plan: FilePlanResponse, signal: AbortSignal): Promise<string> {
    const found = new Map(plan.parts.map((part) => [part.number, part.sha256]));
    const stop = new AbortController();
    const anySignal = AbortSignal.any([signal, stop.signal]);
    const sending: Promise<void>[] = [];
    const { slots } = this.context;
    let fileSha256 = "";
    let firstError: unknown;
    const fail = (error: unknown): void => {
      firstError ??= error;
      stop.abort(error);
    };
    try {
      for (const range of partRanges(this.picked.file.size, plan.part_size_bytes)) {
        const digests = await this.#hashPart(range, plan.part_count);
        fileSha256 = digests.fileSha256;
        anySignal.throwIfAborted();
        if (found.get(range.number) === digests.sha256) {
          this.#foundBytes += range.to - range.from;
          this.#markReceived(range);
          continue;
        }
        await slots.acquire(anySignal);
        const sent = this.#sendPart({ range, digests }, anySignal);
        sending.push(sent.catch(fail).finally(() => slots.release()));
      }
    } catch (error) {
      fail(error);
    }
    await Promise.all(sending);
    if (firstError !== undefined) throw firstError;
    return fileSha256;
  }

  /** Hash each part once, however often it is sent. */
  #hashPart(range: PartRange, count: number): Promise<PartDigests> {
    const { id, file } = this.picked;
    let hashing = this.#digests.get(range.number);
    if (!hashing) {
      hashing = this.context.hasher.hashPart(id, slice(file, range), range.number === 1, range.number === count);
      this.#digests.set(range.number, hashing);
      hashing.catch(() => this.#digests.delete(range.number));
    }
    return hashing;
  }

  /** Send a part until it is received. A loss does not count while other parts get through; an expired URL is renewed. */
  async #sendPart(part: HashedPart, signal: AbortSignal): Promise<void> {
    const { congestion } = this.context;
    for (;;) {
      const partsUrl = this.#partsUrl;
      const deliveredBefore = congestion.delivered;
      try {
        await withRetry(() => this.#sendInWindow(partsUrl, part, signal), signal);
        return this.#markReceived(part.range);
      } catch (error) {
        if (signal.aborted || !(error instanceof Problem)) throw error;
        const othersGetThrough = isTransient(error.status) && congestion.delivered > deliveredBefore;
        if (!othersGetThrough) await this.#renewIfExpired(error, partsUrl, signal);
      }
    }
  }

  async #sendInWindow(partsUrl: string, part: HashedPart, signal: AbortSignal): Promise<void> {
    const { congestion } = this.context;
    const hasStarted = this.isAnnounced || this.#received.size > 0 || this.#smallParts;
    if (!hasStarted && congestion.consecutiveLosses >= LOSSES_BEFORE_SMALLER_PARTS) throw new SmallerPartsNeeded();
    await congestion.run(() => this.#attempt(partsUrl, part, signal), signal);
  }

  async #attempt(partsUrl: string, { range, digests }: HashedPart, signal: AbortSignal): Promise<void> {
    const url = `${partsUrl}/${range.number}/${digests.sha256}`;
    const bytes = slice(this.picked.file, range);
    const onProgress = (sentBytes: number): void => void this.#inFlight.set(range.number, sentBytes);
    try {
      await putPart({ url, bytes, crc32: digests.crc32, signal, onProgress });
    } finally {
      this.#inFlight.delete(range.number);
    }
  }

  /** Renew the URL of the parts if the problem is that it has expired, and another part has not renewed it; else throw. */
  async #renewIfExpired(problem: Problem, partsUrl: string, signal: AbortSignal): Promise<void> {
    if (problem.slug !== "parts-address-expired") throw problem;
    if (partsUrl === this.#partsUrl) await this.#renewUrl(signal);
  }

  /** Fetch another URL for the parts, once for all the parts that wait for it. */
  async #renewUrl(signal: AbortSignal): Promise<void> {
    this.#renewing ??= this.#fetchUrl(signal).finally(() => {
      this.#renewing = undefined;
    });
    await this.#renewing;
  }

  async #fetchUrl(signal: AbortSignal): Promise<void> {
    this.#renewals += 1;
    if (this.#renewals > this.#maxRenewals) throw new Problem(403);
    const { parts_url } = await callApi<FilePlanResponse>("GET", this.#path, undefined, signal);
    this.#partsUrl = parts_url;
  }

  #markReceived({ number, from, to }: PartRange): void {
    if (this.#received.has(number)) return;
    this.#received.add(number);
    this.#receivedBytes += to - from;
  }
}
