import { afterEach, expect, test, vi } from "vitest";
import { InterceptedResponse, Problem, sendRequest } from "../page/api";

vi.stubGlobal("document", { body: { dataset: {} } });
afterEach(() => vi.unstubAllGlobals());

function respondWith(body: string | null, status: number, type = ""): void {
  vi.stubGlobal("document", { body: { dataset: {} } });
  vi.stubGlobal("fetch", async () => new Response(body, { status, headers: type ? { "content-type": type } : {} }));
}

test.each([
  ["<h1>Welcome</h1>", 200, "text/html"],
  ["", 200, ""],
  ["<h1>Welcome</h1>", 200, "application/json"],
])("a response %j with status %i is not the service's", async (body, status, type) => {
  respondWith(body, status, type);
  await expect(sendRequest("GET", "/relay/drafts/1")).rejects.toThrow(InterceptedResponse);
});

test("a response without content is accepted if its status says so", async () => {
  respondWith(null, 204);
  expect(await sendRequest("DELETE", "/relay/drafts/1")).toBeUndefined();
});

test("a refusal keeps its status", async () => {
  respondWith("<h1>Forbidden</h1>", 403, "text/html");
  const refused = await sendRequest("GET", "/relay/drafts/1").catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(Problem);
  expect((refused as Problem).status).toBe(403);
});
