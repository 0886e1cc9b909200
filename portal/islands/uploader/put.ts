// One part on its way. XMLHttpRequest, because fetch does not tell how much has left.
import { type Json, NotTheService, Problem } from "../page/relay";

const SILENT_MS = 60_000;
const ANSWER_MS = 120_000;

interface Part {
  url: string;
  bytes: Blob;
  crc32: string;
  signal: AbortSignal;
  moved: (bytes: number) => void;
}

/** Send it; a line that is silent for a minute counts as cut. */
export async function put({ url, bytes, crc32, signal, moved }: Part): Promise<void> {
  signal.throwIfAborted();
  const request = new XMLHttpRequest();
  const abort = (): void => request.abort();
  let timer = setTimeout(abort, SILENT_MS);
  const alive = (ms: number): void => {
    clearTimeout(timer);
    timer = setTimeout(abort, ms);
  };
  signal.addEventListener("abort", abort);
  try {
    await new Promise<void>((resolve) => {
      request.upload.onprogress = (event) => {
        alive(SILENT_MS);
        moved(event.loaded);
      };
      request.upload.onload = () => alive(ANSWER_MS);
      request.onloadend = () => resolve();
      request.open("PUT", url);
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.setRequestHeader("X-Part-CRC32", crc32);
      request.send(bytes);
    });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    request.upload.onprogress = request.upload.onload = request.onloadend = null;
  }
  signal.throwIfAborted();
  if (request.status < 200 || request.status > 299) {
    throw new Problem(
      request.status,
      members(request.responseText),
      Number(request.getResponseHeader("Retry-After")) || 0,
    );
  }
  if (request.responseText !== "") throw new NotTheService();
}

function members(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return {};
  }
}
