import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { Banner, Field } from './form.tsx';
import { useKept } from './keep.ts';
import { t } from './language.ts';
import { useAction } from './load.ts';

/** A window over the page: the browser's own, which holds the focus, closes with Escape and gives the focus back. */
export function Dialog({
  title,
  isWhole,
  onClose,
  children,
}: {
  readonly title: string;
  /** The whole screen, for what is shown to somebody else. */
  readonly isWhole?: boolean;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class={isWhole ? 'whole-screen' : 'dialog'}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      {isWhole ? (
        <div class="grid gap-3 justify-items-center text-center m-auto p-4 max-w-md">
          <h2 id={id} class="text-xl">
            {title}
          </h2>
          {children}
        </div>
      ) : (
        <>
          <h2 id={id}>{title}</h2>
          {children}
        </>
      )}
    </dialog>
  );
}

/** A reason is a few words at least. */
const shortestReason = 3;
const longestReason = 500;

/**
 * A button whose act is asked about first: the question, what follows from it, and one button that says the act; with
 * `reason` also why, in a field that has the focus. A refusal is shown where the question was.
 */
export function ActButton({
  label,
  question,
  confirm,
  reason: reasonLabel,
  bad,
  small,
  primary,
  disabled,
  children,
  onConfirm,
}: {
  readonly label: string;
  readonly question: string;
  /** The verb on the button that does it. */
  readonly confirm: string;
  /** Whoever is told of the act reads why: the label of that field. */
  readonly reason?: string;
  readonly bad?: boolean;
  /** Beside a fact, not below a page. */
  readonly small?: boolean;
  readonly primary?: boolean;
  readonly disabled?: boolean;
  /** What follows from it. */
  readonly children?: ComponentChildren;
  readonly onConfirm: (reason: string) => Promise<unknown>;
}) {
  const [isOpen, setOpen] = useKept(`question ${label}`, false);
  const [reason, setReason] = useKept(`reason ${label}`, '');
  const why = reason.trim();
  const { isBusy, error, run } = useAction();
  const act = () =>
    run(async () => {
      await onConfirm(why);
      setOpen(false);
    });
  return (
    <>
      <button
        type="button"
        class={`button ${bad ? 'button-bad' : ''} ${small ? 'button-small' : ''} ${primary ? 'button-primary' : ''}`}
        disabled={disabled}
        onClick={() => setOpen(true)}
      >
        {label}
      </button>
      {isOpen && (
        <Dialog title={question} onClose={() => setOpen(false)}>
          {children}
          {reasonLabel && (
            <Field
              label={reasonLabel}
              name="reason"
              value={reason}
              maxlength={longestReason}
              autofocus
              onInput={({ currentTarget }) => setReason(currentTarget.value)}
            />
          )}
          {error && <Banner state="bad">{error}</Banner>}
          <div class="flex flex-wrap gap-3">
            <button
              type="button"
              class={`button ${bad ? 'button-bad' : 'button-primary'}`}
              disabled={isBusy || (reasonLabel !== undefined && why.length < shortestReason)}
              onClick={act}
            >
              {confirm}
            </button>
            <button type="button" class="button" onClick={() => setOpen(false)}>
              {t('Thôi', 'Cancel')}
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}
