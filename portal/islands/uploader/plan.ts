// How is a file cut, and where do its parts go? As the upload service says.

export interface Arrived {
  number: number;
  size_bytes: number;
  sha256: string;
}

/** What the service answers about a file. */
export interface Plan {
  file: string;
  path: string;
  size_bytes: number;
  modified_at: string | null;
  state: string;
  part_size_bytes: number;
  part_count: number;
  restarted_at: string | null;
  parts_url: string;
  parts: Arrived[];
}

/** One part's place in its file; an empty file is one part of no bytes. */
export interface Place {
  number: number;
  from: number;
  to: number;
}

/** The parts of a file, in order. */
export function* places(sizeBytes: number, partBytes: number): Generator<Place> {
  let number = 1;
  for (let from = 0; from === 0 || from < sizeBytes; from += partBytes, number += 1) {
    yield { number, from, to: Math.min(sizeBytes, from + partBytes) };
  }
}

export function placeOf(number: number, sizeBytes: number, partBytes: number): Place {
  const from = (number - 1) * partBytes;
  return { number, from, to: Math.min(sizeBytes, from + partBytes) };
}

/** A piece of a file. It is given a type, because pieces without one are kept in memory for long by some browsers. */
export function slice(file: Blob, { from, to }: Place): Blob {
  return file.slice(from, to, "application/octet-stream");
}

/** All that had arrived of it was lost, and nothing has arrived since. */
export function isLost(plan: Pick<Plan, "restarted_at" | "parts" | "state">): boolean {
  return plan.restarted_at !== null && plan.parts.length === 0 && plan.state !== "complete";
}

/** How much of it has arrived. */
export function arrivedBytes(plan: Pick<Plan, "parts">): number {
  return plan.parts.reduce((sum, part) => sum + part.size_bytes, 0);
}

/** The first and the last part that have arrived: by these a file that is picked again is recognised. */
export function ends(parts: Arrived[]): Arrived[] {
  const ordered = [...parts].sort((one, other) => one.number - other.number);
  return [...new Set([ordered[0], ordered.at(-1)])].filter((one) => one !== undefined);
}
