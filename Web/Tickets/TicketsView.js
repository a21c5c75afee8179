/** The tickets of one reservation, and the calendar file for all of them. */
import * as api from '../Page/api.js';
import { button } from '../Page/components.js';
import { h } from '../Page/dom.js';
import { t } from '../Page/text.js';
import { seatName } from '../Holds/SeatWords.js';
import { saveCalendar } from './CalendarFile.js';
import { ticketCard } from './TicketCard.js';

/** A fan who looks at a reservation has hardly bought more since; what is further back is on the page of tickets. */
const pagesMax = 5;

/** The tickets of a reservation, refunded ones last. */
export async function ticketsOf(reservation, signal) {
  const found = [];
  let cursor;
  for (let page = 0; page < pagesMax && cursor !== null; page += 1) {
    const answer = await api.tickets({ cursor, limit: 100, signal });
    found.push(...answer.items.filter(({ reservationId }) => reservationId === reservation.id));
    if (found.length >= reservation.seats.length) break;
    cursor = answer.nextCursor;
  }
  const order = new Map(reservation.seats.map(({ id }, index) => [id, index]));
  const rank = ({ status, seat }) => (status === 'VOID' ? 1_000 : 0) + order.get(seat.id);
  return found.sort((a, b) => rank(a) - rank(b));
}

export function ticketsView({ tickets, concert, date, signal }) {
  return h('ul', { class: 'ticket-shelf', role: 'list' },
    tickets.map((ticket) => h('li', null, ticketCard({ ticket, concert, date, signal }))));
}

/** The button for the calendar file. */
export function calendarButton({ tickets, concert, date }) {
  const seats = tickets.filter(({ status }) => status !== 'VOID').map(({ seat }) => seatName(seat)).join(', ');
  return button(t('ticket.calendar'), () => saveCalendar({
    id: tickets[0].reservationId, startsAt: date.startsAt, title: concert.title, place: concert.venue,
    description: t('ticket.calendarText', { seats }), url: `${location.origin}/reservations/${tickets[0].reservationId}`,
  }), { icon: 'calendar' });
}
