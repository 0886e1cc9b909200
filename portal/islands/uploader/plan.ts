// How a file is split into parts and where they are uploaded, as the upload service plans it.
import type { FilePlanResponse, StoredPartResponse } from "../api/upload";

/** The bytes `from` to `to`, exclusive, of a file; an empty file has one part without bytes. */
export interface PartRange {
  number: number;
  from: number;
  to: number;
}

/** Iterate over the parts of a file, in order. */
export function* partRanges(sizeBytes: number, partBytes: number): Generator<PartRange> {
  const count = Math.max(1, Math.ceil(sizeBytes / partBytes));
  for (let number = 1; number <= count; number += 1) yield partRange(number, sizeBytes, partBytes);
}

export function partRange(number: number, sizeBytes: number, partBytes: number): PartRange {
  const from = (number - 1) * partBytes;
  return { number, from, to: Math.min(sizeBytes, from + partBytes) };
}

/** Return the bytes of a part. They get a type, because some browsers keep pieces without one in memory for long. */
export function slice(file: Blob, { from, to }: PartRange): Blob {
  return file.slice(from, to, "application/octet-stream");
}

/** Say whether all parts that were received are lost, and none was received since. */
export function isLost(plan: Pick<FilePlanResponse, "restarted_at" | "parts" | "state">): boolean {
  return plan.restarted_at !== null && plan.parts.length === 0 && plan.state !== "complete";
}

export function receivedBytes(plan: Pick<FilePlanResponse, "parts">): number {
  return plan.parts.reduce((sum, part) => sum + part.size_bytes, 0);
}

/** Return the first and the last part that were received: they identify a file that is picked again. */
export function firstAndLast(parts: StoredPartResponse[]): StoredPartResponse[] {
  const ordered = [...parts].sort((one, other) => one.number - other.number);
  return [...new Set([ordered[0], ordered.at(-1)])].filter((one) => one !== undefined);
}
