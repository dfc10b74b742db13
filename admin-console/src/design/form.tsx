import type { ComponentChildren, ComponentProps } from 'preact';
import { Icon } from './icon.tsx';
import { StateShape } from './mark.tsx';

/** Kinds of input that are a line of text: their ARIA role is their own. */
type TextType = 'text' | 'password' | 'date' | 'email' | 'url' | 'search' | 'number' | 'tel';

interface FieldProps extends Omit<ComponentProps<'input'>, 'name' | 'label' | 'id' | 'class' | 'role' | 'type'> {
  readonly type?: TextType;
  readonly label: string;
  readonly name: string;
  readonly error?: string | undefined;
  readonly hint?: string | undefined;
}

/** A labelled input with its hint and its error, tied together for screen readers. */
export function Field({ label, name, error, hint, type = 'text', ...input }: FieldProps) {
  const describedBy = [hint && `${name}-hint`, error && `${name}-error`].filter(Boolean).join(' ');
  const attributes = {
    ...input,
    id: name,
    name,
    type,
    class: 'control',
    'aria-invalid': error ? 'true' : undefined,
    'aria-describedby': describedBy || undefined,
  } as ComponentProps<'input'>; // preact's union of roles by input type takes no spread
  return (
    <div class="grid gap-1.5">
      <label for={name} class="font-semibold">
        {label}
      </label>
      <input {...attributes} />
      <Hints name={name} hint={hint} error={error} />
    </div>
  );
}

/** A labelled text of several lines. */
export function Lines({
  label,
  name,
  value,
  hint,
  error,
  rows = 3,
  onInput,
}: {
  readonly label: string;
  readonly name: string;
  readonly value: string;
  readonly hint?: string;
  readonly error?: string | undefined;
  readonly rows?: number;
  readonly onInput: (event: { readonly currentTarget: { readonly value: string } }) => void;
}) {
  const describedBy = [hint && `${name}-hint`, error && `${name}-error`].filter(Boolean).join(' ');
  return (
    <div class="grid gap-1.5">
      <label for={name} class="font-semibold">
        {label}
      </label>
      <textarea
        id={name}
        name={name}
        class="control"
        rows={rows}
        value={value}
        aria-invalid={error ? 'true' : undefined}
        aria-describedby={describedBy || undefined}
        onInput={onInput}
      />
      <Hints name={name} hint={hint} error={error} />
    </div>
  );
}

/** A labelled choice. */
export function Choice({
  label,
  name,
  value,
  options,
  hint,
  error,
  disabled,
  onChoose,
}: {
  readonly label: string;
  readonly name: string;
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
  readonly disabled?: boolean;
  readonly onChoose: (value: string) => void;
}) {
  const describedBy = [hint && `${name}-hint`, error && `${name}-error`].filter(Boolean).join(' ');
  return (
    <div class="grid gap-1.5">
      <label for={name} class="font-semibold">
        {label}
      </label>
      <select
        id={name}
        name={name}
        class="control"
        value={value}
        disabled={disabled}
        aria-invalid={error ? 'true' : undefined}
        aria-describedby={describedBy || undefined}
        onChange={({ currentTarget }) => onChoose(currentTarget.value)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value} selected={option.value === value}>
            {option.label}
          </option>
        ))}
      </select>
      <Hints name={name} hint={hint} error={error} />
    </div>
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
        <p id={`${name}-error`} class="flex items-start gap-1.5 text-bad font-semibold">
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
