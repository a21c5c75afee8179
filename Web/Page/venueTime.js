/**
 * Dates and times as staff type them: always those of the venue, wherever the person sits.
 *
 * Seoul has no summer time, so a moment of the wall clock there is one moment.
 */
const seoulMs = 9 * 3_600_000;

/** `2027-01-15T19:00` for an input of type datetime-local. Takes the API's text. */
export function toInput(moment) {
  return new Date(Date.parse(moment) + seoulMs).toISOString().slice(0, 16);
}

/** RFC 3339 with the venue's offset, or null when the field is empty or half typed. */
export function fromInput(text) {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(text)) return null;
  return `${text}:00+09:00`;
}

/** The next whole hour so many days from now, for a field that nobody has filled in. */
export function inDays(days, hour) {
  const day = new Date(Date.now() + seoulMs + days * 86_400_000).toISOString().slice(0, 10);
  return `${day}T${String(hour).padStart(2, '0')}:00`;
}
