import { api, must } from '../design/api.ts';
import { Banner } from '../design/form.tsx';
import { Icon } from '../design/icon.tsx';
import { t } from '../design/language.ts';
import { useAction, useLoad } from '../design/load.ts';

const canBeTold = () => 'serviceWorker' in navigator && 'PushManager' in globalThis && 'Notification' in globalThis;

interface Standing {
  readonly key: string;
  readonly isTold: boolean;
  readonly isForbidden: boolean;
}

/** Of a browser that has no push, undefined: nothing is offered there. */
async function standing(): Promise<Standing | undefined> {
  if (!canBeTold()) return undefined;
  const subscription = await (await navigator.serviceWorker.ready).pushManager.getSubscription();
  const query = subscription ? { endpoint: subscription.endpoint } : {};
  const { applicationServerKey: key, isTold } = await must(api.GET('/api/v1/signing/push', { params: { query } }));
  return { key, isTold, isForbidden: Notification.permission === 'denied' };
}

/**
 * Whether this browser says when something waits, to switch on and off. The browser's own question comes only after a tap. `isQuiet`: nothing where
 * nothing is to be done.
 */
export function Reminders({ isQuiet = false }: { readonly isQuiet?: boolean }) {
  const [told, reload] = useLoad('push', standing);
  const { isBusy, error, run } = useAction();
  if (told.state !== 'ready' || !told.data) return null;
  const { key, isTold, isForbidden } = told.data;
  if (isQuiet && (isTold || isForbidden)) return null;
  const start = () =>
    run(async () => {
      await subscribe(key);
      reload();
    });
  const end = () =>
    run(async () => {
      await unsubscribe();
      reload();
    });
  return (
    <section class="grid gap-2 justify-items-start" aria-label={t('Nhắc khi có hồ sơ chờ ký', 'Reminders')}>
      {error && <Banner state="bad">{error}</Banner>}
      {isForbidden ? (
        <p class="text-sm text-quiet">
          {t(
            'Trình duyệt đang chặn thông báo của trang này. Mở lại trong phần cài đặt của trình duyệt thì được nhắc khi có hồ sơ chờ ký.',
            'The browser blocks notifications of this page. Allow them in its settings to be told when something waits.',
          )}
        </p>
      ) : isTold ? (
        <>
          <p class="state state-good">
            <Icon name="bell" />
            {t('Máy này báo khi có hồ sơ chờ ký', 'This device says when something waits')}
          </p>
          <button type="button" class="button button-quiet px-0!" disabled={isBusy} onClick={end}>
            {t('Thôi báo trên máy này', 'Stop telling me here')}
          </button>
        </>
      ) : (
        <>
          <button type="button" class="button min-h-12" disabled={isBusy} onClick={start}>
            <Icon name="bell" />
            {t('Báo trên máy này khi có hồ sơ chờ ký', 'Tell me on this device when something waits')}
          </button>
          <p class="text-sm text-quiet">
            {t('Chỉ báo số hồ sơ, không ghi tên ai.', 'It says how many, and names nobody.')}
          </p>
        </>
      )}
    </section>
  );
}

async function subscribe(key: string): Promise<void> {
  if ((await Notification.requestPermission()) !== 'granted') return;
  const { pushManager } = await navigator.serviceWorker.ready;
  // One of another key, of before the installation was set up anew, would never be reached.
  await (await pushManager.getSubscription())?.unsubscribe();
  const made = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const { endpoint, keys } = made.toJSON();
  if (!endpoint || !keys?.p256dh || !keys.auth) throw new Error(t('Trình duyệt không cho.', 'The browser refused.'));
  const body = { endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth } };
  await must(api.PUT('/api/v1/signing/push/subscription', { body }));
}

async function unsubscribe(): Promise<void> {
  const subscription = await (await navigator.serviceWorker.ready).pushManager.getSubscription();
  if (!subscription) return;
  await must(api.POST('/api/v1/signing/push/subscription/end', { body: { endpoint: subscription.endpoint } }));
  await subscription.unsubscribe();
}
