import { api, must } from '../../design/api.ts';
import { Icon } from '../../design/icon.tsx';
import { formatNumber, t } from '../../design/language.ts';
import { useLoad } from '../../design/load.ts';
import { Row, Ruled } from '../../design/ruled.tsx';

/** So many odd ones are named; the phone shows all of them first. */
const mostNamed = 5;

/** What waits for the signer who looks: how many, and first those where something stands out, with what it is. */
export function OwnQueue() {
  const [loaded] = useLoad('own queue', async () => {
    const [inbox, unusual] = await Promise.all([
      must(api.GET('/api/v1/signing/inbox')),
      must(api.GET('/api/v1/signing/inbox/unusual')),
    ]);
    return { waiting: inbox.items, odd: unusual.items };
  });
  if (loaded.state !== 'ready' || loaded.data.waiting.length === 0) return null;
  const { waiting, odd } = loaded.data;
  const titleOf = new Map(waiting.map(({ id, title }) => [id, title]));
  const named = odd.filter(({ requestId }) => titleOf.has(requestId));
  return (
    <section class="grid gap-4" aria-labelledby="own-queue">
      <div class="flex flex-wrap gap-4 items-center justify-between">
        <h2 id="own-queue">
          {t(
            `${formatNumber(waiting.length)} tài liệu chờ anh/chị ký`,
            `${formatNumber(waiting.length)} documents wait for your signature`,
          )}
        </h2>
        <a class="button button-primary" href="/sign/">
          <Icon name="pen-line" />
          {t('Đọc và ký', 'Read and sign')}
        </a>
      </div>
      {named.length > 0 && (
        <>
          <p class="text-quiet">
            {t(
              `${formatNumber(named.length)} tài liệu khác thường, nên đọc trước:`,
              `${formatNumber(named.length)} stand out and are read first:`,
            )}
          </p>
          <Ruled onMargin isTight>
            {named.slice(0, mostNamed).map(({ requestId, findings }) => (
              <Row
                key={requestId}
                mark="warn"
                said={t('nên đọc', 'read first')}
                title={titleOf.get(requestId)}
                note={findings.map(({ detail }) => detail).join(' ')}
              />
            ))}
          </Ruled>
        </>
      )}
    </section>
  );
}
