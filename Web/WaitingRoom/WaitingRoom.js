/**
 * The wait before a sale: takes a place, shows where it stands, and ends when the fan may choose seats.
 *
 * The page decides nothing about the place. It asks as often as the server says, shows what it is told, and near the
 * front listens to what happens, so that the turn comes without delay.
 */
import * as api from '../Page/api.js';
import { pause } from '../Page/clock.js';
import { ask, link, problemView, skeletonBlock, skeletonLines, stateView } from '../Page/components.js';
import { h, replace } from '../Page/dom.js';
import { go } from '../Page/router.js';
import { requireUser } from '../Page/session.js';
import { listen } from '../Page/stream.js';
import { t } from '../Page/text.js';
import { dropPlaceToken, keepPlaceToken, placeToken } from './placeTokens.js';
import { waitingView } from './waitingView.js';

const pollMs = { least: 500, most: 60_000, afterFailure: 3000 };
/** So close to the front a stream is worth its connection. */
const frontCount = 50;
/** How often the figures that everyone may see are fetched, for those further back. */
const figuresMs = 15_000;

/**
 * Resolves with the fan's place, `{token, expiresAt, …}`, as soon as it is `ACTIVE`; with null when the fan has gone
 * elsewhere: to log in, or away from the queue. Whoever calls has nothing left to show then.
 *
 * @param {{dateId: string, date?: object, concert?: object, main: HTMLElement, signal: AbortSignal}} wait
 */
export async function waitForTurn({ dateId, date: knownDate, concert: knownConcert, main, signal }) {
  const fan = await requireUser();
  if (!fan || signal.aborted) return null;
  replace(main, h('div', { class: 'page-narrow stack-loose', 'aria-busy': 'true' }, skeletonLines(40, 70), skeletonBlock('16rem')));
  const date = knownDate ?? await api.date(dateId, signal);
  const concert = knownConcert ?? await api.concert(date.concertId, signal);

  const first = await takePlace(fan, date, concert, main, signal);
  if (!first) return null;
  // Nobody who may choose at once should see a waiting room flash by.
  if (first.status === 'ACTIVE' && !first.soldOut) return first;
  return new Wait({ fan, date, concert, main, signal }).until(first);
}

/** Forgets the token of a place that the server does not know any more. */
export async function forgetPlace(dateId) {
  const fan = await requireUser();
  if (fan) dropPlaceToken(fan.id, dateId);
}

/** A place, or null when there is none to be had and the page says why. */
async function takePlace(fan, date, concert, main, signal) {
  for (;;) {
    try {
      const place = await api.join(date.id, placeToken(fan.id, date.id), signal);
      keepPlaceToken(fan.id, date.id, place.token);
      return place;
    } catch (problem) {
      if (signal.aborted || problem.name !== 'Problem') throw problem;
      // A token that is no longer good may be what is refused; the account has the place.
      if (problem.code === 'queueTokenInvalid' && placeToken(fan.id, date.id)) {
        dropPlaceToken(fan.id, date.id);
        continue;
      }
      if (problem.code === 'saleClosed') {
        replace(main, closedView(concert));
        return null;
      }
      await new Promise((resolve, reject) => {
        replace(main, h('div', { class: 'page-narrow' }, problemView(problem, resolve, { level: 'h1' })));
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    }
  }
}

function closedView(concert) {
  return h('div', { class: 'page-narrow' }, stateView({
    level: 'h1', icon: 'calendar', title: t('waiting.closedTitle'), text: t('waiting.closed', { title: concert.title }),
    actions: [link(`/concerts/${concert.id}`, t('waiting.otherDates'), 'primary')],
  }));
}

class Wait {
  constructor({ fan, date, concert, main, signal }) {
    Object.assign(this, { fan, date, concert, main, signal });
    this.figures = null;
    this.isLive = false;
    this.wake = () => {};
    this.leaving = new AbortController();
    signal.addEventListener('abort', () => this.leaving.abort(signal.reason), { once: true });
  }

  /** Shows the wait until it is over. */
  async until(first) {
    let place = first;
    const choice = new Promise((resolve) => { this.choose = resolve; });
    this.view = waitingView({
      date: this.date, concert: this.concert, signal: this.leaving.signal,
      leave: () => this.leave(), lookAnyway: () => this.choose('look'), opened: () => this.wake(),
    });
    replace(this.main, this.view.node);
    document.addEventListener('visibilitychange', () => { if (!document.hidden) this.wake(); }, { signal: this.leaving.signal });
    addEventListener('online', () => this.wake(), { signal: this.leaving.signal });
    this.keepFigures();
    try {
      for (;;) {
        this.place = place;
        this.view.show(place, this.figures);
        if (place.status === 'ACTIVE' && !place.soldOut) return this.over(place);
        this.listenNearFront(place);
        const chosen = await Promise.race([choice, this.rest(place)]);
        if (chosen === 'left') return null;
        if (chosen === 'look') return this.over(place);
        place = await this.look(place);
      }
    } finally {
      this.leaving.abort();
    }
  }

  over(place) {
    this.view.over();
    return place;
  }

  /** Waits as long as the server says, or until something makes it worth asking at once. */
  async rest(place) {
    const ms = Math.min(Math.max(place.pollAfterMs, pollMs.least), pollMs.most);
    const woken = new Promise((resolve) => {
      // However many reasons there are, the server is not asked more often than twice a second.
      this.wake = () => setTimeout(resolve, pollMs.least);
    });
    await Promise.race([pause(ms, this.leaving.signal), woken]);
  }

  async look(place) {
    for (;;) {
      try {
        const next = await api.place(place.token, this.leaving.signal);
        this.view.connected(true);
        if (next.token !== place.token) keepPlaceToken(this.fan.id, this.date.id, next.token);
        return next;
      } catch (problem) {
        if (this.leaving.signal.aborted || problem.name !== 'Problem') throw problem;
        if (problem.code === 'queueTokenInvalid' || problem.code === 'notFound') {
          const again = await takePlace(this.fan, this.date, this.concert, this.main, this.signal);
          if (!again) throw new DOMException('the sale is over', 'AbortError');
          replace(this.main, this.view.node);
          return again;
        }
        this.view.connected(false);
        await pause(problem.retryAfterMs ?? pollMs.afterFailure, this.leaving.signal);
      }
    }
  }

  listenNearFront(place) {
    if (this.isListening || place.ahead === null || place.ahead > frontCount) return;
    this.isListening = true;
    let calledUpTo = 0;
    listen(this.date.id, {
      signal: this.leaving.signal,
      onState: (isLive) => { this.isLive = isLive; },
      on: {
        queue: (figures) => {
          this.news(figures);
          // Somebody was called: it may be this fan.
          if (figures.calledUpTo > calledUpTo && calledUpTo > 0) this.wake();
          calledUpTo = figures.calledUpTo;
        },
        soldOut: () => this.wake(),
      },
    });
  }

  /** For those further back, now and then: whether the door is closed for a while, how many wait. */
  async keepFigures() {
    const { signal } = this.leaving;
    while (!signal.aborted) {
      try {
        if (!this.isLive && !document.hidden) this.news(await api.queue(this.date.id, signal));
        await pause(figuresMs, signal);
      } catch {
        if (signal.aborted) return;
        await pause(figuresMs, signal).catch(() => {});
      }
    }
  }

  news(figures) {
    if (figures.soldOut && !this.figures?.soldOut) this.wake();
    this.figures = { ...this.figures, ...figures };
    this.view.show(this.place, this.figures);
  }

  async leave() {
    const isSure = await ask({
      title: t('waiting.leaveTitle'), body: t('waiting.leaveText'),
      actions: [{ label: t('waiting.stay'), value: false }, { label: t('waiting.leave'), value: true, kind: 'danger' }],
    });
    if (!isSure) return;
    await api.leaveQueue(this.place.token).catch(() => {});
    dropPlaceToken(this.fan.id, this.date.id);
    this.choose('left');
    go(`/concerts/${this.concert.id}`);
  }
}
