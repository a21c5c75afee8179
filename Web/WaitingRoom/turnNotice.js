/** Tells a fan who looks elsewhere that the turn has come: by the window's title, and by a notice if they want one. */
import { button, toast } from '../Page/components.js';
import { h, replace } from '../Page/dom.js';
import { t } from '../Page/text.js';

export function turnNotice(signal) {
  const node = h('div', null);
  const isPossible = 'Notification' in window && isSecureContext;
  let isWanted = isPossible && Notification.permission === 'granted';

  function show() {
    replace(node, isPossible && Notification.permission === 'default'
      && button(t('waiting.notify'), request, { icon: 'info' }));
  }

  async function request() {
    isWanted = await Notification.requestPermission() === 'granted';
    if (!signal.aborted) show();
    toast(t(isWanted ? 'waiting.notifyOn' : 'waiting.notifyOff'), { icon: isWanted ? 'check' : 'info' });
  }

  show();
  return {
    node,
    tell: (title, text) => {
      if (!document.hidden) return;
      document.title = title;
      navigator.vibrate?.(300);
      // Some phones have the class, and refuse to make one outside a service worker.
      try {
        if (isWanted) new Notification(title, { body: text, tag: 'jari.turn' }).onclick = () => { window.focus(); };
      } catch {
        isWanted = false;
      }
    },
  };
}
