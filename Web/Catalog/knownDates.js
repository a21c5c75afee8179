/** Dates with their concerts, for pages that show many of a few: each is fetched once a minute at most. */
import * as api from '../Page/api.js';

const keptMs = 60_000;
const known = new Map();

/** The date as the API has it, with its `concert`. */
export async function dateWithConcert(dateId, signal) {
  const date = await kept(`date ${dateId}`, () => api.date(dateId));
  const concert = await kept(`concert ${date.concertId}`, () => api.concert(date.concertId));
  if (signal?.aborted) throw signal.reason;
  return { ...date, concert };
}

function kept(key, load) {
  const found = known.get(key);
  if (found && performance.now() - found.atMs < keptMs) return found.value;
  const value = load();
  known.set(key, { value, atMs: performance.now() });
  // What failed may be asked again at once.
  value.catch(() => known.delete(key));
  return value;
}
