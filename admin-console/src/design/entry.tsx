import type { ComponentChildren } from 'preact';
import { Refused } from './api.ts';
import { Dialog } from './dialog.tsx';
import { Banner } from './form.tsx';
import { useKept } from './keep.ts';
import { t } from './language.ts';
import { useAction } from './load.ts';

/** The text of each field by its name, as in the request's body. */
type Values = Readonly<Record<string, string>>;

export interface Entry<Names extends Values> {
  readonly values: Names;
  readonly isBusy: boolean;
  /** What was refused about the whole; what is wrong with a field stands at the field. */
  readonly error: string | undefined;
  set(name: keyof Names, value: string): void;
  /** Props of the field's input. */
  field(name: keyof Names & string): {
    readonly name: string;
    readonly value: string;
    readonly error: string | undefined;
    readonly onInput: (event: { readonly currentTarget: { readonly value: string } }) => void;
  };
  /** Props of the field's choice. */
  choice(name: keyof Names & string): {
    readonly name: string;
    readonly value: string;
    readonly error: string | undefined;
    readonly onChoose: (value: string) => void;
  };
  submit(work: (values: Names) => Promise<unknown>): Promise<void>;
}

/** What is typed into a form, kept over a sign-in, with the server's refusals beside the fields that they are about. */
export function useEntry<Names extends Values>(name: string, initial: Names): Entry<Names> {
  const [values, setValues] = useKept<Names>(name, initial);
  const { isBusy, caught, error, run } = useAction();
  const problem = caught instanceof Refused ? caught.problem : undefined;
  // The field's own place in the body, or the end of a longer one: `/rows/…/values/KEY`.
  const errorOf = (field: string) =>
    problem?.fields?.find(({ pointer }) => pointer === `/${field}` || pointer.endsWith(`/values/${field}`))?.detail;
  const besideFields = Object.keys(values).some(errorOf);
  const set = (field: keyof Names, value: string) => setValues({ ...values, [field]: value });
  return {
    values,
    isBusy,
    error: besideFields && problem ? problem.remedy : error,
    set,
    field: (field) => ({
      name: field,
      value: values[field] ?? '',
      error: errorOf(field),
      onInput: ({ currentTarget }) => set(field, currentTarget.value),
    }),
    choice: (field) => ({
      name: field,
      value: values[field] ?? '',
      error: errorOf(field),
      onChoose: (value) => set(field, value),
    }),
    submit: (work) => run(() => work(values)),
  };
}

/** A short form over the page, opened by a button of it. */
export function EntryDialog<Names extends Values>({
  title,
  onClose,
  ...form
}: {
  readonly title: string;
  readonly entry: Entry<Names>;
  readonly submit: string;
  readonly onClose: () => void;
  readonly onSubmit: (values: Names) => Promise<unknown>;
  readonly children: ComponentChildren;
}) {
  return (
    <Dialog title={title} onClose={onClose}>
      <EntryForm {...form} cancel={onClose} />
    </Dialog>
  );
}

/** A form with its refusal on top and one button that says what it does. */
export function EntryForm<Names extends Values>({
  entry,
  submit,
  cancel,
  isReadOnly,
  isLong,
  onSubmit,
  children,
}: {
  readonly entry: Entry<Names>;
  readonly submit: string;
  /** Where the way back leads, or what it does. */
  readonly cancel: string | (() => void);
  /** Shown and not to be sent. */
  readonly isReadOnly?: boolean;
  /** Many fields: as wide as the page, and its button stays in sight. */
  readonly isLong?: boolean;
  readonly onSubmit: (values: Names) => Promise<unknown>;
  readonly children: ComponentChildren;
}) {
  return (
    <form
      class={`grid gap-5 ${isLong ? '' : 'max-w-xl'}`}
      onSubmit={(event) => {
        event.preventDefault();
        entry.submit(onSubmit);
      }}
    >
      {entry.error && <Banner state="bad">{entry.error}</Banner>}
      {children}
      <div class={isLong ? 'action-bar' : 'flex flex-wrap gap-3'}>
        {!isReadOnly && (
          <button type="submit" class="button button-primary" disabled={entry.isBusy}>
            {submit}
          </button>
        )}
        {typeof cancel === 'string' ? (
          <a class="button" href={cancel}>
            {t('Thôi', 'Cancel')}
          </a>
        ) : (
          <button type="button" class="button" onClick={cancel}>
            {t('Thôi', 'Cancel')}
          </button>
        )}
      </div>
    </form>
  );
}
