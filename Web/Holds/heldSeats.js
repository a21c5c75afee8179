/** What a fan holds of a date. */
import * as api from '../Page/api.js';
import { serverNow } from '../Page/clock.js';

/** The fan's reservations that hold seats of the date right now. They are new, so they are on the first page. */
export async function heldSeats(dateId, signal) {
  const { items } = await api.reservations({ signal });
  return items.filter(({ dateId: date, status, expiresAt }) => date === dateId
    && (status === 'CONFIRMED' || (status === 'PENDING' && Date.parse(expiresAt) > serverNow())));
}
