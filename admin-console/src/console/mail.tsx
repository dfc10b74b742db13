import { api, must } from '../design/api.ts';
import { locale, t } from '../design/language.ts';
import { useLoad } from '../design/load.ts';
import { Empty, Show } from '../design/show.tsx';
import { Ago, Title } from './parts.tsx';

/** Without a mail server (the demo) mail is kept here instead of being sent. */
export function Mail() {
  const [mails] = useLoad('mail', () => must(api.GET('/api/v1/mail')));
  return (
    <>
      <Title
        title={t('Thư đi', 'Mail')}
        note={t('Khi chưa cấu hình máy chủ thư, thư nằm lại đây.', 'Without a mail server, mail stays here.')}
      />
      <Show loaded={mails}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>{t('Chưa có thư nào.', 'There is no mail yet.')}</Empty>
          ) : (
            <ul class="grid gap-3">
              {items.map((mail) => (
                <li key={mail.id} class="card grid gap-1">
                  <span class="font-semibold">{mail.subject[locale()]}</span>
                  <span class="text-sm text-quiet">
                    {mail.to} · <Ago at={mail.queuedAt} />
                  </span>
                  <p class="whitespace-pre-line">{mail.body[locale()]}</p>
                </li>
              ))}
            </ul>
          )
        }
      </Show>
    </>
  );
}
