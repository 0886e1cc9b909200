import { expect, test } from "vitest";
import { fitsKeepalive, SentChanges } from "../draft/sent-changes";

/** Send a text of the message; return a function that lets its response come. */
function send(sent: SentChanges, text: string): () => Promise<void> {
  let respond = (): void => {};
  const response = sent.track({ text }, new Promise<void>((resolve) => (respond = resolve)));
  return async () => {
    respond();
    await response;
  };
}

test("a field is in flight until the response to all that was sent of it came", async () => {
  const sent = new SentChanges();
  const first = send(sent, "Bon");
  const second = send(sent, "Bonjour");
  await second();
  expect([...sent.inFlight()]).toEqual(["text"]);
  await first();
  expect([...sent.inFlight()]).toEqual([]);
});

test("a change whose response never came is still known as this page's own", async () => {
  const sent = new SentChanges();
  await expect(sent.track({ text: "Bon" }, Promise.reject(new Error()))).rejects.toThrow();
  expect([...sent.inFlight()]).toEqual([]);
  expect(sent.has("text", "Bon")).toBe(true);
});

test("a later change is still known after the response to the save before it", () => {
  const sent = new SentChanges();
  void send(sent, "Bon");
  void send(sent, "Bonjour");
  expect(sent.confirm("text", "Bon")).toBe(true);
  expect(sent.has("text", "Bonjour")).toBe(true);
});

test("a response that comes after that to a later change is ignored", () => {
  const sent = new SentChanges();
  void send(sent, "Bon");
  void send(sent, "Bonjour");
  expect(sent.confirm("text", "Bonjour")).toBe(true);
  expect(sent.confirm("text", "Bon")).toBe(false);
});

test("a sent text is recognised however the service normalised it", () => {
  const sent = new SentChanges();
  expect(sent.has("text", "")).toBe(false);
  void send(sent, "Plans");
  void send(sent, "  Plans  du pont ");
  expect(sent.has("text", "Plans du pont")).toBe(true);
  void send(sent, "A@b.fr\r\nc@d.fr");
  expect(sent.has("text", "a@b.fr\nc@d.fr")).toBe(true);
  expect(sent.has("text", "Plans du")).toBe(false);
});

test("changes fit into what a browser sends after a page is left by their bytes, not their characters", () => {
  expect(fitsKeepalive({ subject: "Objet", text: "e".repeat(59_000) })).toBe(true);
  expect(fitsKeepalive({ text: "é".repeat(32_000) })).toBe(false);
  expect(fitsKeepalive({ text: "Bonjour", to: "a".repeat(60_000) })).toBe(false);
});
