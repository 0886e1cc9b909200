// The entries of a list of recipients, and how the service parsed them. Nothing here decides what an address is.
import type { TransferRecipientResponse, Unreadable } from "../api/upload";

/** A line of the text area; `role` once the service knows it as an address, `invalid` once it knows that it is none. */
export interface Entry {
  text: string;
  role?: string;
  invalid?: { reason: string; character: string };
}

/** The recipients of a draft as the service returns them. */
export interface DraftRecipients {
  recipients: Pick<TransferRecipientResponse, "shown" | "field" | "role">[];
  unreadable: Unreadable[];
}

/** The same, with the text of each field that was sent; empty if nothing was. */
export interface ParsedRecipients extends DraftRecipients {
  sent: Record<string, string>;
}

/** Split a text into its lines, without blank and repeated ones; a line is not split, because it may be one name. */
export function splitEntries(text: string): Entry[] {
  const lines = text.split(/[\r\n]+/).map((line) => line.trim());
  return [...new Set(lines.filter((line) => line !== ""))].map((line) => ({ text: line }));
}

/** Return what the service parsed in one field: the addresses, then the entries that are none. */
export function parsedEntries({ recipients, unreadable }: DraftRecipients, name: string): Entry[] {
  const valid = recipients.filter(({ field }) => field === name).map(({ shown, role }) => ({ text: shown, role }));
  const invalid = unreadable
    .filter(({ field }) => field === name)
    .map(({ text, reason, character }) => ({ text, invalid: { reason, character } }));
  return [...valid, ...invalid];
}

/** Say whether the field was edited since it was sent; then the next response is waited for. */
export function isStale({ sent }: ParsedRecipients, name: string, text: string, parsed: Entry[]): boolean {
  return sent[name] !== text && parsed.map((entry) => entry.text).join("\n") !== text;
}
