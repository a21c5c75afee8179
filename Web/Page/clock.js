/**
 * The server's time, as far as its answers tell it. A fan's own clock may be wrong by minutes, and a countdown that
 * follows it would promise seats that are gone.
 *
 * `Date` of an answer has whole seconds, but it does bound the offset: the server's clock stood between `Date` and one
 * second later at some moment between sending and receiving. The bounds of several answers together are narrow.
 */

const secondMs = 1000;
const sampleCountMax = 16;
/** A jump of the fan's clock against the monotonic one by this much means sleep or a changed clock. */
const jumpMs = 1500;

let samples = [];
let offsetMs = 0;
let skewMs = Date.now() - performance.now();
let askAgain = null;

/** Notes what an answer says. `sentMs` and `receivedMs` are `Date.now()` around the request. */
export function noteAnswer(dateHeader, sentMs, receivedMs) {
  const serverMs = Date.parse(dateHeader ?? '');
  if (Number.isNaN(serverMs)) return;
  forgetAfterJump();
  samples.push({ least: serverMs - receivedMs, most: serverMs + secondMs - sentMs });
  if (samples.length > sampleCountMax) samples.shift();
  offsetMs = agreed();
}

/** Milliseconds since 1970 as the server counts them. */
export function serverNow() {
  return Date.now() + offsetMs;
}

/** What to do when the computer has slept or its clock was changed: ask the server for anything. */
export function whenJumped(ask) {
  askAgain = ask;
}

/**
 * Calls `onTick(remainingMs)` now, at every whole second that remains, and with 0 at the end; then no more.
 * A promise resolves at the end; it never does when `signal` aborts.
 */
export function countdown(untilMs, onTick, signal) {
  return new Promise((resolve) => {
    let timer = 0;
    const tick = () => {
      if (signal?.aborted) return;
      forgetAfterJump();
      const remainingMs = Math.max(0, untilMs - serverNow());
      onTick(remainingMs);
      if (remainingMs === 0) {
        document.removeEventListener('visibilitychange', tickNow);
        resolve();
        return;
      }
      // To the millisecond after the next whole second, and never so long that a corrected clock is not noticed.
      timer = setTimeout(tick, Math.min((remainingMs % secondMs) + 1, secondMs));
    };
    // Browsers slow the timers of hidden pages down.
    const tickNow = () => { clearTimeout(timer); tick(); };
    document.addEventListener('visibilitychange', tickNow, { signal });
    signal?.addEventListener('abort', () => clearTimeout(timer), { once: true });
    tick();
  });
}

/** Resolves after so many milliseconds, or rejects with the signal's reason when it aborts first. */
export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) { reject(signal.reason); return; }
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => { clearTimeout(timer); reject(signal.reason); }, { once: true });
  });
}

/** The middle of what all samples allow. Where two contradict each other, a clock has drifted: the newest one counts. */
function agreed() {
  let [least, most] = [-Infinity, Infinity];
  for (const sample of samples.toReversed()) {
    if (sample.least > most || sample.most < least) break;
    least = Math.max(least, sample.least);
    most = Math.min(most, sample.most);
  }
  return Math.round((least + most) / 2);
}

function forgetAfterJump() {
  const skewNowMs = Date.now() - performance.now();
  if (Math.abs(skewNowMs - skewMs) < jumpMs) return;
  skewMs = skewNowMs;
  samples = [];
  askAgain?.();
}
