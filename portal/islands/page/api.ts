// Calls the APIs through the portal, which adds the session token from a cookie that scripts cannot read.
import { withRetry } from "./retry";

export type Json = Record<string, unknown>;

/** A refusal as the service words it (RFC 9457); `status` is 0 if there was no response. */
export class Problem extends Error {
  readonly slug: string;

  constructor(
    readonly status: number,
    readonly members: Json = {},
    readonly retryAfter = 0,
  ) {
    super(typeof members.title === "string" ? members.title : "");
    this.slug =
      String(members.type ?? "")
        .split("/")
        .pop() ?? "";
  }
}

/** A proxy or a captive portal answered in the place of the service; transient, like a lost connection. */
export class InterceptedResponse extends Problem {
  constructor() {
    super(0);
  }
}

/** Return the URL of a path of the APIs behind the portal's proxy. */
export function apiUrl(path: string): string {
  return `${document.body.dataset.apiProxy}/${path}`;
}

/** Send a request, with retries: every request of the islands is idempotent. */
export function callApi<Result = Json>(
  method: string,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<Result> {
  return withRetry(() => sendRequest<Result>(method, apiUrl(path), body, signal), signal);
}

/** Send a request once; with `keepalive` it outlives the page. */
export async function sendRequest<Result>(
  method: string,
  url: string,
  body?: unknown,
  signal?: AbortSignal,
  keepalive = false,
): Promise<Result> {
  const headers: Record<string, string> = {
    "X-CSRF-Token": document.body.dataset.csrf ?? "",
    Accept: "application/json",
  };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(url, {
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
  const isJson = (response.headers.get("content-type") ?? "").includes("json");
  const content = isJson ? ((await response.json().catch(() => undefined)) as unknown) : undefined;
  if (response.ok && response.status !== 204 && content === undefined) throw new InterceptedResponse();
  if (!response.ok) {
    throw new Problem(response.status, (content ?? {}) as Json, Number(response.headers.get("retry-after")) || 0);
  }
  return content as Result;
}
