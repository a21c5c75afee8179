/** Keeps the states of a date's seats as they are on the server, for as long as somebody looks. */
import * as api from '../Page/api.js';
import { pause } from '../Page/clock.js';
import { listen } from '../Page/stream.js';

/** How often the states are asked for while no stream comes through. */
const pollMs = 3_000;

/**
 * Fetches the states, and then follows them.
 *
 * @param {object} options
 * @param {SeatStates} options.states
 * @param {(ordinals: number[]) => void} options.changed
 * @param {() => void} [options.soldOut]
 * @param {(isLive: boolean) => void} [options.onState]
 * @returns {Promise<{refresh: () => void}>} When the states are there for the first time.
 */
export async function followSeats({ dateId, states, changed, soldOut = () => {}, onState = () => {}, signal }) {
  let etag = null;
  let asking = null;
  let askAgain = false;
  let isLive = false;
  let isPolling = false;

  /** Asks for all states. Who asks while an answer is under way is served by a further one: the first may be older. */
  async function askForAll() {
    if (asking) {
      askAgain = true;
      return asking;
    }
    asking = (async () => {
      do {
        askAgain = false;
        const answer = await api.seatStatus(dateId, etag, signal);
        if (!answer) continue;
        etag = answer.etag;
        // The stream may have told more meanwhile: what is older must not undo it.
        if (answer.version >= states.version) tell(states.replace(answer));
      } while (askAgain);
    })().finally(() => { asking = null; });
    return asking;
  }
  const tell = (ordinals) => { if (ordinals.length > 0) changed(ordinals); };
  const askQuietly = () => askForAll().catch((problem) => {
    if (problem.name !== 'Problem' && problem.name !== 'AbortError') throw problem;
  });

  /** From the beginning, and whenever the stream breaks off, until it comes through. */
  async function pollWhileDeaf() {
    if (isPolling) return;
    isPolling = true;
    while (!isLive && !signal.aborted) {
      await pause(pollMs, signal);
      if (!isLive) await askQuietly();
    }
    isPolling = false;
  }

  await askForAll();
  listen(dateId, {
    since: states.version,
    signal,
    on: {
      seats: (event) => {
        const ordinals = states.apply(event);
        if (ordinals) tell(ordinals);
        else askQuietly();
      },
      reset: askQuietly,
      soldOut,
    },
    onState: (isNowLive) => {
      isLive = isNowLive;
      onState(isNowLive);
      if (!isNowLive) pollWhileDeaf().catch(() => {});
    },
  });
  pollWhileDeaf().catch(() => {});

  return {
    /** Asks for all states, also when the server thinks that they are known: a page may have guessed. */
    refresh() {
      etag = null;
      if (!signal.aborted) askQuietly();
    },
  };
}
