import type { ComponentChildren } from 'preact';
import { Icon } from '../../design/icon.tsx';
import { t } from '../../design/language.ts';
import { State } from '../../design/mark.tsx';
import { Row, type RowMark, Ruled } from '../../design/ruled.tsx';
import { useMay } from '../me.ts';
import { Ago } from '../parts.tsx';
import { type SigningRequest, stateName } from './views.ts';

/** Documents as they were sent: those of a class, one beneath the other, have its name once above them. */
export function Requests({
  requests,
  label,
  act,
}: {
  readonly requests: readonly SigningRequest[];
  readonly label: string;
  readonly act?: (one: SigningRequest) => ComponentChildren;
}) {
  return (
    <>
      {inClasses(requests).map((together) => {
        const [first] = together;
        const ofClass = first?.className && together.length > 1 ? first : undefined;
        const heading = ofClass && `${t('Lớp', 'Class')} ${ofClass.className} · ${ofClass.organisation.name}`;
        return (
          <section key={first?.id} class="grid gap-4 min-w-0" aria-label={heading ?? label}>
            {heading && first && (
              <div class="flex flex-wrap items-baseline justify-between gap-x-6 gap-y-1">
                <h2>{heading}</h2>
                <p class="text-sm text-quiet">
                  {t('trình', 'requested')} <Ago at={first.createdAt} />
                </p>
              </div>
            )}
            <Ruled onMargin label={heading ?? label} isTight={heading !== undefined}>
              {together.map((one) => (
                <RequestRow key={one.id} one={one} isInClass={heading !== undefined} act={act?.(one)} />
              ))}
            </Ruled>
          </section>
        );
      })}
    </>
  );
}

/** In the order of the list; a class that comes again later has its heading again. */
function inClasses(requests: readonly SigningRequest[]): SigningRequest[][] {
  const groups: SigningRequest[][] = [];
  for (const one of requests) {
    const last = groups.at(-1);
    const before = last?.[0];
    const isSame = before && before.classId === one.classId && before.organisation.id === one.organisation.id;
    if (last && isSame) last.push(one);
    else groups.push([one]);
  }
  return groups;
}

/** One document with its way: who has signed, whose turn it is, and what the signer reads on both screens. */
function RequestRow({
  one,
  isInClass,
  act,
}: {
  readonly one: SigningRequest;
  /** School and class stand above it. */
  readonly isInClass: boolean;
  readonly act: ComponentChildren;
}) {
  const mayCopy = useMay('signing.copy');
  return (
    <Row
      mark={marks[one.state]}
      title={
        <span class={isInClass ? 'lg:grid lg:grid-cols-[15rem_1fr] lg:items-baseline lg:gap-x-6' : ''}>
          <a href={`/api/v1/signing/requests/${one.id}/document`} class="no-underline text-ink hover:underline">
            {(isInClass && one.subject?.fullName) || one.title}
          </a>
          {isInClass && <Steps steps={one.steps} />}
        </span>
      }
      note={
        <>
          {!isInClass && (
            <>
              <span class="block text-sm">
                {one.organisation.name} · {t('trình', 'requested')} <Ago at={one.createdAt} />
              </span>
              <Steps steps={one.steps} />
            </>
          )}
          {one.reason && <span class="block text-sm text-bad">{one.reason}</span>}
        </>
      }
      act={
        <>
          {one.code4 && (
            <span class="text-sm text-quiet">
              {t('mã trên hai màn hình', 'code on both screens')} <b class="number text-lg text-ink">{one.code4}</b>
            </span>
          )}
          <span class={isInClass && one.state === 'waiting' ? 'max-lg:hidden' : ''}>
            <RequestState state={one.state} />
          </span>
          {one.state === 'issued' && one.format === 'PAdES' && one.kind !== 'extract' && mayCopy && (
            <a class="button" href={`/admin/signing/${one.id}/copies`}>
              {t('In, trích', 'Copies')}
            </a>
          )}
          {act}
        </>
      }
    />
  );
}

/** Who signs, in order, and how far it is. */
function Steps({ steps }: Pick<SigningRequest, 'steps'>) {
  return (
    <span class="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm font-normal max-lg:mt-1">
      {steps.map((step) => (
        <span key={`${step.role} ${step.title}`} class={`inline-flex items-center gap-1.5 ${stepLooks[step.state]}`}>
          <Icon name={stepIcons[step.state]} />
          {step.person?.fullName ?? step.title}
        </span>
      ))}
    </span>
  );
}

const marks: Readonly<Record<SigningRequest['state'], RowMark>> = {
  waiting: 'now',
  signed: 'now',
  issued: 'good',
  rejected: 'bad',
  replaced: 'dot',
  revoked: 'bad',
  withdrawn: 'dot',
};
const stepIcons = {
  pending: 'circle-dashed',
  due: 'pen-line',
  done: 'check',
  rejected: 'x',
  cancelled: 'x',
} as const;
const stepLooks = {
  pending: 'text-quiet',
  due: 'text-accent font-semibold',
  done: 'text-good',
  rejected: 'text-bad',
  cancelled: 'text-quiet',
} as const;

const stateLooks = {
  waiting: 'now',
  signed: 'now',
  issued: 'good',
  rejected: 'bad',
  replaced: 'plain',
  revoked: 'bad',
  withdrawn: 'plain',
} as const;

/** How far a document is. */
export const RequestState = ({ state }: Pick<SigningRequest, 'state'>) => (
  <State state={stateLooks[state]}>{stateName(state)}</State>
);
