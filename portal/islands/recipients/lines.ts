// The lines of a list of recipients, and what the service read in them. Nothing here decides what an address is.

/** A line of the plain field; `role` once it is known for an address, `wrong` once it is known for none. */
export interface Line {
  text: string;
  role?: string;
  wrong?: { reason: string; character: string };
}

/** A draft as the service answers it, to what was `typed` in each field; empty when nothing was sent. */
export interface Reading {
  recipients: { shown: string; field: string; role: string }[];
  unreadable: { text: string; field: string; reason: string; character: string }[];
  typed: Record<string, string>;
}

/** Each line that is not blank, once; a line is never cut, because what stands in it may be one name. */
export function linesOf(text: string): Line[] {
  const lines = text.split(/[\r\n]+/).map((line) => line.trim());
  return [...new Set(lines.filter((line) => line !== ""))].map((line) => ({ text: line }));
}

/** What the service read in one field: the addresses, then what is none. */
export function linesRead({ recipients, unreadable }: Reading, field: string): Line[] {
  const good = recipients.filter((one) => one.field === field).map(({ shown, role }) => ({ text: shown, role }));
  const bad = unreadable
    .filter((one) => one.field === field)
    .map(({ text, reason, character }) => ({ text, wrong: { reason, character } }));
  return [...good, ...bad];
}

/** Whether the field holds something else than what was read: then the next answer is waited for. */
export function typedOn({ typed }: Reading, field: string, value: string, read: Line[]): boolean {
  return typed[field] !== value && read.map((line) => line.text).join("\n") !== value;
}
