/** Make an account, be logged in, and go on where the visitor was. */
import * as api from '../Page/api.js';
import { banner, busy, field } from '../Page/components.js';
import { h, replace } from '../Page/dom.js';
import { go } from '../Page/router.js';
import { pathAfter, signIn } from '../Page/session.js';
import { t } from '../Page/text.js';

const passwordLengthMin = 8;

export async function open({ query, main, title, signal }) {
  title(t('register.title'));
  const next = pathAfter(query);
  const more = query.get('next') ? `?${new URLSearchParams({ next })}` : '';

  const name = field({ id: 'name', label: t('register.name'), autocomplete: 'name', maxlength: 80, required: true });
  const email = field({
    id: 'email', label: t('login.email'), type: 'email', autocomplete: 'username', inputmode: 'email', maxlength: 254,
    required: true, autocapitalize: 'none', spellcheck: 'false', hint: t('register.emailHint'),
  });
  const password = field({
    id: 'password', label: t('login.password'), type: 'password', autocomplete: 'new-password', maxlength: 128,
    minlength: passwordLengthMin, required: true, hint: t('register.passwordHint', { n: passwordLengthMin }),
  });
  const said = h('div', { role: 'alert' });
  const submit = h('button', { type: 'submit', class: 'button button-primary button-large button-block' }, t('register.submit'));

  const register = async () => {
    replace(said);
    const account = { email: email.input.value.trim(), password: password.input.value };
    try {
      await api.register({ ...account, name: name.input.value.trim() });
      await signIn(account);
      if (!signal.aborted) go(next, { replace: true });
    } catch (problem) {
      if (problem.code === 'emailTaken') {
        email.fail(t('register.emailTaken'));
        email.input.focus();
      } else {
        replace(said, banner('danger', problem.detail));
      }
    }
  };

  replace(main, h('div', { class: 'page account-page' },
    h('div', { class: 'card account-card stack-loose' },
      h('div', { class: 'stack-tight' }, h('h1', null, t('register.heading')), h('p', { class: 'soft' }, t('register.why'))),
      h('form', {
        class: 'stack', method: 'post',
        on: { submit: (event) => { event.preventDefault(); busy(submit, register()); } },
      }, said, name.node, email.node, password.node, submit),
      h('p', { class: 'center soft' }, t('register.haveAccount'), ' ', h('a', { class: 'account-other', dataset: { history: 'replace' }, href: `/login${more}` }, t('register.logIn'))))));
}
