// What scripts ask in the session's name: the token stays in a cookie that they cannot read, so the portal passes it on.
import { patiently } from "./patience";

/** A refusal in the services' own words; `status` 0 when nobody answered. */
export class Problem extends Error {
  readonly slug: string;

  constructor(
    readonly status: number,
    readonly members: Record<string, unknown> = {},
    readonly retryAfter = 0,
  ) {
    super(typeof members["title"] === "string" ? members["title"] : "");
    this.slug =
      String(members["type"] ?? "")
        .split("/")
        .pop() ?? "";
  }
}

/** Something on the way, a portal or a proxy, answered in the place of the service; that may pass like a cut line. */
export class NotTheService extends Problem {
  constructor() {
    super(0);
  }
}

export type Json = Record<string, unknown>;

/** One question, asked again while the trouble is a passing one; every question of ours may be asked twice. */
export async function ask<Answer = Json>(
  method: string,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<Answer> {
  const address = `${document.body.dataset["relay"] ?? "/relay"}/${path}`;
  return patiently(() => once<Answer>(method, address, body, signal), signal);
}

/** The same, once, and also while the page is being left. */
export async function once<Answer>(
  method: string,
  address: string,
  body?: unknown,
  signal?: AbortSignal,
  keepalive = false,
): Promise<Answer> {
  const headers: Record<string, string> = {
    "X-CSRF-Token": document.body.dataset["csrf"] ?? "",
    Accept: "application/json",
  };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer: Response;
  try {
    answer = await fetch(address, {
      method,
      headers,
      keepalive,
      credentials: "same-origin",
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0);
  }
  const isJson = (answer.headers.get("content-type") ?? "").includes("json");
  const read = isJson ? ((await answer.json().catch(() => undefined)) as unknown) : undefined;
  if (answer.ok && answer.status !== 204 && read === undefined) throw new NotTheService();
  if (!answer.ok)
    throw new Problem(answer.status, (read ?? {}) as Json, Number(answer.headers.get("retry-after")) || 0);
  return read as Answer;
}
