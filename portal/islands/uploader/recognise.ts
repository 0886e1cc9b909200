// Is the file that was picked the one of which a part has arrived? Its size and the digests of its ends say so.
import { ask } from "../page/relay";
import { hexOf } from "./digests";
import { type Arrived, ends, type Plan, placeOf, slice } from "./plan";

/** The name was compared by whoever asks. A part in the middle that differs is found later, and sent again. */
export async function sameFile(draft: string, known: { id: string; size: number }, file: File): Promise<boolean> {
  if (file.size !== known.size) return false;
  const plan = await ask<Plan>("GET", `drafts/${draft}/files/${known.id}`);
  if (!dateFits(plan, file) && plan.parts.length === 0) return false;
  for (const part of ends(plan.parts)) if (!(await holds(file, plan, part))) return false;
  return true;
}

/** Two seconds, because that is how fine some disks write the time. */
export function dateFits(plan: Pick<Plan, "modified_at">, file: Pick<File, "lastModified">): boolean {
  if (!plan.modified_at || file.lastModified <= 0) return true;
  return Math.abs(Date.parse(plan.modified_at) - file.lastModified) <= 2_000;
}

async function holds(file: File, plan: Plan, part: Arrived): Promise<boolean> {
  try {
    const bytes = await slice(file, placeOf(part.number, file.size, plan.part_size_bytes)).arrayBuffer();
    return hexOf(await crypto.subtle.digest("SHA-256", bytes)) === part.sha256;
  } catch {
    return false;
  }
}
