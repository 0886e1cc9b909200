// Manages the files of a draft and uploads them. The server keeps the draft, this page the uploads.
import type { DraftResponse, FilePlanResponse, LimitsResponse, Sender } from "../api/upload";
import { callApi, Problem, sendRequest } from "../page/api";
import { type I18n, i18nOf } from "../page/i18n";
import { LeaveGuard } from "../page/leave-guard";
import { CongestionWindow } from "./congestion";
import { enableDropZone } from "./drop-zone";
import { droppedFiles, pickedFiles, type SelectedFile, type Selection } from "./dropped-files";
import type { FileAction } from "./file-row";
import { Hasher } from "./hasher";
import { Item, type ListedFile } from "./item";
import { type FileRefusal, pathKey, validate } from "./limits";
import { isLost, receivedBytes } from "./plan";
import { ProgressReporter } from "./progress-reporter";
import { isSameFile } from "./recognise";
import { Semaphore } from "./semaphore";
import { acquireTabLock } from "./tab-lock";
import { UploadView } from "./view";

const MAX_PARTS_IN_FLIGHT = 4;
const MAX_FILES_AT_ONCE = 4;

class Uploader {
  readonly #items: Item[] = [];
  readonly #context;
  readonly #view: UploadView;
  readonly #reporter: ProgressReporter;
  readonly #leaveGuard = new LeaveGuard();
  #running = 0;
  #releaseLock: (() => void) | undefined;
  /** Set from the first queued file until all uploads have ended; settled once this tab holds the lock. */
  #session: Promise<void> | undefined;
  #submitWhenSent: (() => void) | undefined;
  /** The incomplete file for which the file dialog was opened. */
  #pickingFor: Item | undefined;

  constructor(
    root: HTMLElement,
    private readonly draftId: string,
    private readonly i18n: I18n,
    private readonly limits: LimitsResponse,
    private readonly role: Sender["role"],
  ) {
    const { t, formatSize } = i18n;
    const [slots, congestion] = [new Semaphore(MAX_PARTS_IN_FLIGHT), new CongestionWindow(MAX_PARTS_IN_FLIGHT)];
    this.#context = { draftId, hasher: new Hasher(), slots, congestion };
    const actions = {
      onPick: (list: FileList) => void this.#addSelection(pickedFiles(list)),
      pauseAll: () => {
        for (const item of this.#items) item.pause();
      },
      resumeAll: () => {
        for (const item of this.#items) if (item.state === "paused") this.#perform(item, "resume");
      },
    };
    const total = formatSize(limits.total_bytes[role]);
    this.#view = new UploadView(root, i18n, actions, t("limits", { total, n: limits.files }));
    this.#reporter = new ProgressReporter(this.#view, i18n, this.#items);
    enableDropZone(t("drop_here"), (transfer) => {
      void droppedFiles(transfer).then((selection) => this.#addSelection(selection));
    });
    root.closest("form")?.addEventListener("submit", (event) => this.#holdSubmit(event));
  }

  /** Update the list with the files that the server has. */
  sync(files: ListedFile[]): void {
    for (const file of files) {
      const item = this.#items.find((one) => one.id === file.file) ?? this.#addItem(file);
      if (file.state === "complete" && item.state !== "complete") item.finish("complete");
      else if (item.state === "incomplete") void this.#fetchReceived(item);
    }
    this.#refresh();
  }

  #addItem(listed: ListedFile, file?: File): Item {
    const item = new Item(
      this.#context,
      this.i18n,
      listed,
      file,
      (action) => this.#perform(item, action),
      () => this.#refresh(),
    );
    this.#items.push(item);
    this.#view.addRow(item.row.element);
    return item;
  }

  /** Fetch how much of an incomplete file was received. */
  async #fetchReceived(item: Item): Promise<void> {
    const path = `drafts/${this.draftId}/files/${item.id}`;
    const plan = await callApi<FilePlanResponse>("GET", path).catch(() => undefined);
    if (plan && item.state === "incomplete") item.setReceived(receivedBytes(plan), isLost(plan));
  }

  /** Resume the incomplete files of the selection, add the others to the draft, and start sending. */
  async #addSelection({ files, emptyFolders, unreadable }: Selection): Promise<void> {
    const skipped = { n: emptyFolders.length, names: emptyFolders.join(", ") };
    this.#view.showNotice(...(skipped.n > 0 ? [this.i18n.t("empty_folders", skipped)] : []));
    const refused: FileRefusal[] = unreadable.map((path) => ({ path, reason: "refused_unreadable", values: {} }));
    const added: SelectedFile[] = [];
    for (const selected of files) {
      const item = this.#incompleteItem(selected, files.length === 1);
      if (!item) added.push(selected);
      else if (await isSameFile(this.draftId, item, selected.file)) item.resumeWith(selected.file);
      else refused.push({ path: selected.path, reason: "refused_different", values: {} });
    }
    this.#pickingFor = undefined;
    const validation = validate(added, this.limits, this.#content(), this.i18n.formatSize);
    this.#view.showRefused([...refused, ...validation.refused]);
    for (const { path, file } of validation.accepted) {
      this.#addItem({ file: crypto.randomUUID(), path, size_bytes: file.size, state: "" }, file);
    }
    this.#refresh();
    await this.#sendQueued();
  }

  #content(): { paths: string[]; count: number; bytes: number; role: Sender["role"] } {
    const paths = this.#items.map((item) => item.path);
    return { paths, count: paths.length, bytes: this.#totalBytes(), role: this.role };
  }

  #totalBytes(): number {
    return this.#items.reduce((sum, item) => sum + item.sizeBytes, 0);
  }

  /** Return the incomplete file of the draft that the selected one continues, if any. */
  #incompleteItem({ path, file }: SelectedFile, isOnly: boolean): Item | undefined {
    const isSamePath = (item: Item): boolean => item.state === "incomplete" && pathKey(item.path) === pathKey(path);
    const picked = isOnly && this.#pickingFor?.path.split("/").at(-1) === file.name ? this.#pickingFor : undefined;
    return picked ?? this.#items.find(isSamePath);
  }

  #perform(item: Item, action: FileAction): void {
    if (action === "pick") {
      this.#pickingFor = item;
      this.#view.openPicker();
    } else if (action === "pause") item.pause();
    else if (action === "remove") void this.#remove(item);
    else {
      item.requeue();
      void this.#sendQueued();
    }
  }

  async #remove(item: Item): Promise<void> {
    item.discard();
    this.#items.splice(this.#items.indexOf(item), 1);
    this.#refresh();
    try {
      await callApi("DELETE", `drafts/${this.draftId}/files/${item.id}`);
    } catch (error) {
      const why = (error instanceof Problem && error.message) || this.i18n.t("unexpected_error");
      this.#view.showRefused([{ path: item.path, reason: "refused_by_server", values: { why } }]);
    }
  }

  /** Upload the queued files, several at once; the first one waits until no other tab sends this draft. */
  async #sendQueued(): Promise<void> {
    if (!this.#session && !this.#items.some((item) => item.state === "queued")) return;
    this.#session ??= this.#startSession();
    await this.#session;
    if (!this.#session) return this.#sendQueued();
    for (const item of this.#items.filter((one) => one.state === "queued")) {
      if (this.#running >= MAX_FILES_AT_ONCE) return;
      this.#running += 1;
      void item.run().finally(() => {
        this.#running -= 1;
        void this.#sendQueued();
      });
    }
    if (this.#running === 0) this.#endSession();
  }

  async #startSession(): Promise<void> {
    let hadToWait = false;
    this.#releaseLock = await acquireTabLock(`draft:${this.draftId}`, () => {
      hadToWait = true;
      this.#view.showNotice(this.i18n.t("another_tab"));
    });
    if (hadToWait) {
      this.#view.showNotice();
      await callApi<DraftResponse>("GET", `drafts/${this.draftId}`).then(
        ({ files }) => this.sync(files),
        () => undefined,
      );
    }
    this.#leaveGuard.on();
    this.#reporter.start();
  }

  #endSession(): void {
    this.#releaseLock?.();
    this.#releaseLock = this.#session = undefined;
    this.#leaveGuard.off();
    this.#reporter.stop();
    const isComplete = this.#items.every((item) => item.state === "complete");
    if (this.#items.every((item) => item.state === "complete" || item.state === "incomplete")) {
      this.#context.hasher.stopWhenIdle();
    }
    if (isComplete) this.#submitWhenSent?.();
    else if (this.#submitWhenSent) this.#view.showNotice();
    this.#submitWhenSent = undefined;
  }

  /** Stop the form's buttons while files are sent; a button that leads to the next page is pressed again afterwards. */
  #holdSubmit(event: SubmitEvent): void {
    const form = event.target as HTMLFormElement;
    if (!this.#session) return;
    event.preventDefault();
    document.dispatchEvent(new CustomEvent("draft:save"));
    const submitter = event.submitter as HTMLButtonElement | null;
    if (!submitter?.formAction.includes("then=")) return;
    this.#view.showNotice(this.i18n.t("submit_waits"));
    this.#submitWhenSent = () => form.requestSubmit(submitter);
  }

  #refresh(): void {
    this.#view.showTotal(this.#items.length, this.#totalBytes());
    this.#reporter.refresh();
  }
}

export function enhance(root: HTMLElement): void {
  const { draft } = root.dataset;
  if (draft && crypto.subtle && "locks" in navigator) void start(root, draft);
}

async function start(root: HTMLElement, draftId: string): Promise<void> {
  const [limits, draft] = await Promise.all([
    sendRequest<LimitsResponse>("GET", "/api/upload/config"),
    callApi<DraftResponse>("GET", `drafts/${draftId}`),
  ]);
  const uploader = new Uploader(root, draftId, i18nOf(root), limits, draft.from.role);
  uploader.sync(draft.files);
  root.dataset.ready = "yes";
}
