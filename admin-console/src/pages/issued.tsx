import type { IssuedLink } from '@edutrust/idp/pages';
import { Icon } from '../design/icon.tsx';
import { formatDate, t } from '../design/language.ts';
import { Row, Ruled } from '../design/ruled.tsx';

/** Documents that were issued, each to take along and to check. */
export function IssuedDocuments({ documents }: { readonly documents: readonly IssuedLink[] }) {
  if (documents.length === 0)
    return (
      <p class="text-quiet">
        {t(
          'Chưa có. Học bạ hiện ở đây khi đã ký và đóng dấu đủ.',
          'None yet. A transcript shows here once it has all its signatures.',
        )}
      </p>
    );
  return (
    <Ruled onMargin>
      {documents.map(({ title, issuedAt, filePath, verifyPath }) => (
        <Row
          key={filePath}
          mark="good"
          title={title}
          note={`${t('Phát hành', 'Issued')} ${formatDate(issuedAt)}`}
          act={
            <>
              <a class="button" href={filePath} aria-label={`${t('Tải', 'Download')}: ${title}`}>
                <Icon name="download" />
                {t('Tải', 'Download')}
              </a>
              <a class="button" href={verifyPath} aria-label={`${t('Kiểm tra', 'Check')}: ${title}`}>
                <Icon name="shield-check" />
                {t('Kiểm tra', 'Check')}
              </a>
            </>
          }
        />
      ))}
    </Ruled>
  );
}
