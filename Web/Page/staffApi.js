/** Every call of the staff console, by name. Each rejects with a `Problem`. */
import { call, newKey } from './request.js';

export { newKey, Problem } from './request.js';

const read = (path, { query, signal } = {}) => call('GET', `/admin${path}`, { needsUser: true, query, signal });
const write = (method, path, body, key) => call(method, `/admin${path}`, { needsUser: true, body, key, limitMs: 60_000 });

// Concerts and dates
export const concerts = ({ cursor, limit, signal } = {}) => read('/concerts', { query: { cursor, limit }, signal });
export const concert = (id, signal) => read(`/concerts/${id}`, { signal });
export const createConcert = (fields, key = newKey()) => write('POST', '/concerts', fields, key);
export const changeConcert = (id, fields) => write('PUT', `/concerts/${id}`, fields);
export const deleteConcert = (id) => write('DELETE', `/concerts/${id}`);
/** All dates of a concert, those of a draft too. */
export const dates = (concertId, signal) => read(`/concerts/${concertId}/dates`, { signal });
export const createDate = (concertId, fields, key = newKey()) => write('POST', `/concerts/${concertId}/dates`, fields, key);
export const date = (id, signal) => read(`/dates/${id}`, { signal });
export const changeDate = (id, fields) => write('PUT', `/dates/${id}`, fields);
export const deleteDate = (id) => write('DELETE', `/dates/${id}`);
export const layout = (dateId, signal) => read(`/dates/${dateId}/layout`, { signal });
export const replaceLayout = (dateId, value) => write('PUT', `/dates/${dateId}/layout`, value);
/** Keeps seats back from the sale, or gives them to it. */
export const blockSeats = (dateId, seatIds, reason, key = newKey()) =>
  write('POST', `/dates/${dateId}/seats/block`, reason ? { seatIds, reason } : { seatIds }, key);
export const unblockSeats = (dateId, seatIds, reason, key = newKey()) =>
  write('POST', `/dates/${dateId}/seats/unblock`, reason ? { seatIds, reason } : { seatIds }, key);

// The sale
export const queueSettings = (dateId, signal) => read(`/dates/${dateId}/queue`, { signal });
export const changeQueueSettings = (dateId, fields) => write('PUT', `/dates/${dateId}/queue`, fields);
export const pauseQueue = (dateId, key = newKey()) => write('POST', `/dates/${dateId}/queue/pause`, undefined, key);
export const resumeQueue = (dateId, key = newKey()) => write('POST', `/dates/${dateId}/queue/resume`, undefined, key);
export const sales = (dateId, signal) => read(`/dates/${dateId}/sales`, { signal });

// Reservations
/** By an email, an id or a ticket's code. These belong in no address, so what has a text is asked by POST. */
export const reservations = ({ text, dateId, status, cursor, limit, signal } = {}) => (text
  ? call('POST', '/admin/reservation-searches', {
    needsUser: true, signal,
    body: Object.fromEntries(Object.entries({ text, dateId, status, cursor, limit }).filter(([, value]) => value)),
  })
  : read('/reservations', { query: { dateId, status, cursor, limit }, signal }));
export const reservation = (id, signal) => read(`/reservations/${id}`, { signal });
/** Refunds these tickets of a payment, whoever paid it. */
export const refund = (paymentId, { ticketIds, reason }, key = newKey()) =>
  call('POST', `/payments/${paymentId}/refunds`, { needsUser: true, body: { ticketIds, reason }, key });

// Staff and what they did
export const setRole = (userId, role) => write('PUT', `/users/${userId}/role`, { role });
export const auditLog = ({ cursor, limit, signal } = {}) => read('/audit-log', { query: { cursor, limit }, signal });

// Webhooks
export const webhooks = ({ cursor, limit, signal } = {}) => read('/webhooks', { query: { cursor, limit }, signal });
export const createWebhook = (fields, key = newKey()) => write('POST', '/webhooks', fields, key);
export const webhook = (id, signal) => read(`/webhooks/${id}`, { signal });
export const changeWebhook = (id, fields) => write('PUT', `/webhooks/${id}`, fields);
export const deleteWebhook = (id) => write('DELETE', `/webhooks/${id}`);
export const rotateWebhookSecret = (id, key = newKey()) => write('POST', `/webhooks/${id}/secret`, undefined, key);
export const testWebhook = (id, key = newKey()) => write('POST', `/webhooks/${id}/test`, undefined, key);
export const webhookDeliveries = (id, { cursor, limit, signal } = {}) =>
  read(`/webhooks/${id}/deliveries`, { query: { cursor, limit }, signal });
export const delivery = (id, signal) => read(`/webhook-deliveries/${id}`, { signal });
export const replayDelivery = (id, key = newKey()) => write('POST', `/webhook-deliveries/${id}/replay`, undefined, key);

// The door
/** `dateId` is the date that the door is open for; without it tickets of any are taken. */
export const checkIn = (code, { gate, dateId } = {}, key = newKey()) =>
  call('POST', '/checkins', {
    needsUser: true, key, body: { code, ...(gate && { gate }), ...(dateId && { dateId }) },
  });
