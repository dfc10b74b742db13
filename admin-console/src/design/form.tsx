import type { ComponentChildren, ComponentProps } from 'preact';
import { Icon } from './icon.tsx';
import { formatLongDay } from './language.ts';
import { StateShape } from './mark.tsx';

/** Kinds of input that are a line of text: their ARIA role is their own. */
type TextType = 'text' | 'password' | 'date' | 'email' | 'url' | 'search' | 'number' | 'tel';

interface FieldProps
  extends Labels,
    Omit<ComponentProps<'input'>, 'name' | 'label' | 'id' | 'class' | 'role' | 'type'> {
  readonly type?: TextType;
}

/** What every field has besides itself: its label, its hint and its error, tied to it for screen readers. */
interface Labels {
  readonly label: string;
  readonly name: string;
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
}

function Labelled({
  label,
  name,
  hint,
  error,
  children,
}: Labels & {
  readonly children: (tied: {
    readonly id: string;
    readonly name: string;
    readonly class: 'control';
    readonly 'aria-invalid': 'true' | undefined;
    readonly 'aria-describedby': string | undefined;
  }) => ComponentChildren;
}) {
  const describedBy = [hint && `${name}-hint`, error && `${name}-error`].filter(Boolean).join(' ');
  return (
    <div class="grid grid-cols-1 content-start gap-1.5">
      <label for={name} class="font-semibold">
        {label}
      </label>
      {children({
        id: name,
        name,
        class: 'control',
        'aria-invalid': error ? 'true' : undefined,
        'aria-describedby': describedBy || undefined,
      })}
      <Hints name={name} hint={hint} error={error} />
    </div>
  );
}

/** A labelled input. A date is typed in the order of the browser's own language: what was meant stands below it in ours. */
export function Field({ label, name, error, hint, type = 'text', ...input }: FieldProps) {
  const readBack = type === 'date' && typeof input.value === 'string' ? dayInWords(input.value) : undefined;
  return (
    <Labelled label={label} name={name} hint={readBack ?? hint} error={error}>
      {(tied) => {
        const attributes = { ...input, ...tied, type } as ComponentProps<'input'>; // preact's union of roles by input type takes no spread
        return <input {...attributes} />;
      }}
    </Labelled>
  );
}

const dayInWords = (value: string) => (Number.isNaN(Date.parse(value)) ? undefined : formatLongDay(value));

/** A labelled text of several lines. */
export function Lines({
  value,
  rows = 3,
  onInput,
  ...labels
}: Labels & {
  readonly value: string;
  readonly rows?: number;
  readonly onInput: (event: { readonly currentTarget: { readonly value: string } }) => void;
}) {
  return (
    <Labelled {...labels}>{(tied) => <textarea {...tied} rows={rows} value={value} onInput={onInput} />}</Labelled>
  );
}

/** A labelled choice. */
export function Choice({
  value,
  options,
  disabled,
  onChoose,
  ...labels
}: Labels & {
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly disabled?: boolean;
  readonly onChoose: (value: string) => void;
}) {
  return (
    <Labelled {...labels}>
      {(tied) => (
        <select
          {...tied}
          value={value}
          disabled={disabled}
          onChange={({ currentTarget }) => onChoose(currentTarget.value)}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value} selected={option.value === value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  );
}

function Hints({
  name,
  hint,
  error,
}: {
  readonly name: string;
  readonly hint: string | undefined;
  readonly error: string | undefined;
}) {
  return (
    <>
      {hint && (
        <p id={`${name}-hint`} class="text-sm text-quiet">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${name}-error`} class="flex items-start gap-1.5 text-bad font-medium">
          <span class="mt-1">
            <StateShape state="bad" />
          </span>
          {error}
        </p>
      )}
    </>
  );
}

const bannerIcons = { good: 'check', warn: 'triangle-alert', bad: 'triangle-alert', now: 'info' } as const;

/** What went wrong (or well) with the page as a whole, or what to know before deciding (`now`). */
export function Banner({
  state,
  children,
  live,
}: {
  readonly state: 'good' | 'warn' | 'bad' | 'now';
  readonly children: ComponentChildren;
  readonly live?: boolean;
}) {
  return (
    <div class={`banner state-${state}`} role={live || state === 'bad' ? 'alert' : 'status'}>
      <Icon name={bannerIcons[state]} />
      <div class="grow min-w-0">{children}</div>
    </div>
  );
}
