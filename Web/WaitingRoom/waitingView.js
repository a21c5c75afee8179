/** What a fan who waits sees. It is told a place and figures, and shows them; it asks nobody. */
import { countdown, serverNow } from '../Page/clock.js';
import { button, link } from '../Page/components.js';
import { h, replace } from '../Page/dom.js';
import { dateTime, duration, number, remaining, time } from '../Page/format.js';
import { icon } from '../Page/icons.js';
import { t } from '../Page/text.js';
import { fairness } from './fairness.js';
import { honestEstimate } from './honestEstimate.js';
import { turnNotice } from './turnNotice.js';

/** From here on the countdown to the opening shows every second. */
const closeMs = 24 * 3600 * 1000;
/** Screen readers are told how far it is at most this often; the turn and sold out at once. */
const sayMs = 20_000;

export function waitingView({ date, concert, signal, leave, lookAnyway, opened }) {
  const body = h('div', { class: 'card waiting-card' });
  const spoken = h('p', { class: 'visually-hidden', role: 'status' });
  const pageTitle = document.title;
  let shape = null;
  let spokenAtMs = -Infinity;
  let isConnected = true;
  let shown = null;
  let startAhead = null;
  let parts = {};
  const turn = turnNotice(signal);

  const about = h('div', { class: 'stack' }, promises(turn), fairness(date, signal));

  const node = h('div', { class: 'page-narrow waiting stack-loose' },
    h('header', null, h('h1', { class: 'waiting-title' }, concert.title), h('p', { class: 'soft' }, dateTime(date.startsAt))),
    body, spoken, about,
    h('div', { class: 'center' }, button(t('waiting.leave'), leave, { kind: 'quiet' })));
  signal.addEventListener('abort', () => { document.title = pageTitle; }, { once: true });

  function show(place, figures) {
    const wanted = place.soldOut || figures?.soldOut ? 'soldOut' : place.ahead === null ? 'before' : 'line';
    if (wanted !== shape) {
      shape = wanted;
      parts = { soldOut: soldOutParts, before: beforeParts, line: lineParts }[shape]();
      replace(body, parts.nodes);
      about.hidden = shape === 'soldOut';
    }
    shown = [place, figures];
    parts.update?.(place, figures);
  }

  /** What is true now, in the one place where it is looked for: nothing moves when it changes. */
  function outlook(figures, text) {
    if (!isConnected) return [icon('offline'), h('span', null, t('waiting.lost'))];
    if (figures?.paused) return [icon('pause'), h('span', null, t('waiting.paused'))];
    return text();
  }

  function say(text, { now = false } = {}) {
    if (!now && performance.now() - spokenAtMs < sayMs) return;
    spokenAtMs = performance.now();
    spoken.textContent = text;
  }

  function lineParts() {
    const ahead = h('strong', { class: 'waiting-figure numeric' });
    const label = h('p', { class: 'waiting-label' });
    const bar = h('div', { class: 'waiting-bar' }, h('div', { class: 'waiting-bar-fill' }));
    const estimate = h('p', { class: 'waiting-estimate center' });
    const facts = h('dl', { class: 'waiting-facts' });
    return {
      nodes: [h('div', { class: 'waiting-count' }, label, ahead), bar, estimate, facts],
      update: (place, figures) => {
        startAhead = Math.max(startAhead ?? 0, place.ahead, 1);
        replace(label, place.ahead === 0 ? t('waiting.nextLabel') : t('waiting.aheadLabel'));
        replace(ahead, place.ahead === 0 ? t('waiting.next') : t('waiting.people', { n: place.ahead }));
        bar.firstChild.style.transform = `scaleX(${1 - place.ahead / startAhead})`;
        replace(estimate, outlook(figures, () => estimateText(place)));
        replace(facts,
          fact(t('waiting.number'), number(place.number ?? place.position), 'waiting-own'),
          figures?.calledUpTo > 0 && place.number && fact(t('waiting.called'), number(figures.calledUpTo)),
          figures && fact(t('waiting.waiting'), number(figures.waiting)),
          figures && fact(t('waiting.inside'), number(figures.active)));
        document.title = t('waiting.windowTitle', { n: place.ahead, title: concert.title });
        say(t('waiting.spoken', { n: place.ahead }));
      },
    };
  }

  function estimateText(place) {
    const { kind, minutes } = honestEstimate(place.estimatedWaitSeconds);
    if (kind === 'unknown') return t('waiting.estimateUnknown');
    if (kind === 'soon') return t('waiting.estimateSoon');
    const at = serverNow() + minutes * 60_000;
    return t('waiting.estimate', { duration: duration(minutes * 60_000), time: time(at) });
  }

  function beforeParts() {
    const figure = h('strong', { class: 'waiting-figure numeric', role: 'timer' });
    const together = h('p', { class: 'waiting-estimate center' });
    const opensMs = Date.parse(date.saleOpensAt);
    const label = h('p', { class: 'waiting-label' }, t('waiting.opensLabel'));
    countdown(opensMs, (leftMs) => {
      figure.textContent = leftMs === 0 ? t('waiting.drawing') : leftMs < closeMs ? remaining(leftMs) : duration(leftMs);
      document.title = leftMs === 0 ? t('waiting.drawing') : t('waiting.windowBefore', { time: figure.textContent, title: concert.title });
    }, signal).then(() => {
      replace(label, t('waiting.drawingLabel'));
      opened();
    });
    say(t('waiting.spokenBefore', { time: dateTime(opensMs) }), { now: true });
    return {
      nodes: [h('div', { class: 'waiting-count' }, label, figure), together,
        h('p', { class: 'soft' }, t('waiting.opensAt', { time: dateTime(opensMs) }))],
      update: (_, figures) => {
        // Alone in the room is no news, and a figure that is not known is none.
        replace(together, outlook(figures, () =>
          (figures?.waiting > 1 ? t('waiting.together', { n: figures.waiting }) : t('waiting.drawShort'))));
      },
    };
  }

  function soldOutParts() {
    document.title = t('waiting.soldOutTitle');
    say(t('waiting.soldOutTitle'), { now: true });
    return {
      nodes: [h('div', { class: 'waiting-over stack' }, icon('ticket', { size: 40 }), h('h2', null, t('waiting.soldOutTitle')),
        h('p', { class: 'soft' }, t('waiting.soldOutText')),
        h('div', { class: 'cluster' }, link(`/concerts/${concert.id}`, t('waiting.otherDates'), 'primary'),
          button(t('waiting.lookAnyway'), lookAnyway)))],
    };
  }

  return {
    node, show,
    connected: (is) => {
      if (is === isConnected) return;
      isConnected = is;
      if (shown) show(...shown);
      say(t(is ? 'waiting.backAgain' : 'waiting.lost'), { now: true });
    },
    over: () => turn.tell(t('waiting.turnTitle'), concert.title),
  };
}

function fact(name, value, className) {
  return h('div', { class: className }, h('dt', null, name), h('dd', { class: 'numeric' }, value));
}

/** What a fan may rely on. */
function promises(turn) {
  return h('section', { class: 'stack', 'aria-labelledby': 'promises' },
    h('h2', { id: 'promises', class: 'waiting-heading' }, t('waiting.promises')),
    h('ul', { role: 'list', class: 'waiting-promises' },
      [['refresh', 'promiseKept'], ['door', 'promiseTurn'], ['clock', 'promiseMissed']].map(([name, key]) =>
        h('li', null, icon(name), h('span', null, t(`waiting.${key}`))))),
    turn.node);
}
