/** How amounts, times and durations are written. Times are those of the venue, whatever the fan's own zone is. */
import { language, t } from './text.js';

const venueZone = 'Asia/Seoul';
const locale = language() === 'ko' ? 'ko-KR' : 'en-GB';
const gap = language() === 'ko' ? ' ' : ', ';
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });

const formats = new Map();
function written(value, options) {
  const key = JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale, { timeZone: venueZone, ...options }));
  return formats.get(key).format(new Date(value));
}

/** ₩132,000. Language does not matter: it is the same amount of the same money. */
export function won(amount) {
  return amount < 0 ? `-₩${whole.format(-amount)}` : `₩${whole.format(amount)}`;
}

/** 1,204 */
export function number(value) {
  return whole.format(value);
}

/** 2027년 1월 15일 (금) 오후 7:00. Takes milliseconds or the API's text. */
export function dateTime(value) {
  return `${day(value)}${gap}${time(value)}`;
}

/** 1월 15일 (금) 오후 7:00, for lists of what was lately. */
export function shortDateTime(value) {
  return `${shortDay(value)}${gap}${time(value)}`;
}

/** 2027년 1월 15일 (금) · Friday 15 January 2027 */
export function day(value) {
  if (language() === 'en') return written(value, { year: 'numeric', month: 'long', day: 'numeric', weekday: 'long' });
  // With a year, browsers leave out the brackets around the weekday.
  return `${written(value, { year: 'numeric' })} ${shortDay(value)}`;
}

/** 1월 15일 (금), for where the year is known. */
export function shortDay(value) {
  return written(value, { month: 'long', day: 'numeric', weekday: 'short' });
}

/** 오후 7:00 */
export function time(value) {
  return written(value, { hour: 'numeric', minute: '2-digit', hour12: true });
}

/** 오후 7:00:05, for what is told to the second. */
export function exactTime(value) {
  return written(value, { hour: 'numeric', minute: '2-digit', second: '2-digit', hour12: true });
}

/** The parts of a date for a calendar leaf: {year, month, day, weekday} as shown. */
export function dateParts(value) {
  return {
    month: written(value, { month: 'short' }), day: written(value, { day: 'numeric' }).replace(/\D/g, ''),
    weekday: written(value, { weekday: 'short' }),
  };
}

/** 4:07, or 1:04:07: a countdown. It shows 0:01 as long as any of that second is left. */
export function remaining(ms) {
  const seconds = Math.ceil(ms / 1000);
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const tail = `${hours ? String(minutes).padStart(2, '0') : minutes}:${String(rest).padStart(2, '0')}`;
  return hours ? `${hours}:${tail}` : tail;
}

/** 3일 4시간, 12분, 40초: in words, with the two largest units. */
export function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const units = [
    ['days', Math.floor(seconds / 86400)], ['hours', Math.floor(seconds / 3600) % 24],
    ['minutes', Math.floor(seconds / 60) % 60], ['seconds', seconds % 60],
  ];
  const first = units.findIndex(([, count]) => count > 0);
  if (first < 0) return t('duration.seconds', { n: 0 });
  // Seconds say nothing beside hours, nor minutes beside days.
  const second = units[first + 1]?.[1] > 0 ? [units[first + 1]] : [];
  return [units[first], ...second].map(([unit, n]) => t(`duration.${unit}`, { n })).join(' ');
}
