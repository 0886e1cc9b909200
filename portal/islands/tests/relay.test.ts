import { afterEach, expect, test, vi } from "vitest";
import { NotTheService, once, Problem } from "../page/relay";

vi.stubGlobal("document", { body: { dataset: {} } });
afterEach(() => vi.unstubAllGlobals());

function answering(body: string | null, status: number, type = ""): void {
  vi.stubGlobal("document", { body: { dataset: {} } });
  vi.stubGlobal("fetch", async () => new Response(body, { status, headers: type ? { "content-type": type } : {} }));
}

test.each([
  ["<h1>Welcome</h1>", 200, "text/html"],
  ["", 200, ""],
  ["<h1>Welcome</h1>", 200, "application/json"],
])("%s is not the service's yes", async (body, status, type) => {
  answering(body, status, type);
  await expect(once("GET", "/relay/drafts/1")).rejects.toThrow(NotTheService);
});

test("an answer without words is one when it says so", async () => {
  answering(null, 204);
  expect(await once("DELETE", "/relay/drafts/1")).toBeUndefined();
});

test("a refusal keeps its status", async () => {
  answering("<h1>Forbidden</h1>", 403, "text/html");
  const refused = await once("GET", "/relay/drafts/1").catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(Problem);
  expect((refused as Problem).status).toBe(403);
});
