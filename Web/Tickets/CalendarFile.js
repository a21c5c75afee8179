/** A date with its seats as a calendar file (RFC 5545), made by the page: nobody else need know where a fan will be. */

/** How long a concert lasts, the API does not say; calendars want an end. */
const lengthMs = 2.5 * 3600 * 1000;
const lineBytesMax = 74;

/**
 * @param {{id: string, startsAt: string, title: string, place: string, description: string, url: string}} entry
 * @param {number} nowMs
 */
export function calendarText({ id, startsAt, title, place, description, url }, nowMs) {
  const start = Date.parse(startsAt);
  return [
    'BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Jari//Tickets//EN', 'CALSCALE:GREGORIAN', 'METHOD:PUBLISH',
    'BEGIN:VEVENT', `UID:${id}@jari`, `DTSTAMP:${moment(nowMs)}`, `DTSTART:${moment(start)}`,
    `DTEND:${moment(start + lengthMs)}`, `SUMMARY:${escaped(title)}`, `LOCATION:${escaped(place)}`,
    `DESCRIPTION:${escaped(description)}`, `URL:${url}`,
    'BEGIN:VALARM', 'ACTION:DISPLAY', `DESCRIPTION:${escaped(title)}`, 'TRIGGER:-P1D', 'END:VALARM',
    'END:VEVENT', 'END:VCALENDAR', '',
  ].map(folded).join('\r\n');
}

/** Has the browser keep it as a file, or open the calendar where it does that. */
export function saveCalendar(entry) {
  const blob = new Blob([calendarText(entry, Date.now())], { type: 'text/calendar;charset=utf-8' });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = `jari-${entry.startsAt.slice(0, 10)}.ics`;
  link.click();
  // The download has begun by then; revoking at once would end it in some browsers.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** 20270115T100000Z */
function moment(ms) {
  return `${new Date(ms).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}

function escaped(text) {
  return text.replace(/[\\;,]/g, '\\$&').replace(/\r?\n/g, '\\n');
}

/** Lines are folded by bytes, and never within a character. */
function folded(line) {
  const encoder = new TextEncoder();
  let [result, length] = ['', 0];
  for (const character of line) {
    const bytes = encoder.encode(character).length;
    if (length + bytes > lineBytesMax) {
      result += '\r\n ';
      length = 1;
    }
    result += character;
    length += bytes;
  }
  return result;
}
