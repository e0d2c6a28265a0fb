// What a node does while it cannot hear of other nodes' changes: it holds everything for old often enough that nothing
// stays old for long.

/** With the time to notice that nothing can be heard, below 30 s. */
const FLUSH_EVERY_MS = 25_000;

/** Takes every change of state; `close` when nobody listens any more. */
export function flushWhileDeaf(flush: () => void): { is(state: 'up' | 'down'): void; close(): void } {
  let timer: NodeJS.Timeout | null = null;
  const close = (): void => {
    if (timer !== null) clearInterval(timer);
    timer = null;
  };
  return {
    is(state) {
      if (state === 'up') close();
      else timer ??= setInterval(flush, FLUSH_EVERY_MS).unref();
    },
    close,
  };
}
