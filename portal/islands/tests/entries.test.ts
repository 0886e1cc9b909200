import { expect, test } from "vitest";
import { isStale, type ParsedRecipients, parsedEntries, splitEntries } from "../recipients/entries";

const RECIPIENTS: ParsedRecipients = {
  recipients: [
    { shown: "Ana@mairie-évian.fr", field: "to", role: "external" },
    { shown: "b@ministere.example", field: "cc", role: "agent" },
  ],
  unreadable: [{ text: "rené@ville.example", field: "to", reason: "character-not-acceptable", character: "é" }],
  sent: { to: "Ana@mairie-évian.fr; rené@ville.example", cc: "b@ministere.example" },
};
const PARSED = parsedEntries(RECIPIENTS, "to");

test("a line is kept whole, because a comma may be part of a name", () => {
  expect(splitEntries(" Martin, Ana <a@b.fr>; c@d.fr\r\n\n\tNom\te@f.fr \nNom\te@f.fr")).toEqual([
    { text: "Martin, Ana <a@b.fr>; c@d.fr" },
    { text: "Nom\te@f.fr" },
  ]);
});

test("a field has its addresses, then the entries that are none, with the reason", () => {
  expect(PARSED).toEqual([
    { text: "Ana@mairie-évian.fr", role: "external" },
    { text: "rené@ville.example", invalid: { reason: "character-not-acceptable", character: "é" } },
  ]);
  expect(parsedEntries(RECIPIENTS, "bcc")).toEqual([]);
});

test("a response is stale once something was typed after the request", () => {
  expect(isStale(RECIPIENTS, "to", "Ana@mairie-évian.fr; rené@ville.example", PARSED)).toBe(false);
  expect(isStale(RECIPIENTS, "to", "Ana@mairie-évian.fr; rené@ville.example\nc@d.fr", PARSED)).toBe(true);
});

test("without a request, a field that holds what is saved is updated, and unsaved text is kept", () => {
  const saved = { ...RECIPIENTS, sent: {} };
  expect(isStale(saved, "to", "Ana@mairie-évian.fr\nrené@ville.example", PARSED)).toBe(false);
  expect(isStale(saved, "to", "somebody@else.example", PARSED)).toBe(true);
});
