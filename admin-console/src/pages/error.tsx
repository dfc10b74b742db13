import type { ErrorProps } from '@edutrust/idp/pages';
import { Banner } from '../design/form.tsx';
import { Icon } from '../design/icon.tsx';
import { t } from '../design/language.ts';
import { Stack } from './document.tsx';

export function ErrorPage({ problem }: ErrorProps) {
  return (
    <Stack>
      <h1>{problem.detail}</h1>
      {problem.remedy ? (
        <Banner state="now">{problem.remedy}</Banner>
      ) : (
        problem.status === 404 && (
          <p>
            {t(
              'Có thể địa chỉ bị gõ thiếu, hoặc trang đã được chuyển đi nơi khác.',
              'The address may lack a letter, or the page has moved.',
            )}
          </p>
        )
      )}
      {problem.fields && (
        <ul class="list-disc pl-5">
          {problem.fields.map(({ pointer, detail }) => (
            <li key={pointer}>{detail}</li>
          ))}
        </ul>
      )}
      <p class="flex flex-wrap gap-3">
        <a class="button button-primary" href="/">
          <Icon name="house" />
          {t('Về trang đầu', 'To the first page')}
        </a>
      </p>
      <p class="text-sm text-quiet">
        {t(
          `Lỗi ${problem.status}. Báo cho người quản trị thì đọc mã này:`,
          `Error ${problem.status}. To report it, read out:`,
        )}{' '}
        <span class="code break-all whitespace-normal">{problem.requestId}</span>
      </p>
    </Stack>
  );
}
