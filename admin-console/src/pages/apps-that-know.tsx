import type { Datum } from '@edutrust/idp/pages';
import { formatDate, t } from '../design/language.ts';
import { Row, Ruled } from '../design/ruled.tsx';
import { DataList } from './consent.tsx';

interface App {
  readonly name: string;
  /** ISO 8601. */
  readonly since: string;
  readonly data: readonly Datum[];
  /** Form without fields; null when the school approved the app. */
  readonly withdrawAction: string | null;
  /** The signed receipt; null for what is not the reader's to prove. */
  readonly receiptPath: string | null;
}

/** Which apps know what of a person, since when, and by whose word; what was agreed to can be withdrawn. */
export function AppsThatKnow({ apps, whose }: { readonly apps: readonly App[]; readonly whose?: string }) {
  if (apps.length === 0) return <p class="text-quiet">{t('Chưa có ứng dụng nào.', 'No app yet.')}</p>;
  return (
    <Ruled>
      {apps.map(({ name, since, data, withdrawAction, receiptPath }) => (
        <Row
          key={name}
          title={name}
          note={`${
            withdrawAction
              ? t('đã đồng ý từ', 'agreed to since')
              : t('trường duyệt, dùng từ', 'approved by the school, used since')
          } ${formatDate(since)}`}
          act={
            withdrawAction && (
              <form method="post" action={withdrawAction}>
                <button
                  type="submit"
                  class="button w-full"
                  aria-label={[`${t('Rút lại', 'Withdraw')}: ${name}`, whose].filter(Boolean).join(', ')}
                >
                  {t('Rút lại', 'Withdraw')}
                </button>
              </form>
            )
          }
        >
          <details>
            <summary>{t('Những điều ứng dụng biết', 'What the app knows')}</summary>
            <DataList data={data} />
          </details>
          {receiptPath && (
            <a href={receiptPath} download class="inline-block py-1 text-sm">
              {t('Giấy xác nhận (PDF)', 'Receipt (PDF)')}
              <span class="sr-only">{`: ${[name, whose].filter(Boolean).join(', ')}`}</span>
            </a>
          )}
        </Row>
      ))}
    </Ruled>
  );
}
