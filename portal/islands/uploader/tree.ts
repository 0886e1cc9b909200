// What was dropped on the window? Files, and folders with all that is in them, each under its path.

export interface Found {
  path: string;
  file: File;
}

export interface Dropped {
  files: Found[];
  emptyFolders: string[];
  unreadable: string[];
}

/** Everything that was dropped. Must be called while the event lasts: afterwards the browser hands out nothing. */
export function dropped(transfer: DataTransfer): Promise<Dropped> {
  const entries = [...transfer.items].map((item) => (item.kind === "file" ? item.webkitGetAsEntry() : null));
  const known = entries.filter((entry) => entry !== null);
  if (known.length === 0) return Promise.resolve(picked(transfer.files));
  return walkAll(known);
}

/** Everything that was picked; a folder's files say where in it they are. */
export function picked(list: FileList | File[]): Dropped {
  const files = [...list].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
  return { files, emptyFolders: [], unreadable: [] };
}

async function walkAll(entries: FileSystemEntry[]): Promise<Dropped> {
  const found: Dropped = { files: [], emptyFolders: [], unreadable: [] };
  for (const entry of entries) await walk(entry, found);
  return found;
}

async function walk(entry: FileSystemEntry, found: Dropped): Promise<void> {
  const path = entry.fullPath.replace(/^\/+/, "");
  try {
    if (entry.isFile) {
      const file = await new Promise<File>((done, failed) => (entry as FileSystemFileEntry).file(done, failed));
      found.files.push({ path, file });
    } else {
      const inside = await all(entry as FileSystemDirectoryEntry);
      if (inside.length === 0) found.emptyFolders.push(path);
      for (const one of inside) await walk(one, found);
    }
  } catch {
    found.unreadable.push(path);
  }
}

/** A folder is read until it says no more; browsers hand out a hundred entries at a time. */
async function all(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const entries: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((done, failed) => reader.readEntries(done, failed));
    if (some.length === 0) return entries;
    entries.push(...some);
  }
}
