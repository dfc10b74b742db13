import { api, must } from '../design/api.ts';
import { locale, t } from '../design/language.ts';
import { useLoad } from '../design/load.ts';
import { Row, Ruled } from '../design/ruled.tsx';
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
            <Empty icon="mail">{t('Chưa có thư nào.', 'There is no mail yet.')}</Empty>
          ) : (
            <Ruled onMargin>
              {items.map((mail) => (
                <Row
                  key={mail.id}
                  title={mail.subject[locale()]}
                  note={
                    <span class="text-sm">
                      {mail.to} · <Ago at={mail.queuedAt} />
                    </span>
                  }
                >
                  <p class="whitespace-pre-line mt-2 max-w-[70ch]">{mail.body[locale()]}</p>
                </Row>
              ))}
            </Ruled>
          )
        }
      </Show>
    </>
  );
}
