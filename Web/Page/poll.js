/** Asking again and again, gently: not while nobody looks, and ever more rarely while nobody answers. */
import { pause } from './clock.js';

const backOffMaxMs = 30_000;

/**
 * Calls `ask` now and after every answer; ends with the signal.
 *
 * @param {() => Promise<void>} ask
 * @param {object} options
 * @param {number} options.everyMs
 * @param {(problem: Error|null) => void} options.onState Told of every failure, and of null when it went well.
 * @param {AbortSignal} options.signal
 */
export async function poll(ask, { everyMs, onState, signal }) {
  let waitMs = everyMs;
  while (!signal.aborted) {
    try {
      await ask();
      waitMs = everyMs;
      onState(null);
    } catch (problem) {
      if (signal.aborted || problem.name === 'AbortError') return;
      if (problem.name !== 'Problem') console.error(problem);
      waitMs = Math.min(waitMs * 2, backOffMaxMs);
      onState(problem);
    }
    try {
      await pause(waitMs, signal);
      await whenVisible(signal);
    } catch {
      return;
    }
  }
}

function whenVisible(signal) {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const look = () => {
      if (document.hidden) return;
      document.removeEventListener('visibilitychange', look);
      resolve();
    };
    document.addEventListener('visibilitychange', look, { signal });
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
