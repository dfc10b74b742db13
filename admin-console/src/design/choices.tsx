import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from './icon.tsx';
import type { IconName } from './icons.ts';

interface Option<Value extends string> {
  readonly value: Value;
  readonly label: string;
  readonly icon?: IconName;
  /** How many there are of it. */
  readonly count?: number | undefined;
}

/** A few ways to look at the same thing, one of which is taken. */
export function Segments<Value extends string>({
  label,
  value,
  options,
  onChoose,
}: {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly Option<Value>[];
  readonly onChoose: (value: Value) => void;
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is drawn as a block with a legend
    <div class="segments" role="group" aria-label={label}>
      {options.map((one) => (
        <button
          key={one.value}
          type="button"
          aria-pressed={one.value === value ? 'true' : 'false'}
          onClick={() => onChoose(one.value)}
        >
          {one.icon && <Icon name={one.icon} />}
          {one.label}
        </button>
      ))}
    </div>
  );
}

/** Pages of one thing, beside each other. */
export function Tabs({
  label,
  pages,
}: {
  readonly label: string;
  readonly pages: readonly { readonly href: string; readonly label: string; readonly icon: IconName }[];
}) {
  if (pages.length === 0) return null;
  return (
    <nav class="tabs no-print" aria-label={label}>
      {pages.map(({ href, label: name, icon }) => (
        <a key={href} href={href}>
          <Icon name={icon} />
          {name}
        </a>
      ))}
    </nav>
  );
}

/** Filters of a list as chips, each with its count where it is known. */
export function Chips<Value extends string>({
  label,
  value,
  options,
  format,
  onChoose,
}: {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly Option<Value>[];
  readonly format: (count: number) => string;
  readonly onChoose: (value: Value) => void;
}) {
  const row = useRef<HTMLDivElement>(null);
  // On a phone the row is pushed along: the chip that is chosen is never the one out of sight.
  useEffect(() => {
    const chip = row.current?.querySelector<HTMLElement>('[aria-pressed=true]');
    if (row.current && chip) row.current.scrollLeft = chip.offsetLeft - row.current.offsetLeft - 16;
  }, [value]);
  return (
    // biome-ignore lint/a11y/useSemanticElements: as above
    <div class="chips" role="group" aria-label={label} ref={row}>
      {options.map((one) => (
        <button
          key={one.value}
          type="button"
          class="chip"
          aria-pressed={one.value === value ? 'true' : 'false'}
          onClick={() => onChoose(one.value)}
        >
          {one.label}
          {one.count !== undefined && <b class="number">{format(one.count)}</b>}
        </button>
      ))}
    </div>
  );
}

/** A box or a point that is ticked, with what it means beside it. */
export function Tick({
  type = 'checkbox',
  name,
  value,
  checked,
  disabled,
  note,
  children,
  onChange,
}: {
  readonly type?: 'checkbox' | 'radio';
  readonly name?: string;
  readonly value?: string;
  readonly checked: boolean;
  readonly disabled?: boolean;
  readonly note?: ComponentChildren;
  readonly children: ComponentChildren;
  readonly onChange: (checked: boolean) => void;
}) {
  return (
    <label class="check">
      <input
        type={type}
        class="tick"
        name={name}
        value={value}
        checked={checked}
        disabled={disabled}
        onChange={({ currentTarget }) => onChange(currentTarget.checked)}
      />
      <span>
        {children}
        {note && <span class="block text-sm text-quiet">{note}</span>}
      </span>
    </label>
  );
}

/** Several of a few. */
export function Ticks({
  legend,
  of,
  ticked,
  onTick,
  isFixed,
  nameOf,
}: {
  readonly legend: string;
  readonly of: readonly string[];
  readonly ticked: readonly string[];
  readonly onTick: (ticked: readonly string[]) => void;
  readonly isFixed: (one: string) => boolean;
  readonly nameOf: (one: string) => string;
}) {
  return (
    <fieldset class="ticks">
      <legend>{legend}</legend>
      {of.map((one) => (
        <Tick
          key={one}
          checked={ticked.includes(one)}
          disabled={isFixed(one)}
          onChange={(on) => onTick(on ? [...ticked, one] : ticked.filter((other) => other !== one))}
        >
          {nameOf(one)}
        </Tick>
      ))}
    </fieldset>
  );
}
