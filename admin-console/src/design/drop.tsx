import { useState } from 'preact/hooks';
import { Icon } from './icon.tsx';
import type { IconName } from './icons.ts';
import { t } from './language.ts';

/** A place for one file: dropped there, or chosen by its button. */
export function DropFile({
  icon,
  accept,
  name,
  title,
  note,
  isField,
  isBusy,
  onFile,
}: {
  readonly icon: IconName;
  /** As `accept` of the input; absent where any file is taken. */
  readonly accept?: string;
  /** What the file is, for who hears it. */
  readonly name: string;
  readonly title: string;
  readonly note: string;
  /** One field of a form, whose own button is the page's first. */
  readonly isField?: boolean;
  readonly isBusy: boolean;
  readonly onFile: (file: File) => void;
}) {
  const [isOver, setOver] = useState(false);
  return (
    <label
      class={`card rounded-cover! border-dashed border-2 border-edge! grid place-items-center gap-3 ${isField ? 'py-6' : 'py-12'} text-center cursor-pointer has-[:focus-visible]:outline-3 has-[:focus-visible]:outline-accent ${isOver ? 'bg-accent-soft!' : ''}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        const file = event.dataTransfer?.files[0];
        if (file && !isBusy) onFile(file);
      }}
    >
      <Icon name={icon} class={`${isField ? 'size-7!' : 'size-10!'} text-good`} />
      <span class={`font-semibold ${isField ? '' : 'text-lg'} ${isBusy ? '' : 'max-sm:hidden'}`}>
        {isBusy ? t('Đang đọc…', 'Reading…') : title}
      </span>
      <span class={`button ${isField ? '' : 'button-primary'} ${isBusy ? 'opacity-50' : ''}`} aria-hidden="true">
        <Icon name="upload" />
        {t('Chọn tệp', 'Choose a file')}
      </span>
      <input
        type="file"
        class="sr-only"
        {...(accept ? { accept } : {})}
        aria-label={name}
        disabled={isBusy}
        onChange={({ currentTarget }) => {
          const [file] = currentTarget.files ?? [];
          currentTarget.value = '';
          if (file) onFile(file);
        }}
      />
      <span class="text-sm text-quiet">{note}</span>
    </label>
  );
}
