// The files of a draft: which are there, which come, which wait. The server keeps the draft, this page what it sends.
import { ask, once, Problem } from "../page/relay";
import { type Vocabulary, wordsOf } from "../page/words";
import { Bell } from "./bell";
import { CongestionWindow } from "./congestion";
import { Hasher } from "./hasher";
import { Item, type Known } from "./item";
import { folded, type Limits, type Refusal, sift } from "./limits";
import type { Act } from "./line";
import { arrivedBytes, isLost, type Plan } from "./plan";
import { sameFile } from "./recognise";
import { Slots } from "./slots";
import { type Dropped, dropped, type Found, picked } from "./tree";
import { View } from "./view";
import { alone, droppable, Watch } from "./window";

const PARTS_AT_ONCE = 4;
const FILES_AT_ONCE = 4;

interface Draft {
  from: { role: string };
  files: Known[];
}

class Uploader {
  private readonly items: Item[] = [];
  private readonly means;
  private readonly view: View;
  private readonly bell: Bell;
  private readonly watch = new Watch();
  private running = 0;
  private letGo: (() => void) | undefined;
  private turn: Promise<void> | undefined;
  private next: (() => void) | undefined;
  private wanted: Item | undefined;

  constructor(
    place: HTMLElement,
    private readonly draft: string,
    private readonly words: Vocabulary,
    private readonly limits: Limits,
    private readonly role: string,
  ) {
    const [slots, congestion] = [new Slots(PARTS_AT_ONCE), new CongestionWindow(PARTS_AT_ONCE)];
    this.means = { draft, hasher: new Hasher(), slots, congestion };
    const wishes = {
      picked: (list: FileList) => void this.take(picked(list)),
      pauseAll: () => this.items.forEach((item) => item.pause()),
      resumeAll: () => this.items.forEach((item) => item.state === "paused" && this.act(item, "resume")),
    };
    const total = words.size(limits.total_bytes[role] ?? 0);
    this.view = new View(place, words, wishes, words.say("limits", { total, n: limits.files }));
    this.bell = new Bell(this.view, words, this.items);
    droppable(words.say("drop_here"), (transfer) => void dropped(transfer).then((found) => this.take(found)));
    place.closest("form")?.addEventListener("submit", (event) => this.hold(event));
  }

  /** What the server has. */
  meet(files: Known[]): void {
    for (const file of files) {
      const item = this.items.find((one) => one.id === file.file) ?? this.add(file);
      if (file.state === "complete" && item.state !== "complete") item.end("complete");
      else if (item.state === "wanted") void this.look(item);
    }
    this.changed();
  }

  private add(known: Known, file?: File): Item {
    const item = new Item(
      this.means,
      this.words,
      known,
      file,
      (act) => this.act(item, act),
      () => this.changed(),
    );
    this.items.push(item);
    this.view.add(item.line.place);
    return item;
  }

  /** How much of a file has arrived that is not whole. */
  private async look(item: Item): Promise<void> {
    const plan = await ask<Plan>("GET", `drafts/${this.draft}/files/${item.id}`).catch(() => undefined);
    if (plan && item.state === "wanted") item.known(arrivedBytes(plan), isLost(plan));
  }

  private async take(found: Dropped): Promise<void> {
    const { say } = this.words;
    const notes = found.emptyFolders.length
      ? [say("empty_folders", { n: found.emptyFolders.length, names: found.emptyFolders.join(", ") })]
      : [];
    this.view.note(...notes);
    const refused: Refusal[] = found.unreadable.map((path) => ({ path, reason: "refused_unreadable", values: {} }));
    const others: Found[] = [];
    for (const one of found.files) {
      const item = this.waitedFor(one, found.files.length === 1);
      if (!item) others.push(one);
      else if (await sameFile(this.draft, item, one.file)) item.goOn(one.file);
      else refused.push({ path: one.path, reason: "refused_different", values: {} });
    }
    this.wanted = undefined;
    const bytes = this.items.reduce((sum, item) => sum + item.size, 0);
    const present = { paths: this.items.map((item) => item.path), count: this.items.length, bytes, role: this.role };
    const sifted = sift(others, this.limits, present, this.words.size);
    this.view.refuse([...refused, ...sifted.refused]);
    for (const { path, file } of sifted.good) {
      this.add({ file: crypto.randomUUID(), path, size_bytes: file.size, state: "" }, file);
    }
    this.changed();
    await this.pump();
  }

  /** The file of the draft that this one goes on with, if it is one that is not whole yet. */
  private waitedFor({ path, file }: Found, isOnlyOne: boolean): Item | undefined {
    const same = (item: Item): boolean => item.state === "wanted" && folded(item.path) === folded(path);
    const asked = isOnlyOne && this.wanted?.path.split("/").at(-1) === file.name ? this.wanted : undefined;
    return asked ?? this.items.find(same);
  }

  private act(item: Item, act: Act): void {
    if (act === "pick") {
      this.wanted = item;
      this.view.choose();
    } else if (act === "pause") item.pause();
    else if (act === "remove") void this.remove(item);
    else {
      item.again();
      void this.pump();
    }
  }

  private async remove(item: Item): Promise<void> {
    item.leave();
    this.items.splice(this.items.indexOf(item), 1);
    this.changed();
    try {
      await ask("DELETE", `drafts/${this.draft}/files/${item.id}`);
    } catch (error) {
      this.view.refuse([{ path: item.path, reason: "refused_by_server", values: { why: this.why(error) } }]);
    }
  }

  private why(error: unknown): string {
    return (error instanceof Problem && error.message) || this.words.say("trouble");
  }

  /** As many files at once as may be; the first of them waits until no other tab sends this draft. */
  private async pump(): Promise<void> {
    if (!this.turn && !this.items.some((one) => one.state === "queued")) return;
    await (this.turn ??= this.begin());
    if (!this.turn) return this.pump();
    for (const item of this.items.filter((one) => one.state === "queued")) {
      if (this.running >= FILES_AT_ONCE) return;
      this.running += 1;
      void item.run().finally(() => {
        this.running -= 1;
        void this.pump();
      });
    }
    if (this.running === 0) this.rest();
  }

  private async begin(): Promise<void> {
    let waited = false;
    this.letGo = await alone(`draft:${this.draft}`, () => {
      waited = true;
      this.view.note(this.words.say("another_tab"));
    });
    if (waited) {
      this.view.note();
      await ask<Draft>("GET", `drafts/${this.draft}`).then(
        ({ files }) => this.meet(files),
        () => undefined,
      );
    }
    this.watch.on();
    this.bell.start();
  }

  private rest(): void {
    this.letGo?.();
    this.letGo = this.turn = undefined;
    this.watch.off();
    this.bell.stop();
    if (this.items.every((item) => item.state === "complete" || item.state === "wanted")) this.means.hasher.rest();
    const isWhole = this.items.every((item) => item.state === "complete");
    if (isWhole) this.next?.();
    else if (this.next) this.view.note();
    this.next = undefined;
  }

  /** Buttons of the form wait for the files; what leads on is done as soon as they are there. */
  private hold(event: SubmitEvent): void {
    const form = event.target as HTMLFormElement;
    if (!this.turn) return;
    event.preventDefault();
    document.dispatchEvent(new CustomEvent("island:save"));
    const submitter = event.submitter as HTMLButtonElement | null;
    if (!submitter?.formAction.includes("then=")) return;
    this.view.note(this.words.say("goes_on"));
    this.next = () => form.requestSubmit(submitter);
  }

  private changed(): void {
    this.view.sums(
      this.items.length,
      this.items.reduce((sum, item) => sum + item.size, 0),
    );
    this.bell.show();
  }
}

export function enhance(place: HTMLElement): void {
  const draft = place.dataset["draft"];
  if (draft && crypto.subtle && "locks" in navigator) void begin(place, draft);
}

async function begin(place: HTMLElement, draft: string): Promise<void> {
  const [limits, found] = await Promise.all([
    once<Limits>("GET", "/api/upload/config"),
    ask<Draft>("GET", `drafts/${draft}`),
  ]);
  const uploader = new Uploader(place, draft, wordsOf(place), limits, found.from.role);
  uploader.meet(found.files);
  place.dataset["ready"] = "yes";
}
