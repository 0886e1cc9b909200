// One file of the draft as this page knows it: its state, its row in the list, and its upload.
import type { AnnouncedFileResponse } from "../api/upload";
import { InterceptedResponse, Problem } from "../page/api";
import type { I18n } from "../page/i18n";
import { isTransient } from "../page/retry";
import { type FileAction, FileRow, type FileState, type FileStatus } from "./file-row";
import { FileUpload, type UploadContext } from "./file-upload";
import { FileUnreadable } from "./hasher";

/** A file as the draft lists it; `state` is empty while the service does not know it. */
export type ListedFile = Pick<AnnouncedFileResponse, "file" | "path" | "size_bytes"> & {
  state: AnnouncedFileResponse["state"] | "";
};

const CHANGED_SLUGS = new Set(["part-digest-mismatch", "digest-differs"]);
const STOPPED = new Error("stopped");

export class Item {
  readonly id: string;
  readonly row: FileRow;
  readonly #status: FileStatus;
  #upload: FileUpload | undefined;
  #stop: AbortController | undefined;
  readonly #isAnnounced: boolean;
  #lastSkippedBytes = 0;
  #finished: Promise<void> = Promise.resolve();

  constructor(
    private readonly context: UploadContext,
    private readonly i18n: I18n,
    listed: ListedFile,
    private file: File | undefined,
    onAction: (action: FileAction) => void,
    private readonly onChange: () => void,
  ) {
    this.id = listed.file;
    this.#isAnnounced = listed.state !== "";
    let state: FileState = file ? "queued" : "incomplete";
    if (listed.state === "complete") state = "complete";
    this.#status = { path: listed.path, sizeBytes: listed.size_bytes, state, sentBytes: 0, isLost: false, error: "" };
    this.row = new FileRow(i18n, this.#status, onAction);
  }

  get path(): string {
    return this.#status.path;
  }

  get sizeBytes(): number {
    return this.#status.sizeBytes;
  }

  get state(): FileState {
    return this.#status.state;
  }

  /** Bytes that the service has received. */
  get sentBytes(): number {
    return this.state === "complete" ? this.sizeBytes : (this.#upload?.sentBytes ?? this.#status.sentBytes);
  }

  /** Those of them that this page did not have to send: they say nothing about the throughput. */
  get skippedBytes(): number {
    this.#lastSkippedBytes = this.#upload?.skippedBytes ?? this.#lastSkippedBytes;
    return this.#lastSkippedBytes;
  }

  /** Bytes that left this machine and are not known to be received. */
  get inFlightBytes(): number {
    return this.state === "sending" ? (this.#upload?.inFlightBytes ?? 0) : 0;
  }

  /** Show how many bytes were received earlier, or that all of them are lost. */
  setReceived(bytes: number, isLost: boolean): void {
    this.#status.sentBytes = bytes;
    this.#status.isLost = isLost;
    this.row.render();
  }

  /** Queue an incomplete file that was picked again. */
  resumeWith(file: File): void {
    this.file = file;
    this.#upload = undefined;
    this.#setState("queued");
  }

  /** Upload the file until it is complete, stopped or failed. */
  async run(): Promise<void> {
    if (!this.file) return this.#setState("incomplete");
    this.#setState("sending");
    await this.#finished;
    const stop = new AbortController();
    this.#stop = stop;
    const picked = { id: this.id, path: this.path, file: this.file };
    this.#upload ??= new FileUpload(this.context, picked, this.#isAnnounced);
    this.#finished = this.#upload.run(stop.signal).then(
      () => this.finish("complete"),
      (error: unknown) => this.#fail(error, stop.signal),
    );
    await this.#finished;
  }

  pause(): void {
    if (this.state !== "sending" && this.state !== "queued") return;
    this.#setState("paused");
    this.#stop?.abort(STOPPED);
  }

  /** Queue a paused or failed file again. */
  requeue(): void {
    if (this.state === "paused" || this.state === "failed") this.#setState("queued");
  }

  /** Stop the upload and remove the row. */
  discard(): void {
    this.finish("paused");
    this.#stop?.abort(STOPPED);
    this.row.element.remove();
  }

  finish(state: FileState): void {
    this.#upload?.forgetDigests();
    if (state === "complete") this.#upload = this.file = undefined;
    this.#setState(state);
  }

  /** Show the progress of the upload. */
  refresh(): void {
    this.#status.sentBytes = this.sentBytes;
    this.#status.isLost = this.#upload?.isLost ?? this.#status.isLost;
    this.row.render();
  }

  #fail(error: unknown, signal: AbortSignal): void {
    if (signal.aborted) return;
    const canResume = error instanceof Problem && isTransient(error.status);
    if (!canResume) {
      this.#upload?.forgetDigests();
      this.#upload = undefined;
    }
    this.#setState("failed", this.#errorMessage(error));
  }

  #errorMessage(error: unknown): string {
    const { t } = this.i18n;
    if (error instanceof FileUnreadable) return t("error_unreadable");
    if (!(error instanceof Problem)) return t("unexpected_error");
    if (error.slug === "session-expired") return t("error_session");
    if (CHANGED_SLUGS.has(error.slug)) return t("error_changed");
    if (error instanceof InterceptedResponse) return t("error_intercepted");
    if (error.message || !isTransient(error.status)) return error.message || t("unexpected_error");
    return t(this.sentBytes > 0 ? "error_connection" : "error_connection_nothing_kept");
  }

  #setState(state: FileState, error = ""): void {
    this.#status.state = state;
    this.#status.error = error;
    this.refresh();
    this.onChange();
  }
}
