/**
 * On a shared computer the session ends unused. A minute before, the page asks whether somebody is still there (WCAG 2.2
 * §2.2.1); without an answer it signs out, so that the next child finds nobody's page. A page that nobody sees, because
 * the child works in an app, ends nothing: the server's own clock does that.
 */
const warningSeconds = 60;

export function watchIdle(idleSeconds: number, pick: (vi: string, en: string) => string): void {
  let endsAt = Date.now() + idleSeconds * 1000;
  let dialog: HTMLDialogElement | undefined;
  const left = document.createElement('strong');

  const stay = async () => {
    // Any question of the person keeps the session; this one is small.
    const answer = await fetch('/api/v1/account', { headers: { accept: 'application/json' } }).catch(() => undefined);
    if (answer?.status === 401) return location.reload();
    endsAt = Date.now() + idleSeconds * 1000;
    dialog?.remove();
    dialog = undefined;
  };

  const leave = () => {
    const signOut = document.querySelector<HTMLFormElement>('form[data-sign-out]');
    if (signOut) signOut.requestSubmit();
    else location.reload(); // the server sends people who are no longer signed in to sign in
  };

  const warn = () => {
    dialog = document.createElement('dialog');
    dialog.className = 'dialog text-center';
    dialog.setAttribute('role', 'alertdialog');
    const title = document.createElement('h2');
    title.textContent = pick('Vẫn còn ở đây chứ?', 'Still here?');
    const words = document.createElement('p');
    words.append(pick('Sẽ tự đăng xuất sau ', 'Signing out in '), left, pick(' giây.', ' seconds.'));
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'button button-primary button-big';
    button.textContent = pick('Tôi vẫn ở đây', 'I am still here');
    button.addEventListener('click', stay);
    dialog.addEventListener('cancel', (event) => {
      event.preventDefault();
      stay();
    });
    title.id = 'idle';
    dialog.setAttribute('aria-labelledby', 'idle');
    dialog.append(title, words, button);
    document.body.append(dialog);
    dialog.showModal();
  };

  setInterval(() => {
    if (document.hidden) return;
    const seconds = Math.ceil((endsAt - Date.now()) / 1000);
    if (seconds <= 0) return leave();
    if (seconds > warningSeconds) return;
    if (!dialog) warn();
    left.textContent = String(seconds);
  }, 1000);
}
