import type { LauncherProps } from '@edutrust/idp/pages';
import { Icon } from '../design/icon.tsx';
import { formatDate, t } from '../design/language.ts';
import { Row, Ruled } from '../design/ruled.tsx';
import { you } from './address.ts';

type Waiting = NonNullable<LauncherProps['waiting']>;
type Batch = Waiting['batches'][number];

/** What waits for a signature or a seal: a class opens where it is decided, the most urgent first. */
export function WaitingDocuments({ waiting, address }: { readonly waiting: Waiting } & Pick<LauncherProps, 'address'>) {
  const { count, batches, href } = waiting;
  const [only] = batches;
  const isOne = only?.count === count;
  const what = isOne ? nounOf(only) : t('tài liệu', count === 1 ? 'document' : 'documents');
  const act = actOf(batches);
  return (
    <section class="call self-start" aria-labelledby="waiting">
      <div class="flex items-center gap-4">
        <span class="big-number" aria-hidden="true">
          {count}
        </span>
        <div>
          <h2 id="waiting">
            <span class="sr-only">{count} </span>
            {t(
              `${what}${isOne && only.className ? ` lớp ${only.className}` : ''} chờ ${you(address)} ${act.vi}`,
              `${what}${isOne && only.className ? ` of ${only.className}` : ''} to ${act.en}`,
            )}
          </h2>
          {isOne && <Due batch={only} />}
        </div>
      </div>
      {isOne && <StandOut batch={only} />}
      {isOne ? (
        <Open batch={only} isFirst />
      ) : (
        <>
          <Ruled isTight>
            {batches.map((batch, index) => (
              <Row
                key={batch.href}
                mark={index === 0 ? 'now' : 'later'}
                title={nameOf(batch)}
                note={
                  <>
                    <Due batch={batch} />
                    <StandOut batch={batch} />
                  </>
                }
                act={<Open batch={batch} isFirst={index === 0} />}
              />
            ))}
          </Ruled>
          {batches.reduce((sum, batch) => sum + batch.count, 0) < count && (
            <a href={href}>{t(`Xem cả ${count} tài liệu`, `All ${count} documents`)}</a>
          )}
        </>
      )}
    </section>
  );
}

function Due({ batch: { dueAt } }: { readonly batch: Batch }) {
  return dueAt && <span class="block text-quiet">{t(`Hạn ${formatDate(dueAt)}`, `Due ${formatDate(dueAt)}`)}</span>;
}

/** Names that are said; of more, how many. */
const mostNamed = 3;

/** Whom to read closely, by name: before anybody signs a class in one tap. */
function StandOut({ batch: { standOut } }: { readonly batch: Batch }) {
  if (standOut.length === 0) return null;
  const named = standOut.slice(0, mostNamed).join(', ');
  const more = standOut.length - mostNamed;
  return (
    <span class="block">
      <span class="font-semibold">{t('Nên đọc kỹ: ', 'To read closely: ')}</span>
      {named}
      {more > 0 && t(` và ${more} em nữa`, ` and ${more} more`)}
    </span>
  );
}

function Open({ batch, isFirst }: { readonly batch: Batch; readonly isFirst: boolean }) {
  const { count, purpose, href } = batch;
  const act = actOf([batch]);
  return (
    <a class={`button justify-self-start ${isFirst ? 'button-primary' : ''}`} href={href}>
      <Icon name={purpose === 'seal' ? 'stamp' : 'pen-line'} />
      {t(`Xem và ${act.vi} ${count} ${nounOf(batch)}`, `Look at and ${act.en} ${count} ${nounOf(batch)}`)}
    </a>
  );
}

function nounOf({ isTranscripts, count }: Batch): string {
  return isTranscripts
    ? t('học bạ', count === 1 ? 'transcript' : 'transcripts')
    : t('tài liệu', count === 1 ? 'document' : 'documents');
}

function nameOf({ className, title, count }: Batch): string {
  return className === null
    ? title
    : t(`Học bạ lớp ${className}, ${count} em`, `Transcripts of ${className}, ${count} pupils`);
}

function actOf(batches: readonly Pick<Batch, 'purpose'>[]): { readonly vi: string; readonly en: string } {
  const purposes = new Set(batches.map(({ purpose }) => purpose));
  if (purposes.size > 1) return { vi: 'ký và đóng dấu', en: 'sign and seal' };
  return purposes.has('seal') ? { vi: 'đóng dấu', en: 'seal' } : { vi: 'ký', en: 'sign' };
}
