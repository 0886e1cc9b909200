import { expect, test } from "vitest";
import { linesOf, linesRead, type Reading, typedOn } from "../recipients/lines";

const READING: Reading = {
  recipients: [
    { shown: "Ana@mairie-évian.fr", field: "to", role: "external" },
    { shown: "b@ministere.example", field: "cc", role: "agent" },
  ],
  unreadable: [{ text: "rené@ville.example", field: "to", reason: "character-not-acceptable", character: "é" }],
  typed: { to: "Ana@mairie-évian.fr; rené@ville.example", cc: "b@ministere.example" },
};
const READ = linesRead(READING, "to");

test("a line is kept whole, because a comma may be part of a name", () => {
  expect(linesOf(" Martin, Ana <a@b.fr>; c@d.fr\r\n\n\tNom\te@f.fr \nNom\te@f.fr")).toEqual([
    { text: "Martin, Ana <a@b.fr>; c@d.fr" },
    { text: "Nom\te@f.fr" },
  ]);
});

test("what was read of a field are its addresses, and what is none with the reason", () => {
  expect(READ).toEqual([
    { text: "Ana@mairie-évian.fr", role: "external" },
    { text: "rené@ville.example", wrong: { reason: "character-not-acceptable", character: "é" } },
  ]);
  expect(linesRead(READING, "bcc")).toEqual([]);
});

test("an answer is for what was typed when it was asked for", () => {
  expect(typedOn(READING, "to", "Ana@mairie-évian.fr; rené@ville.example", READ)).toBe(false);
  expect(typedOn(READING, "to", "Ana@mairie-évian.fr; rené@ville.example\nc@d.fr", READ)).toBe(true);
});

test("a page that holds what is saved learns of it, and one that holds something unsaved keeps that", () => {
  const saved = { ...READING, typed: {} };
  expect(typedOn(saved, "to", "Ana@mairie-évian.fr\nrené@ville.example", READ)).toBe(false);
  expect(typedOn(saved, "to", "somebody@else.example", READ)).toBe(true);
});
