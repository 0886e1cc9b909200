// Has the browser ask for confirmation before the page is left.

export class LeaveGuard {
  readonly #warn = (event: BeforeUnloadEvent): void => event.preventDefault();

  on(): void {
    addEventListener("beforeunload", this.#warn);
  }

  off(): void {
    removeEventListener("beforeunload", this.#warn);
  }
}
