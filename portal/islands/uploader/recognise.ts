// Tells whether a picked file is the one that is partly uploaded, by its size, its date and the digests of its ends.
import type { FilePlanResponse, StoredPartResponse } from "../api/upload";
import { callApi } from "../page/api";
import { toHex } from "./digests";
import { firstAndLast, partRange, slice } from "./plan";

const DATE_TOLERANCE_MS = 2_000; // the resolution of times on FAT file systems

/** The caller has compared the names. A part in the middle that differs is found later, and sent again. */
export async function isSameFile(
  draftId: string,
  known: { id: string; sizeBytes: number },
  file: File,
): Promise<boolean> {
  if (file.size !== known.sizeBytes) return false;
  const plan = await callApi<FilePlanResponse>("GET", `drafts/${draftId}/files/${known.id}`);
  if (!datesMatch(plan, file) && plan.parts.length === 0) return false;
  for (const part of firstAndLast(plan.parts)) if (!(await containsPart(file, plan, part))) return false;
  return true;
}

export function datesMatch(plan: Pick<FilePlanResponse, "modified_at">, file: Pick<File, "lastModified">): boolean {
  if (!plan.modified_at || file.lastModified <= 0) return true;
  return Math.abs(Date.parse(plan.modified_at) - file.lastModified) <= DATE_TOLERANCE_MS;
}

async function containsPart(file: File, plan: FilePlanResponse, part: StoredPartResponse): Promise<boolean> {
  try {
    const bytes = await slice(file, partRange(part.number, file.size, plan.part_size_bytes)).arrayBuffer();
    return toHex(await crypto.subtle.digest("SHA-256", bytes)) === part.sha256;
  } catch {
    return false;
  }
}
