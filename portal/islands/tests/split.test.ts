import { expect, test } from "vitest";
import { addressIn, isAddress, split } from "../recipients/split";

test.each(["a@b.fr;c@d.fr", "a@b.fr, c@d.fr", "a@b.fr\nc@d.fr", "a@b.fr\tc@d.fr", "a@b.fr c@d.fr", " a@b.fr ;; c@d.fr;"])(
  "%j is two addresses",
  (pasted) => expect(split(pasted)).toEqual({ good: ["a@b.fr", "c@d.fr"], bad: [] }),
);

test.each([
  ["Camille Martin <camille@ville.example>", ["camille@ville.example"]],
  ['"Martin, Camille" <camille@ville.example>; sacha@ville.example', ["camille@ville.example", "sacha@ville.example"]],
  ["Camille <a@b.fr> Sacha <c@d.fr>", ["a@b.fr", "c@d.fr"]],
  ["<a@b.fr>", ["a@b.fr"]],
  ["élodie@mairie-évian.fr", ["élodie@mairie-évian.fr"]],
])("%j names its addresses", (pasted, good) => expect(split(pasted)).toEqual({ good, bad: [] }));

test("the good ones stay and the bad ones are told apart", () => {
  expect(split("a@b.fr; pas une adresse, c@d@e.fr\nx@y")).toEqual({ good: ["a@b.fr"], bad: ["pas une adresse", "c@d@e.fr", "x@y"] });
});

test("nobody is named twice, whatever the case", () => {
  expect(split("A@b.fr, a@B.fr").good).toEqual(["A@b.fr"]);
});

test("an odd quotation mark does not swallow the rest", () => {
  expect(split('"Camille <a@b.fr>; c@d.fr').good).toContain("c@d.fr");
});

test.each(["a@b", "a@b.", "@b.fr", "a b@c.fr", "a@b..fr", "a,b@c.fr"])("%j is no address", (text) => expect(isAddress(text)).toBe(false));

test("the address in a piece", () => expect(addressIn("Nom  < a@b.fr > ")).toBe("a@b.fr"));

test("a list of ten thousand is split at once", () => {
  const list = Array.from({ length: 10_000 }, (_, at) => `Nom ${at} <n${at}@b.fr>`).join("; ");
  expect(split(list).good).toHaveLength(10_000);
  expect(split("<".repeat(50_000)).good).toEqual([]);
});
