/**
 * Who is logged in. The access token lives in this page's memory and the refresh token in a cookie that scripts cannot
 * read, so what is left in storage is only whether it is worth asking.
 */
import * as api from './api.js';
import { useSession } from './request.js';
import { go } from './router.js';

const flag = 'jari.signedIn';
/** A new token is fetched this long before the old one runs out. */
const marginMs = 30_000;

let token = null;
let tokenEndsMs = 0;
let known = null;
let refreshing = null;
const listeners = new Set();

useSession({ accessToken, refresh });

/** Whether this browser was logged in when last seen. Good enough for a heading, not for a decision. */
export function signedIn() {
  return localStorage.getItem(flag) !== null;
}

/** `{id, email, name, role}`, or null. Restores the session of an earlier visit. */
export async function user() {
  if (known) return known;
  if (!signedIn()) return null;
  try {
    known = await api.me();
  } catch (problem) {
    if (problem.status !== 401) throw problem;
    forget();
  }
  return known;
}

/** As `user()`, but a visitor who is not logged in is sent to log in, and comes back to `returnTo` afterwards. */
export async function requireUser(returnTo = location.pathname + location.search) {
  const found = await user();
  if (!found) go(loginPath(returnTo), { replace: true });
  return found;
}

/** Where to log in, and come back. */
export function loginPath(returnTo) {
  return `/login?${new URLSearchParams({ next: returnTo })}`;
}

/** The path of this site to go to after logging in. Another site's address is never one. */
export function pathAfter(query, standard = '/') {
  const next = query.get('next') ?? '';
  const isOurs = next.startsWith('/') && new URL(next, location.origin).origin === location.origin;
  return isOurs && !next.startsWith('//') && !next.includes('\\') ? next : standard;
}

export async function signIn({ email, password }) {
  await exclusively(async () => take(await api.openSession({ email, password })));
  known = await api.me();
  tell();
  return known;
}

export async function signOut() {
  try {
    // Not under the lock: a token that has run out is refreshed on the way, which takes it.
    await api.closeSession();
  } catch (problem) {
    if (problem.status !== 401) throw problem;
  }
  forget();
}

/** Runs when somebody logs in or out, here or in another tab. */
export function onSession(listener) {
  listeners.add(listener);
}

function accessToken() {
  return token && Date.now() < tokenEndsMs - marginMs ? token : null;
}

/** A new access token, or null when there is no session. `refused` is the one that the server did not take. */
function refresh(refused = null) {
  if (!signedIn()) return Promise.resolve(null);
  if (token && token !== refused && accessToken()) return Promise.resolve(token);
  refreshing ??= exclusively(async () => {
    try {
      take(await api.refreshSession());
      return token;
    } catch (problem) {
      if (problem.status !== 401) throw problem;
      forget();
      return null;
    }
  }).finally(() => { refreshing = null; });
  return refreshing;
}

/** Tabs share the cookie, and each refresh token is good once: only one of them may refresh at a time. */
function exclusively(work) {
  return navigator.locks ? navigator.locks.request('jari.session', work) : work();
}

function take(session) {
  token = session.accessToken;
  tokenEndsMs = Date.now() + session.expiresIn * 1000;
  localStorage.setItem(flag, '1');
}

function forget() {
  token = null;
  known = null;
  localStorage.removeItem(flag);
  tell();
}

function tell() {
  listeners.forEach((listener) => listener());
}

addEventListener('storage', (event) => {
  if (event.key !== flag && event.key !== null) return;
  token = null;
  known = null;
  tell();
});
