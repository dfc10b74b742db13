import type { ErrorProps } from '@edutrust/idp/pages';
import { Banner } from '../design/form.tsx';
import { Icon } from '../design/icon.tsx';
import { t } from '../design/language.ts';
import { Stack } from './document.tsx';

export function ErrorPage({ problem }: ErrorProps) {
  return (
    <Stack>
      <p class="code text-quiet">{problem.status}</p>
      <h1>{problem.detail}</h1>
      {problem.remedy && <Banner state="now">{problem.remedy}</Banner>}
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
        {t('Mã lần gọi, để báo cho người quản trị:', 'Request id, to tell an administrator:')}{' '}
        <span class="code block break-all whitespace-normal">{problem.requestId}</span>
      </p>
    </Stack>
  );
}
