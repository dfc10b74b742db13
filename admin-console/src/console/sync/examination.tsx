import { useState } from 'preact/hooks';
import { api, must } from '../../design/api.ts';
import { Banner } from '../../design/form.tsx';
import { t } from '../../design/language.ts';
import { useAction } from '../../design/load.ts';
import { Row, type RowMark, Ruled } from '../../design/ruled.tsx';
import type { paths } from '../../generated/api.d.ts';

type Findings = paths['/api/v1/sync/targets/{id}/findings']['get']['responses']['200']['content']['application/json'];
type Finding = Findings['items'][number];

/** Asks the target itself, step by step, and says of each what to do. Nothing is written there. */
export function Examination({ targetId: id }: { readonly targetId: string }) {
  const [found, setFound] = useState<readonly Finding[]>();
  const { isBusy, error, run } = useAction();
  const examine = () =>
    run(async () =>
      setFound((await must(api.GET('/api/v1/sync/targets/{id}/findings', { params: { path: { id } } }))).items),
    );
  return (
    <section class="grid gap-4 min-w-0" aria-labelledby="examination">
      <h2 id="examination">{t('Đích có ổn không?', 'Is the target well?')}</h2>
      {error && <Banner state="bad">{error}</Banner>}
      {found && (
        <div aria-live="polite">
          <Ruled isOrdered isTight label={t('Từng bước', 'Step by step')}>
            {found.map(({ step, state, sentence, next }) => (
              <Row
                key={`${step} ${sentence}`}
                mark={marks[state]}
                said={saidOf(state)}
                title={sentence}
                note={next && <span class="text-sm break-words">{next}</span>}
              />
            ))}
          </Ruled>
        </div>
      )}
      <button type="button" class="button justify-self-start" disabled={isBusy} onClick={examine}>
        {isBusy ? t('Đang khám…', 'Looking…') : found ? t('Khám lại', 'Look again') : t('Khám đích', 'Examine it')}
      </button>
    </section>
  );
}

const marks: Readonly<Record<Finding['state'], RowMark>> = { good: 'good', warning: 'warn', bad: 'bad' };

function saidOf(state: Finding['state']): string {
  const words = { good: t('được', 'fine'), warning: t('cần xem', 'look'), bad: t('hỏng', 'failed') };
  return words[state];
}
