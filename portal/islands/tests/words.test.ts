import { expect, test } from "vitest";
import { approval, valueOf } from "../draft/autosave";
import { meaning } from "../page/live";
import { sizer, speaker } from "../page/words";
import { Slots } from "../uploader/slots";

const UNITS = ["octet", "octets", "ko", "Mo", "Go", "To"];

test.each([
  [0, "0 octet"],
  [1, "1 octet"],
  [999, "999 octets"],
  [1_000, "1 ko"],
  [1_540_000, "1,5 Mo"],
  [41e6, "41 Mo"],
  [20e9, "20 Go"],
  [999_600, "1 Mo"],
])("%i bytes", (bytes, words) => expect(sizer(UNITS, "fr")(bytes)).toBe(words.replace(" ", "\u00a0")));

test("words are filled in, and the number chooses among them", () => {
  const say = speaker({ file: { one: "{n} fichier", other: "{n} fichiers" }, at: "à {hours} h {minutes}" }, "fr");
  expect([say("file", { n: 0 }), say("file", { n: 1 }), say("file", { n: 2 })]).toEqual([
    "0 fichier",
    "1 fichier",
    "2 fichiers",
  ]);
  expect(say("at", { hours: "14", minutes: "05" })).toBe("à 14 h 05");
});

test("a list of recipients is sent whole, an empty one as none", () => {
  expect([
    valueOf("to", "a@b.fr\nc@d.fr"),
    valueOf("cc", " "),
    valueOf("validity_days", "7"),
    valueOf("text", ""),
  ]).toEqual([["a@b.fr\nc@d.fr"], [], 7, ""]);
});

test("who has to approve", () => {
  const agent = { shown: "a", field: "to", role: "agent" };
  const other = { shown: "o", field: "to", role: "external" };
  const wrong = { text: "x", field: "to", reason: "no-at-sign", character: "" };
  const nobody = { unreadable: [], needs_approval: false, approvers: [] };
  expect(approval({ ...nobody, recipients: [] })).toBeUndefined();
  expect(approval({ ...nobody, recipients: [agent] })).toEqual(["nobody_approves", 0]);
  expect(approval({ ...nobody, recipients: [agent], unreadable: [wrong] })).toBeUndefined();
  expect(approval({ ...nobody, recipients: [agent, other], needs_approval: true, approvers: ["a"] })).toEqual([
    "will_approve",
    1,
  ]);
  expect(approval({ ...nobody, recipients: [other, other], needs_approval: true })).toEqual(["approver_missing", 2]);
});

test("what differs at every reading means nothing", () => {
  const one = '<form><input type="hidden" name="download" value="1"></form> <details open="">x</details>';
  const other = '<form><input type="hidden" name="download" value="2"></form><details>x</details>'.replace(
    "><details",
    "> <details",
  );
  expect(meaning(one)).toBe(meaning(other));
  expect(meaning("<p>2 left</p>")).not.toBe(meaning("<p>1 left</p>"));
});

test("so many at once, the others in order, and who gives up takes nothing", async () => {
  const slots = new Slots(1);
  const { signal } = new AbortController();
  const giveUp = new AbortController();
  await slots.take(signal);
  const order: string[] = [];
  const gone = slots.take(giveUp.signal).catch(() => order.push("gone"));
  const next = slots.take(signal).then(() => order.push("next"));
  giveUp.abort();
  await gone;
  slots.give();
  await next;
  expect(order).toEqual(["gone", "next"]);
});
