/** The texts of a concert, in both languages. */
import { h } from '../Page/dom.js';
import { busy, button, field } from '../Page/components.js';
import { formProblem } from '../Page/staffParts.js';
import { t } from '../Page/text.js';

const titleLengthMax = 200;
const detailsLengthMax = 5_000;

/**
 * @param {object|null} concert What the fields are filled with.
 * @param {{label: string, save: (fields: object) => Promise<void>}} submit
 */
export function concertForm(concert, { label, save }) {
  const fields = {};
  const pair = (name, { length = titleLengthMax, tag = 'input', required = false } = {}) => {
    fields[name] = {};
    return h('div', { class: 'pair' }, ['ko', 'en'].map((language) => {
      const one = field({
        id: `${name}-${language}`, tag, maxlength: length, lang: language, required: required && language === 'ko',
        label: t(`staffConcert.${name}.${language}`), '.value': concert?.[name][language] ?? '',
        autocomplete: 'off', rows: tag === 'textarea' ? 4 : null,
      });
      fields[name][language] = one;
      return one.node;
    }));
  };
  const rows = [
    pair('title', { required: true }), pair('artist'), pair('venue'),
    pair('description', { length: detailsLengthMax, tag: 'textarea' }),
  ];
  const problem = formProblem();
  const submit = button(label, null, { kind: 'primary', type: 'submit' });
  const send = async () => {
    problem.show(null);
    const title = fields.title.ko;
    if (!title.input.value.trim()) {
      title.fail(t('staffConcert.titleMissing'));
      title.input.focus();
      return;
    }
    try {
      await save(Object.fromEntries(Object.entries(fields).map(([name, { ko, en }]) => [
        name, { ko: ko.input.value.trim(), en: en.input.value.trim() || ko.input.value.trim() },
      ])));
    } catch (failure) {
      if (failure.name !== 'Problem') throw failure;
      problem.show(failure.detail);
    }
  };
  return h('form', {
    class: 'staff-form', novalidate: true,
    on: { submit: (event) => { event.preventDefault(); busy(submit, send()); } },
  }, problem.node, rows, h('p', { class: 'soft small' }, t('staffConcert.languages')),
  h('div', { class: 'staff-form-actions' }, submit));
}
