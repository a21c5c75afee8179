/** Who may see the console. A visitor logs in where they are, and what they wanted to see opens behind it. */
import { h, replace } from '../Page/dom.js';
import { button, busy, field } from '../Page/components.js';
import { mark } from '../Page/icons.js';
import { signIn, signOut, user } from '../Page/session.js';
import { formProblem } from '../Page/staffParts.js';
import { t } from '../Page/text.js';

/** The member of staff, or null: then `main` shows how to become one, and `done` is called when that has worked. */
export async function requireStaff({ main, title }, done) {
  const found = await user();
  if (found && found.role !== 'FAN') return found;
  title(t('staffLogIn.title'));
  if (found) showWrongAccount(main, found, done);
  else showForm(main, done);
  return null;
}

function showWrongAccount(main, found, done) {
  replace(main, h('div', { class: 'staff-gate' }, h('div', { class: 'card stack' },
    h('h1', null, t('staffLogIn.notStaff')),
    h('p', { class: 'soft' }, t('staffLogIn.notStaffText', { email: found.email })),
    button(t('staffLogIn.otherAccount'), async () => { await signOut(); done(); }, { kind: 'primary', block: true }),
    h('a', { class: 'button button-quiet button-block', href: '/', target: '_self' }, t('staffLogIn.toConcerts')))));
}

function showForm(main, done) {
  const email = field({
    id: 'email', label: t('staffLogIn.email'), type: 'email', autocomplete: 'username', required: true, maxlength: 254,
    inputmode: 'email', autocapitalize: 'none', spellcheck: 'false',
  });
  const password = field({
    id: 'password', label: t('staffLogIn.password'), type: 'password', autocomplete: 'current-password', required: true,
    maxlength: 200,
  });
  const problem = formProblem();
  const submit = button(t('staffLogIn.submit'), null, { kind: 'primary', block: true, large: true, type: 'submit' });
  const send = async () => {
    problem.show(null);
    try {
      await signIn({ email: email.input.value.trim(), password: password.input.value });
      done();
    } catch (failure) {
      if (failure.name !== 'Problem') console.error(failure);
      problem.show(failure.code === 'credentialsWrong' ? t('staffLogIn.wrong') : failure.detail ?? t('problem.internal'));
      password.input.select();
    }
  };
  const form = h('form', {
    class: 'card stack', on: { submit: (event) => { event.preventDefault(); busy(submit, send()); } },
  }, h('div', { class: 'staff-gate-mark' }, mark(), h('span', null, t('staff.console'))),
  h('h1', null, t('staffLogIn.title')), problem.node, email.node, password.node, submit);
  replace(main, h('div', { class: 'staff-gate' }, form));
  email.input.focus();
}
