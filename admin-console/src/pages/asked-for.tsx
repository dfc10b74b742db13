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
      'trường chưa ghi ai là cha mẹ: em nhờ thầy cô chủ nhiệm',
      'the school has recorded no parent: ask your teacher',
    );
  const who = waitsFor.map((relation) => words[relation]()).join(t(' hoặc ', ' or '));
  return t(`chờ ${who} đồng ý`, `waits for ${who} to agree`);
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
          note={`${t('xin từ', 'asked on')} ${formatDate(one.askedAt)}, ${waiting(one)}`}
          act={
            <form method="post" action={one.withdrawAction}>
              <button type="submit" class="button w-full" aria-label={`${t('Thôi xin', 'No longer ask')}: ${one.name}`}>
                {t('Thôi xin', 'No longer ask')}
              </button>
            </form>
          }
        >
          <p class="text-quiet">{t('Ứng dụng chưa biết gì.', 'The app knows nothing yet.')}</p>
          <details>
            <summary>{t('Những điều ứng dụng sẽ biết', 'What the app would know')}</summary>
            <DataList data={one.data} />
          </details>
        </Row>
      ))}
    </Ruled>
  );
}
