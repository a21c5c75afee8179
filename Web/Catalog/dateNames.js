/** What a date is called in lists that know only its id. Each is asked for once. */
import * as api from '../Page/staffApi.js';
import { dateTime } from '../Page/format.js';
import { inLanguage } from './StaffConcerts.js';

const known = new Map();

/** `{title, at}` as texts, or null for a date that is gone. */
export function dateName(dateId) {
  if (!known.has(dateId)) known.set(dateId, ask(dateId).catch((problem) => {
    known.delete(dateId);
    if (problem.status === 404) return null;
    throw problem;
  }));
  return known.get(dateId);
}

async function ask(dateId) {
  const date = await api.date(dateId);
  const concert = await api.concert(date.concertId);
  return { title: inLanguage(concert.title), at: dateTime(date.startsAt) };
}
