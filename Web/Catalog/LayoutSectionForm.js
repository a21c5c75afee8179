/** The fields of one section. Each change shows on the canvas at once; what cannot be is said under the field. */
import { h } from '../Page/dom.js';
import { button, field } from '../Page/components.js';
import { select, toggle } from '../Page/staffParts.js';
import { t } from '../Page/text.js';
import { aislesIn, aislesText, blockedIn, blockedText } from './LayoutText.js';

const numbers = {
  rows: { min: 1, max: 200, step: 1 },
  seatsPerRow: { min: 1, max: 200, step: 1 },
  distance: { min: 0, max: 10_000, step: 0.5 },
  angle: { min: -360, max: 360, step: 0.5 },
  shift: { min: -10_000, max: 10_000, step: 0.5 },
  rowSpacing: { min: 0.5, max: 10, step: 0.1 },
  firstRow: { min: 0, max: 10_000, step: 1 },
  firstNumber: { min: 0, max: 10_000, step: 1 },
};

/**
 * @param {object} section
 * @param {string[]} grades
 * @param {object} on
 * @param {(changes: object) => void} on.change
 * @param {Record<string, () => void>} on.acts What the buttons do: duplicate, mirror, earlier, later, remove.
 */
export function sectionForm(section, grades, { change, acts }) {
  const fields = {};
  const add = (name, one) => {
    fields[name] = one;
    return one.node;
  };
  const number = (name) => add(name, field({
    id: `section-${name}`, type: 'number', inputmode: 'decimal', label: t(`staffLayout.${name}`), ...numbers[name],
    '.value': section[name],
    on: { input: ({ target }) => { if (Number.isFinite(target.valueAsNumber)) change({ [name]: target.valueAsNumber }); } },
  }));
  const typed = (name, value, read) => add(name, field({
    id: `section-${name}`, label: t(`staffLayout.${name}`), hint: t(`staffLayout.${name}Hint`), '.value': value,
    autocomplete: 'off', spellcheck: 'false',
    on: {
      input: ({ target }) => {
        const found = read(target.value);
        // The field takes its error back by itself at every key.
        if (found) change({ [name]: found });
        else queueMicrotask(() => fields[name].fail(t('staffLayout.unreadable')));
      },
    },
  }));
  const shift = number('shift');
  const curved = toggle({
    id: 'section-curved', label: t('staffLayout.curved'), hint: t('staffLayout.curvedHint'), checked: section.curved,
    on: { change: ({ target }) => { change({ curved: target.checked }); shift.hidden = target.checked; } },
  });
  shift.hidden = section.curved;
  const fromRight = toggle({
    id: 'section-fromRight', label: t('staffLayout.numbersFromRight'), checked: section.numbersFromRight,
    on: { change: ({ target }) => change({ numbersFromRight: target.checked }) },
  });
  const name = add('name', field({
    id: 'section-name', label: t('staffLayout.name'), '.value': section.name, maxlength: 40, autocomplete: 'off',
    on: { input: ({ target }) => change({ name: target.value.trim() }) },
  }));
  const grade = select({
    id: 'section-grade', label: t('staffLayout.grade'), value: section.grade,
    options: [...new Set([...grades, section.grade])].map((one) => ({ value: one, label: one })),
    on: { change: ({ target }) => change({ grade: target.value }) },
  });
  fields.grade = { ...grade, fail: () => {} };
  const act = (key, kind) => button(t(`staffLayout.${key}`), acts[key], { kind });
  const pair = (...nodes) => h('div', { class: 'pair' }, nodes);
  const node = h('form', { class: 'staff-form layout-form', on: { submit: (event) => event.preventDefault() } },
    pair(name, grade.node), pair(number('rows'), number('seatsPerRow')),
    curved.node, pair(number('distance'), number('angle')), pair(number('rowSpacing'), shift),
    h('details', { open: hasDetails(section) },
      h('summary', null, t('staffLayout.numbering')),
      h('div', { class: 'staff-form' }, pair(number('firstRow'), number('firstNumber')), fromRight.node,
        typed('aislesAfter', aislesText(section.aislesAfter), aislesIn),
        typed('blocked', blockedText(section.blocked), blockedIn))),
    h('div', { class: 'staff-form-actions' }, act('duplicate'), act('mirror'), act('earlier'), act('later'),
      act('remove', 'danger')));
  return { node, fields };
}

/** Whether the section has anything that the folded part would hide. */
function hasDetails({ firstRow, firstNumber, numbersFromRight, aislesAfter, blocked }) {
  return firstRow !== 1 || firstNumber !== 1 || numbersFromRight || aislesAfter.length > 0 || blocked.length > 0;
}
