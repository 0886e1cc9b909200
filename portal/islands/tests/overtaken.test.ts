import { expect, test } from "vitest";
import { type Fields, isOwn, textOf } from "../draft/overtaken";

const DRAFT: Fields = {
  recipients: [
    { shown: "A@b.fr", field: "to" },
    { shown: "c@d.fr", field: "cc" },
    { shown: "e@f.fr", field: "to" },
  ],
  unreadable: [{ text: "oups", field: "to" }],
  subject: "Plans",
  text: "Bonjour,\n\nvoici.",
  validity_days: 9,
};

test("a field is read as the page holds it: of a list, one entry a line, what could not be read last", () => {
  const found = ["to", "cc", "bcc", "subject", "text", "validity_days"].map((name) => textOf(DRAFT, name));
  expect(found).toEqual(["A@b.fr\ne@f.fr\noups", "c@d.fr", "", "Plans", "Bonjour,\n\nvoici.", "9"]);
});

test("what this page sent is known again, however the service tidied it", () => {
  expect(isOwn("Plans du pont", ["Plans", "  Plans  du pont "])).toBe(true);
  expect(isOwn("a@b.fr\nc@d.fr", ["A@b.fr\r\nc@d.fr"])).toBe(true);
  expect(isOwn("Plans", ["Plans du pont"])).toBe(false);
  expect(isOwn("", [])).toBe(false);
});
