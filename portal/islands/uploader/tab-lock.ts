// Lets one tab of the browser at a time do something, with a Web Lock.

/** Wait for the lock; `onBusy` is called if another tab holds it. Return a function that releases it. */
export async function acquireTabLock(name: string, onBusy: () => void): Promise<() => void> {
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { locks } = navigator;
  const isAcquired = await new Promise<boolean>((resolve) => {
    void locks.request(name, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock ? held : undefined;
    });
  });
  if (!isAcquired) {
    onBusy();
    await new Promise<void>((resolve) => {
      void locks.request(name, () => {
        resolve();
        return held;
      });
    });
  }
  return release;
}
