import { expect, test } from "vitest";
import { Sent, fitsLastWord } from "../draft/sent";

/** Sends a text of the message; answers how to let its answer come. */
function send(sent: Sent, text: string): () => Promise<void> {
  let come = (): void => {};
  const answer = sent.during({ text }, new Promise<void>((done) => (come = done)));
  return async () => {
    come();
    await answer;
  };
}

test("a field is under way until the answer to all that was sent of it came", async () => {
  const sent = new Sent();
  const first = send(sent, "Bon");
  const second = send(sent, "Bonjour");
  await second();
  expect([...sent.underWay()]).toEqual(["text"]);
  await first();
  expect([...sent.underWay()]).toEqual([]);
});

test("a change whose answer never came is still known as this page's own", async () => {
  const sent = new Sent();
  await expect(sent.during({ text: "Bon" }, Promise.reject(new Error()))).rejects.toThrow();
  expect([...sent.underWay()]).toEqual([]);
  expect(sent.has("text", "Bon")).toBe(true);
});

test("the last word is known again after the answer to the save before it", () => {
  const sent = new Sent();
  void send(sent, "Bon");
  void send(sent, "Bonjour");
  expect(sent.saved("text", "Bon")).toBe(true);
  expect(sent.has("text", "Bonjour")).toBe(true);
});

test("an answer that comes after that to a later change says nothing any more", () => {
  const sent = new Sent();
  void send(sent, "Bon");
  void send(sent, "Bonjour");
  expect(sent.saved("text", "Bonjour")).toBe(true);
  expect(sent.saved("text", "Bon")).toBe(false);
});

test("what a browser does not send for a page that is left is told by its bytes", () => {
  expect(fitsLastWord({ subject: "Objet", text: "e".repeat(59_000) })).toBe(true);
  expect(fitsLastWord({ text: "é".repeat(32_000) })).toBe(false);
  expect(fitsLastWord({ text: "Bonjour", to: "a".repeat(60_000) })).toBe(false);
});
