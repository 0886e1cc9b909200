// Tells how far it is: the bar ten times a second, words every two seconds, and aloud at each quarter.
import type { Vocabulary } from "../page/words";
import type { Item } from "./item";
import { Pace, quarter, timeLeft } from "./pace";
import { percentOf, type View } from "./view";

const TICK_MS = 100;
const TEXT_TICKS = 20;

export class Bell {
  private readonly pace = new Pace();
  private timer = 0;
  private ticks = 0;
  private percent = 0;
  private base = 0;

  constructor(
    private readonly view: View,
    private readonly words: Vocabulary,
    private readonly items: Item[],
  ) {}

  start(): void {
    clearInterval(this.timer);
    this.pace.clear();
    this.ticks = 0;
    this.base = this.items.filter((item) => item.state === "complete").reduce((sum, item) => sum + item.size, 0);
    this.percent = 0;
    this.timer = window.setInterval(() => this.tick(), TICK_MS);
  }

  stop(): void {
    if (!this.timer) return;
    this.tick();
    clearInterval(this.timer);
    this.timer = 0;
    this.show();
  }

  /** Files came, went, rest. */
  show(): void {
    const paused = this.items.some((item) => item.state === "paused");
    const active = this.items.some((item) => item.state === "sending" || item.state === "queued");
    this.view.pausing(active || !paused);
    if (!active && !paused) this.view.over();
  }

  private tick(): void {
    const counted = this.items.filter((item) => item.state !== "wanted");
    for (const item of counted) if (item.state === "sending") item.tick();
    const size = counted.reduce((sum, item) => sum + item.size, 0) - this.base;
    const sent = counted.reduce((sum, item) => sum + item.sent, 0) - this.base;
    const skipped = counted.reduce((sum, item) => sum + item.skipped, 0);
    this.pace.add(performance.now(), sent - skipped);
    const isTime = this.ticks % TEXT_TICKS === 0;
    this.ticks += 1;
    const moving = counted.reduce((sum, item) => sum + item.moving, 0);
    this.view.progress({ sent, size, files: counted.length, text: isTime ? this.text(sent, moving, size) : "" });
    const percent = percentOf(sent, size);
    const passed = quarter(this.percent, percent);
    this.percent = Math.max(percent, 0);
    if (passed) this.view.say(this.words.say("aloud", { percent: passed }));
  }

  private text(sent: number, moving: number, size: number): string {
    const { say } = this.words;
    const speed = this.pace.speed;
    const said = [
      say("sent_of", { percent: percentOf(sent, size), sent: this.words.size(sent), size: this.words.size(size) }),
    ];
    if (navigator.onLine === false) return [...said, say("offline")].join(" · ");
    if (moving > 0) said.push(say("on_the_way", { size: this.words.size(moving) }));
    const left = timeLeft(size - sent, speed);
    if (speed > 0) said.push(say("speed", { speed: this.words.size(Math.round(speed)) }));
    if (left) said.push(say(...left));
    return said.join(" · ");
  }
}
