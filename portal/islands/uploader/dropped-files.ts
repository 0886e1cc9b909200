// Lists the files that were picked or dropped, those of folders too, each with its path.

export interface SelectedFile {
  path: string;
  file: File;
}

export interface Selection {
  files: SelectedFile[];
  emptyFolders: string[];
  unreadable: string[];
}

/** Return everything that was dropped. Call it during the event: afterwards the browser gives nothing. */
export function droppedFiles(transfer: DataTransfer): Promise<Selection> {
  const items = [...transfer.items].map((item) => (item.kind === "file" ? item.webkitGetAsEntry() : null));
  const entries = items.filter((entry) => entry !== null);
  if (entries.length === 0) return Promise.resolve(pickedFiles(transfer.files));
  return walkAll(entries);
}

/** Return everything that was picked; the files of a folder carry their path in it. */
export function pickedFiles(list: FileList | File[]): Selection {
  const files = [...list].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
  return { files, emptyFolders: [], unreadable: [] };
}

async function walkAll(entries: FileSystemEntry[]): Promise<Selection> {
  const selection: Selection = { files: [], emptyFolders: [], unreadable: [] };
  for (const entry of entries) await walk(entry, selection);
  return selection;
}

async function walk(entry: FileSystemEntry, selection: Selection): Promise<void> {
  const path = entry.fullPath.replace(/^\/+/, "");
  try {
    if (entry.isFile) {
      const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
      selection.files.push({ path, file });
    } else {
      const entries = await readFolder(entry as FileSystemDirectoryEntry);
      if (entries.length === 0) selection.emptyFolders.push(path);
      for (const one of entries) await walk(one, selection);
    }
  } catch {
    selection.unreadable.push(path);
  }
}

/** Read a folder until nothing more comes; browsers return a hundred entries at a time. */
async function readFolder(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const entries: FileSystemEntry[] = [];
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) return entries;
    entries.push(...batch);
  }
}
