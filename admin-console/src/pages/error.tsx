import type { ErrorProps } from '@edutrust/idp/pages';
import { t } from '../design/language.ts';
import { Stack } from './document.tsx';

export function ErrorPage({ problem }: ErrorProps) {
  return (
    <Stack>
      <h1>{problem.title}</h1>
      <p>{problem.detail}</p>
      {problem.remedy && <p class="card">{problem.remedy}</p>}
      {problem.fields && (
        <ul class="list-disc pl-5">
          {problem.fields.map(({ pointer, detail }) => (
            <li key={pointer}>{detail}</li>
          ))}
        </ul>
      )}
      <a class="button" href="/">
        {t('Về trang đầu', 'To the first page')}
      </a>
      <p class="text-sm text-quiet">
        {t('Mã lần gọi, để báo cho người quản trị:', 'Request id, to tell an administrator:')}{' '}
        <span class="number break-all whitespace-normal">{problem.requestId}</span>
      </p>
    </Stack>
  );
}
