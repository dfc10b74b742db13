import { api, must } from '../design/api.ts';
import { Icon } from '../design/icon.tsx';
import { t } from '../design/language.ts';
import { useLoad } from '../design/load.ts';

/** The three places of the phone, with how much waits. */
export function Tabs({ at }: { readonly at: 'inbox' | 'signed' | 'device' }) {
  const [count] = useLoad('count', () => must(api.GET('/api/v1/signing/inbox/count')));
  const waiting = count.state === 'ready' ? count.data.toSign + count.data.toSeal : 0;
  const tabs = [
    ['inbox', '/sign/', 'inbox', t('Chờ ký', 'Waiting')],
    ['signed', '/sign/signed', 'scroll-text', t('Đã ký', 'Signed')],
    ['device', '/sign/device', 'smartphone', t('Máy này', 'This phone')],
  ] as const;
  return (
    <nav class="phone-tabs" aria-label={t('Các mục của ký số', 'Places of signing')}>
      {tabs.map(([key, href, icon, label]) => (
        <a key={key} href={href} aria-current={key === at ? 'page' : undefined}>
          <Icon name={icon} />
          {label}
          {key === 'inbox' && waiting > 0 && <span class="count">{waiting}</span>}
        </a>
      ))}
    </nav>
  );
}
