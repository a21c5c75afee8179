/** How a date's waiting room lets fans in, and the switch that stops it. */
import { openDate } from '../Catalog/StaffDateFrame.js';
import { h, replace } from '../Page/dom.js';
import { busy, button, field, showLoaded, skeletonBlock, toast } from '../Page/components.js';
import { icon } from '../Page/icons.js';
import { formProblem } from '../Page/staffParts.js';
import * as api from '../Page/staffApi.js';
import { t } from '../Page/text.js';

const limits = {
  maxActive: [1, 1_000_000], admitPerSecond: [1, 100_000], activeSeconds: [30, 7_200], seatsPerFanMax: [1, 50],
};

export async function open(context) {
  await openDate(context, 'queue', (date) => {
    const place = h('div');
    showLoaded(place, skeletonBlock('24rem'), () => api.queueSettings(date.id, context.signal),
      (settings) => h('div', { class: 'stack-loose' }, pauseSwitch(date.id, settings), settingsForm(date.id, settings)),
      context.signal);
    return place;
  });
}

/** The one switch that staff reach for when something goes wrong, so it says what it does, and shows what is. */
export function pauseSwitch(dateId, settings) {
  const node = h('section', { class: 'card spread staff-pause', 'aria-labelledby': 'admission' });
  const show = ({ paused }) => {
    node.classList.toggle('is-paused', paused);
    const act = async () => {
      try {
        show(await (paused ? api.resumeQueue(dateId) : api.pauseQueue(dateId)));
        toast(t(paused ? 'staffQueue.resumed' : 'staffQueue.paused'), { icon: paused ? 'play' : 'pause' });
      } catch (problem) {
        toast(problem.detail ?? t('problem.internal'), { icon: 'alert' });
      }
    };
    const hadFocus = node.contains(document.activeElement);
    replace(node,
      h('div', { class: 'grow' },
        h('h2', { id: 'admission', class: 'cluster' }, icon(paused ? 'pause' : 'door', { size: 24 }),
          t(paused ? 'staffQueue.isPaused' : 'staffQueue.isOpen')),
        h('p', { class: 'soft' }, t(paused ? 'staffQueue.isPausedText' : 'staffQueue.isOpenText'))),
      button(t(paused ? 'staffQueue.resume' : 'staffQueue.pause'), act, {
        kind: paused ? 'primary' : null, icon: paused ? 'play' : 'pause',
      }));
    if (hadFocus) node.querySelector('button').focus();
  };
  show(settings);
  return node;
}

function settingsForm(dateId, settings) {
  const fields = Object.fromEntries(Object.entries(limits).map(([name, [min, max]]) => [name, field({
    id: name, type: 'number', inputmode: 'numeric', min, max, step: 1, required: true, label: t(`staffQueue.${name}`),
    hint: t(`staffQueue.${name}Hint`), '.value': settings[name],
  })]));
  const problem = formProblem();
  const submit = button(t('staff.save'), null, { kind: 'primary', type: 'submit' });
  const send = async () => {
    problem.show(null);
    const values = {};
    for (const [name, [min, max]] of Object.entries(limits)) {
      const value = fields[name].input.valueAsNumber;
      if (!Number.isInteger(value) || value < min || value > max) {
        fields[name].fail(t('staff.range', { min, max }));
        fields[name].input.focus();
        return;
      }
      values[name] = value;
    }
    try {
      await api.changeQueueSettings(dateId, values);
      toast(t('staff.saved'));
    } catch (failure) {
      if (failure.name !== 'Problem') throw failure;
      problem.show(failure.detail);
    }
  };
  return h('form', {
    class: 'card staff-form', novalidate: true,
    on: { submit: (event) => { event.preventDefault(); busy(submit, send()); } },
  }, h('h2', null, t('staffQueue.settings')), problem.node,
  h('div', { class: 'pair' }, fields.maxActive.node, fields.admitPerSecond.node),
  h('div', { class: 'pair' }, fields.activeSeconds.node, fields.seatsPerFanMax.node),
  h('div', { class: 'staff-form-actions' }, submit));
}
