/** Log in, and go on where the visitor was. */
import { banner, busy, field } from '../Page/components.js';
import { h, replace } from '../Page/dom.js';
import { go } from '../Page/router.js';
import { pathAfter, signIn, signedIn, user } from '../Page/session.js';
import { t } from '../Page/text.js';

export async function open({ query, main, title, signal }) {
  title(t('login.title'));
  const next = pathAfter(query);
  if (signedIn() && await user().catch(() => null)) {
    if (!signal.aborted) go(next, { replace: true });
    return;
  }

  const email = field({
    id: 'email', label: t('login.email'), type: 'email', autocomplete: 'username', inputmode: 'email', maxlength: 254,
    required: true, autocapitalize: 'none', spellcheck: 'false',
  });
  const password = field({
    id: 'password', label: t('login.password'), type: 'password', autocomplete: 'current-password', maxlength: 128,
    required: true,
  });
  const said = h('div', { role: 'alert' });
  const submit = h('button', { type: 'submit', class: 'button button-primary button-large button-block' }, t('login.submit'));

  const logIn = async () => {
    replace(said);
    try {
      await signIn({ email: email.input.value.trim(), password: password.input.value });
      // Where the visitor goes is opened anew, and going back does not lead to this form.
      if (!signal.aborted) go(next, { replace: true });
    } catch (problem) {
      replace(said, banner('danger', problem.code === 'credentialsWrong' ? t('login.wrong') : problem.detail));
      if (problem.code === 'credentialsWrong') password.input.select();
    }
  };

  const more = query.get('next') ? `?${new URLSearchParams({ next })}` : '';
  replace(main, h('div', { class: 'page account-page' },
    h('div', { class: 'card account-card stack-loose' },
      h('div', { class: 'stack-tight' }, h('h1', null, t('login.heading')),
        query.get('next') && h('p', { class: 'soft' }, t('login.comeBack'))),
      h('form', {
        class: 'stack', method: 'post',
        on: { submit: (event) => { event.preventDefault(); busy(submit, logIn()); } },
      }, said, email.node, password.node, submit),
      h('p', { class: 'center soft' }, t('login.noAccount'), ' ', h('a', { class: 'account-other', dataset: { history: 'replace' }, href: `/register${more}` }, t('login.register'))))));
}
