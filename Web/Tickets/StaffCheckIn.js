/** The door: a code by camera where the browser can read one, or typed anywhere; a yes and a no that nobody mistakes. */
import { dateName } from '../Catalog/dateNames.js';
import { datePicker } from '../Catalog/datePicker.js';
import { h, replace } from '../Page/dom.js';
import { busy, button, field } from '../Page/components.js';
import { dateTime, exactTime } from '../Page/format.js';
import { icon } from '../Page/icons.js';
import * as api from '../Page/staffApi.js';
import { pageHead } from '../Page/staffParts.js';
import { t } from '../Page/text.js';
import { canScan, scanner } from './CodeScanner.js';
import { tone } from './tone.js';

const gateKey = 'jari.gate';
const doorKey = 'jari.door';
const recentMax = 20;

export async function open({ main, signal, title }) {
  title(t('staffCheckIn.title'));
  const gate = field({
    id: 'gate', label: t('staffCheckIn.gate'), hint: t('staffCheckIn.gateHint'), maxlength: 80, autocomplete: 'off',
    '.value': localStorage.getItem(gateKey) ?? '', on: { change: ({ target }) => localStorage.setItem(gateKey, target.value.trim()) },
  });
  const code = field({
    id: 'code', label: t('staffCheckIn.code'), hint: t('staffCheckIn.codeHint'), maxlength: 256, autocomplete: 'off',
    autocapitalize: 'characters', spellcheck: 'false', required: true, enterkeyhint: 'go',
  });
  const door = kept();
  const result = h('div', { class: 'door', role: 'status', 'aria-live': 'assertive' });
  const recent = h('ol', { role: 'list', class: 'stack-tight' });
  const submit = button(t('staffCheckIn.submit'), null, { kind: 'primary', type: 'submit', large: true });
  let turn = 0;

  async function check(text) {
    const mine = turn += 1;
    show(result, { kind: 'wait', title: t('staffCheckIn.checking') });
    const answer = await ask(text, gate.input.value.trim(), door.dateId);
    remember(recent, answer);
    // A later scan was shown already: this one is in the list below.
    if (mine !== turn || signal.aborted) return;
    show(result, answer);
    tone(answer.kind);
  }

  const typed = async () => {
    const text = code.input.value.trim();
    if (!text) {
      code.fail(t('staffCheckIn.codeMissing'));
      return;
    }
    await check(text);
    code.input.value = '';
    code.input.focus();
  };
  show(result, { kind: 'ready', title: t('staffCheckIn.ready'), text: t('staffCheckIn.readyText') });
  main.append(h('div', { class: 'page' }, pageHead({ title: t('staffCheckIn.title') }),
    h('div', { class: 'door-columns' },
      h('div', { class: 'stack' }, result, canScan() && camera(check, signal)),
      h('div', { class: 'stack-loose' },
        h('form', {
          class: 'card staff-form', novalidate: true,
          on: { submit: (event) => { event.preventDefault(); busy(submit, typed()); } },
        }, code.node, submit, !canScan() && h('p', { class: 'soft small' }, t('staffCheckIn.noCamera'))),
        h('section', { class: 'card stack', 'aria-labelledby': 'this-door' },
          h('h2', { id: 'this-door' }, t('staffCheckIn.thisDoor')), gate.node,
          datePicker({ chosen: door, changed: () => localStorage.setItem(doorKey, JSON.stringify(door)), signal }),
          h('p', { class: 'soft small' }, t('staffCheckIn.dateHint'))),
        h('section', { class: 'stack-tight', 'aria-labelledby': 'recent' },
          h('h2', { id: 'recent' }, t('staffCheckIn.recent')), recent)))));
  code.input.focus();
}

/** What the server says of a code, as it is shown. The same key is sent until there is an answer: one check-in. */
async function ask(text, gate, dateId) {
  try {
    const ticket = await api.checkIn(text, { gate, dateId });
    const name = await dateName(ticket.dateId).catch(() => null);
    return {
      kind: 'yes', title: t('staffCheckIn.yes'), seat: t('staffReservation.seat', ticket.seat), grade: ticket.seat.grade,
      text: name && `${name.title} · ${name.at}`,
    };
  } catch (problem) {
    if (problem.name !== 'Problem') throw problem;
    if (problem.code === 'ticketUsed') {
      const { usedAt, gate: usedGate } = problem.body;
      return {
        kind: 'no', title: t('staffCheckIn.used'),
        text: usedGate ? t('staffCheckIn.usedAtGate', { at: dateTime(usedAt), gate: usedGate })
          : t('staffCheckIn.usedAt', { at: dateTime(usedAt) }),
      };
    }
    if (problem.code === 'ticketOfOtherDate') {
      const name = await dateName(problem.body.dateId).catch(() => null);
      return { kind: 'no', title: t('staffCheckIn.otherDate'), text: name && `${name.title} · ${name.at}` };
    }
    if (problem.code === 'ticketVoid') return { kind: 'no', title: t('staffCheckIn.void'), text: t('staffCheckIn.voidText') };
    if (problem.code === 'notFound') return { kind: 'no', title: t('staffCheckIn.unknown'), text: t('staffCheckIn.unknownText') };
    return { kind: 'fault', title: t('staffCheckIn.fault'), text: problem.detail };
  }
}

/** Which date this door is open for; the same as yesterday until somebody says otherwise. */
function kept() {
  try {
    const { concertId = '', dateId = '' } = JSON.parse(localStorage.getItem(doorKey)) ?? {};
    return { concertId, dateId };
  } catch {
    return { concertId: '', dateId: '' };
  }
}

const icons = { yes: 'check', no: 'close', fault: 'alert', ready: 'ticket', wait: 'clock' };

function show(place, { kind, title, seat, grade, text }) {
  place.dataset.kind = kind;
  replace(place, h('div', { class: 'door-mark' }, icon(icons[kind], { size: 72 })),
    h('p', { class: 'door-title' }, title),
    seat && h('p', { class: 'door-seat' }, grade, ' · ', seat), text && h('p', { class: 'door-text' }, text));
}

function remember(list, { kind, title, seat, text }) {
  list.prepend(h('li', { class: 'door-recent', dataset: { kind } }, icon(icons[kind]),
    h('span', { class: 'grow' }, h('span', { class: 'strong' }, title), ' ', h('span', { class: 'soft small' }, seat ?? text)),
    h('time', { class: 'soft small numeric' }, exactTime(Date.now()))));
  while (list.children.length > recentMax) list.lastElementChild.remove();
}

/** The camera is asked for when somebody wants it, not when the page opens. */
function camera(check, signal) {
  const video = h('video', { class: 'door-video', playsinline: true, hidden: true, '.muted': true, 'aria-label': t('staffCheckIn.picture') });
  const note = h('p', { class: 'soft small', role: 'status' });
  let stop = null;
  const start = button(t('staffCheckIn.camera'), async () => {
    if (stop) {
      end();
      return;
    }
    note.textContent = '';
    try {
      video.hidden = false;
      stop = await scanner(video, check, signal);
      start.lastChild.textContent = t('staffCheckIn.cameraOff');
    } catch (error) {
      video.hidden = true;
      note.textContent = t(error.name === 'NotAllowedError' ? 'staffCheckIn.cameraRefused' : 'staffCheckIn.cameraMissing');
    }
  }, { icon: 'camera', block: true, large: true });
  const end = () => {
    stop();
    stop = null;
    video.hidden = true;
    start.lastChild.textContent = t('staffCheckIn.camera');
  };
  return h('div', { class: 'stack-tight' }, video, start, note);
}
