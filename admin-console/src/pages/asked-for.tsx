import type { AccountProps } from '@edutrust/idp/pages';
import { formatDate, t } from '../design/language.ts';
import { Row, Ruled } from '../design/ruled.tsx';
import { DataList } from './consent.tsx';

type Asked = AccountProps['asked'][number];

const words = {
  mother: () => t('mẹ', 'your mother'),
  father: () => t('bố', 'your father'),
  guardian: () => t('người giám hộ', 'your guardian'),
} satisfies Record<Asked['waitsFor'][number], () => string>;

function waiting({ waitsFor }: Asked): string {
  if (waitsFor.length === 0)
    return t(
      'Trường chưa ghi ai là cha mẹ của em: em nhờ thầy cô chủ nhiệm. Ứng dụng chưa biết gì.',
      'The school has recorded no parent of yours: ask your teacher. The app knows nothing yet.',
    );
  const who = waitsFor.map((relation) => words[relation]()).join(t(' hoặc ', ' or '));
  return t(`Còn chờ ${who} đồng ý. Ứng dụng chưa biết gì.`, `It waits for ${who} to agree. The app knows nothing yet.`);
}

/** What a child asked for: who still has to say yes, and how to take it back. */
export function AskedFor({ asked }: Pick<AccountProps, 'asked'>) {
  if (asked.length === 0) return null;
  return (
    <Ruled>
      {asked.map((one) => (
        <Row
          key={one.withdrawAction}
          mark="later"
          said={t('Đang chờ', 'Waiting')}
          title={one.name}
          note={`${t('xin từ', 'asked on')} ${formatDate(one.askedAt)}`}
          act={
            <form method="post" action={one.withdrawAction}>
              <button type="submit" class="button w-full" aria-label={`${t('Thôi xin', 'No longer ask')}: ${one.name}`}>
                {t('Thôi xin', 'No longer ask')}
              </button>
            </form>
          }
        >
          <p>{waiting(one)}</p>
          <details>
            <summary>{t('Những điều ứng dụng sẽ biết', 'What the app would know')}</summary>
            <DataList data={one.data} />
          </details>
        </Row>
      ))}
    </Ruled>
  );
}
