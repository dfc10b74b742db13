import { t } from '../../design/language.ts';
import { StateShape } from '../../design/mark.tsx';
import type { Step } from './steps.ts';

/** The way from an empty city to the first signed transcript: what is done, what is next, what comes later. */
export function Start({ steps }: { readonly steps: readonly Step[] }) {
  const next = steps.find(({ isDone }) => !isDone);
  return (
    <section aria-labelledby="start" class="grid gap-3">
      <h2 id="start">{t('Bắt đầu', 'Getting started')}</h2>
      <ol class="ruled">
        {steps.map((step, index) => (
          <li key={step.id} class="grid gap-3" aria-current={step === next ? 'step' : undefined}>
            <span
              class={`mark ${step.isDone ? 'mark-good' : step === next ? 'mark-now' : 'mark-later'}`}
              aria-hidden="true"
            >
              {step.isDone ? <StateShape state="good" /> : index + 1}
            </span>
            <div>
              <h3>
                {step.title}
                {step.isDone && <span class="sr-only">: {t('xong', 'done')}</span>}
              </h3>
              <p class="text-quiet">{step.note}</p>
            </div>
            <div class="flex flex-wrap gap-2">
              {step.ways.map(({ label, href }, way) => (
                <a
                  key={href}
                  href={href}
                  class={`button ${step === next && way === 0 ? 'button-primary' : ''} ${step.isDone ? 'button-quiet' : ''}`}
                  aria-label={`${label}: ${step.title}`}
                >
                  {label}
                </a>
              ))}
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}
