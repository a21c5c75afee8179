/**
 * How calls reach the server: tokens, languages, keys, repeats and errors. Which calls there are, `api.js` and
 * `staffApi.js` say.
 */
import { noteAnswer, pause } from './clock.js';
import { language, t } from './text.js';

const base = '/api/v1';
const timeoutMs = 15_000;
const waitMaxMs = 8_000;

/** Why a call had no answer that it could use. `code` is the API's, or `offline` when there was no answer at all. */
export class Problem extends Error {
  constructor({ status = 0, code, detail, retryAfterMs = null, body = {} }) {
    super(detail);
    this.name = 'Problem';
    this.status = status;
    this.code = code;
    /** For people, in their language: it says what to do. */
    this.detail = detail;
    this.retryAfterMs = retryAfterMs;
    this.body = body;
  }
}

/** The session lends its access token, and gets a new one when the server does not take it any more. */
let session = { accessToken: () => null, refresh: async () => null };
export function useSession(lender) {
  session = lender;
}

/** A key for a call that must have its effect once. Whoever repeats the call passes the same one. */
export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * One call.
 *
 * @param {string} method
 * @param {string} path After the base path.
 * @param {object} [options]
 * @param {object} [options.query] Null and empty values are left out.
 * @param {object} [options.body] Sent as JSON.
 * @param {boolean|'optional'} [options.needsUser] Sends the access token; 'optional' only if there is one.
 * @param {string} [options.key] The `Idempotency-Key`.
 * @param {object} [options.headers]
 * @param {AbortSignal} [options.signal]
 * @param {number} [options.limitMs] How long an answer may take.
 * @param {(response: Response) => Promise<any>} [options.read] By default JSON, or null where there is no body.
 * @throws {Problem}
 */
export async function call(method, path, options = {}) {
  // A read, and whatever has a key, may be sent twice: its effect is there once.
  const triesMax = method === 'GET' || options.key ? 3 : 1;
  for (let tries = 1; ; tries += 1) {
    try {
      return await withToken(method, path, options);
    } catch (problem) {
      if (!(problem instanceof Problem) || tries >= triesMax || !isPassing(problem)) throw problem;
      const waitMs = problem.retryAfterMs ?? 400 * 3 ** (tries - 1);
      if (waitMs > waitMaxMs) throw problem;
      // Not all at once: a thousand fans were told the same second.
      await pause(waitMs * (1 + Math.random() * 0.3), options.signal);
    }
  }
}

function isPassing(problem) {
  if (problem.code === 'offline') return navigator.onLine;
  return problem.status === 503 || problem.status === 429;
}

async function withToken(method, path, options) {
  if (!options.needsUser) return send(method, path, options, null);
  const token = session.accessToken() ?? await session.refresh();
  if (!token && options.needsUser !== 'optional') throw notSignedIn();
  try {
    return await send(method, path, options, token);
  } catch (problem) {
    if (problem.code !== 'notAuthenticated' || !token) throw problem;
    const renewed = await session.refresh(token);
    if (!renewed) throw problem;
    return send(method, path, options, renewed);
  }
}

function notSignedIn() {
  return new Problem({ status: 401, code: 'notAuthenticated', detail: t('problem.notSignedIn') });
}

async function send(method, path, options, token) {
  const headers = { 'Accept-Language': language(), ...options.headers };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (options.key) headers['Idempotency-Key'] = options.key;
  if (options.body !== undefined) headers['Content-Type'] = 'application/json';
  const limit = AbortSignal.timeout(options.limitMs ?? timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, limit]) : limit;
  const body = options.body === undefined ? undefined : JSON.stringify(options.body);
  const sentMs = Date.now();
  let response;
  let answer;
  try {
    response = await fetch(`${base}${path}${queryText(options.query)}`, { method, headers, body, signal });
    noteAnswer(response.headers.get('Date'), sentMs, Date.now());
    if (response.ok || response.status === 304) answer = await (options.read ?? readJSON)(response);
    else answer = await readProblem(response);
  } catch (error) {
    if (options.signal?.aborted) throw options.signal.reason;
    throw new Problem({ code: 'offline', detail: t('problem.offline') });
  }
  if (answer instanceof Problem) throw answer;
  return answer;
}

async function readJSON(response) {
  return response.status === 204 || response.status === 304 ? null : response.json();
}

async function readProblem(response) {
  const body = await response.json().catch(() => ({}));
  const retryAfter = Number(response.headers.get('Retry-After'));
  return new Problem({
    status: response.status, code: body.code ?? 'internal', detail: body.detail ?? t('problem.internal'), body,
    retryAfterMs: retryAfter > 0 ? retryAfter * 1000 : null,
  });
}

function queryText(query) {
  const entries = Object.entries(query ?? {}).filter(([, value]) => value !== null && value !== undefined && value !== '');
  return entries.length ? `?${new URLSearchParams(entries)}` : '';
}

/** The address of something that the browser fetches itself, such as a stream. */
export function address(path, query) {
  return `${base}${path}${queryText(query)}`;
}
