// A draft as the service returns it, and its fields as the page holds them.
import type { DraftResponse } from "../api/upload";
import type { DraftRecipients } from "../recipients/entries";

const RECIPIENT_FIELDS = ["to", "cc", "bcc"];
export const FIELDS = [...RECIPIENT_FIELDS, "subject", "text", "validity_days"];

/** Return a field of the draft as the page holds it; a list has one entry a line. */
export function fieldText(
  draft: DraftRecipients & Pick<DraftResponse, "subject" | "text" | "validity_days">,
  name: string,
): string {
  if (name === "subject" || name === "text") return draft[name];
  if (name === "validity_days") return String(draft.validity_days);
  const addresses = draft.recipients.filter(({ field }) => field === name).map(({ shown }) => shown);
  return [...addresses, ...draft.unreadable.filter(({ field }) => field === name).map(({ text }) => text)].join("\n");
}

/** Return a field's text as the service accepts it. */
export function fieldValue(name: string, text: string): unknown {
  if (RECIPIENT_FIELDS.includes(name)) return text.trim() === "" ? [] : [text];
  return name === "validity_days" ? Number(text) : text;
}

/** Say whether two texts are the same to the service, which trims white space and lowers the case of addresses. */
export function isSameText(one: string, other: string): boolean {
  return normalised(one) === normalised(other);
}

function normalised(text: string): string {
  return text.replace(/\s+/g, " ").trim().toLowerCase();
}

/** Return the message that says who has to approve, and its number; nothing while that is not known. */
export function approvalMessage(
  draft: DraftRecipients & Pick<DraftResponse, "needs_approval" | "approvers">,
): [string, number] | undefined {
  if (draft.recipients.length === 0) return undefined;
  const externals = draft.recipients.filter(({ role }) => role !== "agent").length;
  if (!draft.needs_approval) return draft.unreadable.length > 0 ? undefined : ["nobody_approves", 0];
  return draft.approvers.length > 0 ? ["will_approve", externals] : ["approver_missing", externals];
}
