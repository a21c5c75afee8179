/**
 * What happens on a date, as it happens: server-sent events that resume where they broke off.
 *
 * EventSource resumes by itself after a lost connection, but gives up for ever when the server answers with an error,
 * and does not notice a connection that died without a word. Both are mended here.
 */
import { eventsAddress } from './api.js';

/** The server tells how the queue stands at least every second, so this much silence means a dead connection. */
const silenceMaxMs = 20_000;
const waitMaxMs = 15_000;
/** A browser has few connections to one server: a page that nobody sees gives its own back. */
const hiddenMaxMs = 60_000;

/**
 * @param {string} dateId
 * @param {object} options
 * @param {number} [options.since] The version of the seats that the page has.
 * @param {{seats?: Function, reset?: Function, queue?: Function, soldOut?: Function}} options.on Gets each event's data.
 * @param {(isLive: boolean) => void} [options.onState] Whether news arrive.
 * @param {AbortSignal} options.signal Ends it.
 */
export function listen(dateId, { since = null, on, onState = () => {}, signal }) {
  let version = since;
  let source = null;
  let waitMs = 500;
  let retry = 0;
  let watch = 0;
  let hiding = 0;

  const close = () => {
    clearTimeout(retry);
    clearTimeout(watch);
    source?.close();
    source = null;
  };
  const reopenLater = () => {
    close();
    onState(false);
    retry = setTimeout(open, waitMs * (0.5 + Math.random()));
    waitMs = Math.min(waitMs * 2, waitMaxMs);
  };
  const heard = () => {
    clearTimeout(watch);
    watch = setTimeout(reopenLater, silenceMaxMs);
  };
  const open = () => {
    close();
    if (signal.aborted) return;
    source = new EventSource(eventsAddress(dateId, version));
    source.onopen = () => { waitMs = 500; onState(true); heard(); };
    source.onerror = () => {
      if (source?.readyState === EventSource.CLOSED) reopenLater();
      else onState(false);
    };
    for (const [name, take] of Object.entries(on)) {
      source.addEventListener(name, (event) => {
        heard();
        const data = JSON.parse(event.data);
        if (data.version !== undefined) version = data.version;
        take(data);
      });
    }
    heard();
  };

  document.addEventListener('visibilitychange', () => {
    clearTimeout(hiding);
    if (document.hidden) hiding = setTimeout(() => { close(); onState(false); }, hiddenMaxMs);
    else if (!source) open();
  }, { signal });
  addEventListener('online', open, { signal });
  signal.addEventListener('abort', () => { clearTimeout(hiding); close(); }, { once: true });
  open();
}
