/**
 * Every call of the fan's pages, by name. Nothing else in Web/ but this file and `staffApi.js` knows a path of the API.
 * Each rejects with a `Problem`.
 */
import { address, call, newKey } from './request.js';

export { newKey, Problem } from './request.js';

// Accounts. The header makes the server keep the refresh token in a cookie that no script can read.
const forPages = { 'X-Jari-Client': 'pages' };

export const register = ({ email, password, name }) => call('POST', '/users', { body: { email, password, name } });
export const me = (signal) => call('GET', '/users/me', { needsUser: true, signal });
export const openSession = ({ email, password }) =>
  call('POST', '/sessions', { body: { email, password }, headers: forPages });
export const refreshSession = () => call('POST', '/sessions/refresh', { headers: forPages });
export const closeSession = () => call('DELETE', '/sessions', { needsUser: true, headers: forPages });

// Points
export const points = (signal) => call('GET', '/users/points', { needsUser: true, signal });
/** Answers with `checkout` where a card is to pay for the points first. */
export const chargePoints = (amount, key = newKey()) =>
  call('POST', '/users/points', { needsUser: true, body: { amount }, key });
export const pointsHistory = ({ cursor, limit, signal } = {}) =>
  call('GET', '/users/points/history', { needsUser: true, query: { cursor, limit }, signal });

// Concerts
export const concerts = ({ q, cursor, limit, signal } = {}) => call('GET', '/concerts', { query: { q, cursor, limit }, signal });
export const concert = (id, signal) => call('GET', `/concerts/${id}`, { signal });
export const dates = (concertId, signal) => call('GET', `/concerts/${concertId}/dates`, { signal });
export const date = (id, signal) => call('GET', `/dates/${id}`, { signal });

// Seats
/** The layout. With the date's `layoutVersion` the browser keeps it for ever. */
export const seatMap = (dateId, layoutVersion, signal) =>
  call('GET', `/dates/${dateId}/seatmap`, { query: { v: layoutVersion }, signal, limitMs: 60_000 });
/** `{version, states, etag}`, or null when nothing has changed since `etag`. */
export const seatStatus = (dateId, etag, signal) =>
  call('GET', `/dates/${dateId}/seats/status`, {
    headers: etag ? { 'If-None-Match': etag } : {}, signal,
    read: async (response) => (response.status === 304
      ? null : { ...(await response.json()), etag: response.headers.get('ETag') }),
  });
/** Where `stream.js` listens. */
export const eventsAddress = (dateId, since) => address(`/dates/${dateId}/events`, { since });

// Queue
/** Takes a place, or finds the one the fan has. `knownToken` brings the number back after a restart of the server. */
export const join = (dateId, knownToken, signal) =>
  call('POST', '/queue/token', {
    needsUser: true, body: { dateId }, headers: knownToken ? { 'X-Queue-Token': knownToken } : {}, signal,
  });
export const place = (token, signal) => call('GET', '/queue/token', { headers: { 'X-Queue-Token': token }, signal });
export const leaveQueue = (token) => call('DELETE', '/queue/token', { headers: { 'X-Queue-Token': token } });
export const queue = (dateId, signal) => call('GET', `/dates/${dateId}/queue`, { signal });

// Reservations
/** Holds `{seatIds}` or `{bestAvailable: {grade, count}}`, all or none. */
export const hold = (dateId, wanted, queueToken, key = newKey()) =>
  call('POST', '/reservations', {
    needsUser: true, body: { dateId, ...wanted }, headers: { 'X-Queue-Token': queueToken }, key,
  });
export const reservations = ({ cursor, limit, signal } = {}) =>
  call('GET', '/reservations', { needsUser: true, query: { cursor, limit }, signal });
export const reservation = (id, signal) => call('GET', `/reservations/${id}`, { needsUser: true, signal });
export const release = (id) => call('DELETE', `/reservations/${id}`, { needsUser: true });

// Payments
/** `method` is POINTS, CARD or MIXED; with MIXED, `points` says how much of it the wallet pays. */
export const pay = (reservationId, { method, points: part }, key = newKey()) =>
  call('POST', `/reservations/${reservationId}/payments`, {
    needsUser: true, body: part ? { method, points: part } : { method }, key,
  });
export const payment = (id, signal) => call('GET', `/payments/${id}`, { needsUser: true, signal });
/** The gateway may take its time: longer than other calls. */
export const confirm = (paymentId, paymentKey, key = newKey()) =>
  call('POST', `/payments/${paymentId}/confirm`, { needsUser: true, body: { paymentKey }, key, limitMs: 60_000 });
/** Refunds these tickets, or all when `ticketIds` is left out. */
export const refund = (paymentId, { ticketIds, reason } = {}, key = newKey()) =>
  call('POST', `/payments/${paymentId}/refunds`, { needsUser: true, body: { ticketIds, reason }, key });

// Tickets
export const tickets = ({ cursor, limit, signal } = {}) =>
  call('GET', '/tickets', { needsUser: true, query: { cursor, limit }, signal });
export const ticket = (id, signal) => call('GET', `/tickets/${id}`, { needsUser: true, signal });
/** The QR code as an SVG in a Blob, for URL.createObjectURL. */
export const ticketQR = (id, signal) =>
  call('GET', `/tickets/${id}/qr.svg`, { needsUser: true, signal, read: (response) => response.blob() });
