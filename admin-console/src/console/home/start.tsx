import { t } from '../../design/language.ts';
import { Row, Ruled } from '../../design/ruled.tsx';
import { inWords, sentence } from '../call.ts';
import type { Step } from './steps.ts';

/** The way from an empty city to the first signed transcript: what is next, what comes later, and what is done. */
export function Start({ steps }: { readonly steps: readonly Step[] }) {
  const next = steps.find(({ isDone }) => !isDone);
  const done = steps.filter(({ isDone }) => isDone);
  const open = steps.filter(({ isDone }) => !isDone);
  return (
    <section aria-labelledby="start" class="grid gap-4 min-w-0">
      <h2 id="start">{t('Bắt đầu', 'Getting started')}</h2>
      <Ruled onMargin isOrdered>
        {open.map((step) => (
          <StepRow key={step.id} step={step} number={steps.indexOf(step) + 1} isNext={step === next} />
        ))}
      </Ruled>
      {done.length > 0 && (
        <details open={open.length > done.length}>
          <summary>
            {t(`${sentence(inWords(done.length))} bước đã xong`, `${sentence(inWords(done.length))} steps are done`)}
          </summary>
          <Ruled onMargin isOrdered isTight>
            {done.map((step) => (
              <StepRow key={step.id} step={step} number={0} isNext={false} />
            ))}
          </Ruled>
        </details>
      )}
    </section>
  );
}

function StepRow({ step, number, isNext }: { readonly step: Step; readonly number: number; readonly isNext: boolean }) {
  return (
    <Row
      mark={step.isDone ? 'good' : isNext ? number : 'later'}
      isCurrent={isNext}
      title={
        <h3 class={`inline ${isNext ? 'text-lg' : ''} ${step.isDone || isNext ? '' : 'text-quiet'}`}>
          {step.title}
          {step.isDone && <span class="sr-only">: {t('xong', 'done')}</span>}
        </h3>
      }
      note={step.note}
      act={isNext ? undefined : <Ways step={step} isQuiet />}
    >
      {isNext && (
        <div class="flex flex-wrap gap-2 mt-3">
          <Ways step={step} />
        </div>
      )}
    </Row>
  );
}

/** The forms of a step; of one that is not next the first alone, quietly. */
function Ways({ step, isQuiet }: { readonly step: Step; readonly isQuiet?: boolean }) {
  return (
    <>
      {step.ways.slice(0, isQuiet ? 1 : undefined).map(({ label, href }, way) => (
        <a
          key={href}
          href={href}
          class={`button ${isQuiet ? 'button-small button-quiet' : way === 0 ? 'button-primary' : ''}`}
          aria-label={`${label}: ${step.title}`}
        >
          {label}
        </a>
      ))}
    </>
  );
}
