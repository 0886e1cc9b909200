import { expect, test } from "vitest";
import { approvalMessage, fieldText, fieldValue } from "../draft/draft";
import type { DraftRecipients } from "../recipients/entries";

const DRAFT: Parameters<typeof fieldText>[0] = {
  recipients: [
    { shown: "A@b.fr", field: "to", role: "external" },
    { shown: "c@d.fr", field: "cc", role: "external" },
    { shown: "e@f.fr", field: "to", role: "external" },
  ],
  unreadable: [{ text: "oups", field: "to", reason: "no-at-sign", character: "" }],
  subject: "Plans",
  text: "Bonjour,\n\nvoici.",
  validity_days: 9,
};

test("a list is read as one entry a line, those that are no addresses last; any other field as its text", () => {
  const texts = ["to", "cc", "bcc", "subject", "text", "validity_days"].map((name) => fieldText(DRAFT, name));
  expect(texts).toEqual(["A@b.fr\ne@f.fr\noups", "c@d.fr", "", "Plans", "Bonjour,\n\nvoici.", "9"]);
});

test("a list of recipients is sent whole, an empty one as an empty list", () => {
  expect([
    fieldValue("to", "a@b.fr\nc@d.fr"),
    fieldValue("cc", " "),
    fieldValue("validity_days", "7"),
    fieldValue("text", ""),
  ]).toEqual([["a@b.fr\nc@d.fr"], [], 7, ""]);
});

test("the message says who has to approve, once that is known", () => {
  const agent: DraftRecipients["recipients"][0] = { shown: "a", field: "to", role: "agent" };
  const external: DraftRecipients["recipients"][0] = { shown: "o", field: "to", role: "external" };
  const unreadable: DraftRecipients["unreadable"] = [{ text: "x", field: "to", reason: "no-at-sign", character: "" }];
  const empty = { recipients: [], unreadable: [], needs_approval: false, approvers: [] };
  const waiting = { ...empty, needs_approval: true };
  expect(approvalMessage(empty)).toBeUndefined();
  expect(approvalMessage({ ...empty, recipients: [agent] })).toEqual(["nobody_approves", 0]);
  expect(approvalMessage({ ...empty, recipients: [agent], unreadable })).toBeUndefined();
  const approvable = { ...waiting, recipients: [agent, external], approvers: ["a"] };
  expect(approvalMessage(approvable)).toEqual(["will_approve", 1]);
  expect(approvalMessage({ ...waiting, recipients: [external, external] })).toEqual(["approver_missing", 2]);
});
