/** When a date starts and sells; calling it off; deleting one that never sold. */
import { h } from '../Page/dom.js';
import { ask, busy, button, toast } from '../Page/components.js';
import { go } from '../Page/router.js';
import { formProblem } from '../Page/staffParts.js';
import * as api from '../Page/staffApi.js';
import { t } from '../Page/text.js';
import { openDate } from './StaffDateFrame.js';
import { timeFields } from './StaffDateList.js';

export async function open(context) {
  await openDate(context, 'times', (date, concert, showHead) => h('div', { class: 'stack-loose' },
    timesForm(date, showHead), dangerZone(date, concert)));
}

function timesForm(date, showHead) {
  const times = timeFields(date);
  const problem = formProblem();
  const submit = button(t('staff.save'), null, { kind: 'primary', type: 'submit' });
  const send = async () => {
    problem.show(null);
    const fields = times.read();
    if (!fields) return;
    try {
      showHead(await api.changeDate(date.id, fields));
      toast(t('staff.saved'));
    } catch (failure) {
      if (failure.name !== 'Problem') throw failure;
      problem.show(failure.detail);
    }
  };
  return h('form', {
    class: 'card staff-form', novalidate: true,
    on: { submit: (event) => { event.preventDefault(); busy(submit, send()); } },
  }, h('h2', null, t('staffDate.times')), problem.node, times.node,
  h('p', { class: 'soft small' }, t('staffTimes.seed')), h('div', { class: 'staff-form-actions' }, submit));
}

function dangerZone(date, concert) {
  const confirm = (name) => ask({
    title: t(`staffTimes.${name}Title`), body: t(`staffTimes.${name}Text`),
    actions: [
      { label: t('staff.back'), value: null },
      { label: t(`staffTimes.${name}`), value: 'yes', kind: name === 'restore' ? 'primary' : 'danger-primary' },
    ],
  });
  const attempt = async (act, said) => {
    try {
      await act();
      toast(said);
      return true;
    } catch (problem) {
      toast(problem.detail ?? t('problem.internal'), { icon: 'alert' });
      return false;
    }
  };
  const { startsAt, saleOpensAt, saleClosesAt } = date;
  const isCancelled = date.status === 'CANCELLED';
  const name = isCancelled ? 'restore' : 'cancel';
  const cancel = button(t(`staffTimes.${name}`), async () => {
    if (!await confirm(name)) return;
    const fields = { startsAt, saleOpensAt, saleClosesAt, cancelled: !isCancelled };
    if (await attempt(() => api.changeDate(date.id, fields), t(`staffTimes.${name}Done`))) {
      await go(location.pathname, { replace: true });
    }
  }, { kind: isCancelled ? null : 'danger' });
  const remove = button(t('staffTimes.delete'), async () => {
    if (!await confirm('delete')) return;
    if (await attempt(() => api.deleteDate(date.id), t('staffTimes.deleteDone'))) {
      await go(`/staff/concerts/${concert.id}`, { replace: true });
    }
  }, { kind: 'danger' });
  return h('section', { class: 'card stack', 'aria-labelledby': 'danger' },
    h('h2', { id: 'danger' }, t('staffTimes.danger')), h('p', { class: 'soft' }, t('staffTimes.dangerText')),
    h('div', { class: 'cluster' }, cancel, remove));
}
