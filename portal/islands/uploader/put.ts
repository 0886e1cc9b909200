// Uploads one part, with XMLHttpRequest because fetch reports no upload progress.
import { InterceptedResponse, type Json, Problem } from "../page/api";

const IDLE_TIMEOUT_MS = 60_000;
const RESPONSE_TIMEOUT_MS = 120_000;

interface PartUpload {
  url: string;
  bytes: Blob;
  crc32: string;
  signal: AbortSignal;
  onProgress: (sentBytes: number) => void;
}

/** PUT the part; a connection without progress for a minute counts as lost. */
export async function putPart({ url, bytes, crc32, signal, onProgress }: PartUpload): Promise<void> {
  signal.throwIfAborted();
  const request = new XMLHttpRequest();
  const abort = (): void => request.abort();
  let timer = setTimeout(abort, IDLE_TIMEOUT_MS);
  const restartTimer = (ms: number): void => {
    clearTimeout(timer);
    timer = setTimeout(abort, ms);
  };
  signal.addEventListener("abort", abort);
  try {
    await new Promise<void>((resolve) => {
      request.upload.onprogress = (event) => {
        restartTimer(IDLE_TIMEOUT_MS);
        onProgress(event.loaded);
      };
      request.upload.onload = () => restartTimer(RESPONSE_TIMEOUT_MS);
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
    const retryAfter = Number(request.getResponseHeader("Retry-After")) || 0;
    throw new Problem(request.status, problemMembers(request.responseText), retryAfter);
  }
  if (request.responseText !== "") throw new InterceptedResponse();
}

function problemMembers(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return {};
  }
}
