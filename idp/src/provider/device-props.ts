import type { FormError } from '../form-error.ts';

/** A sentence that is already in the reader's language. */
type Sentence = string;

/**
 * `/device`: the code that a device shows is typed (`user_code`), then compared and confirmed. Forms post `fields` as hidden
 * inputs; the buttons are `confirm=yes` and `abort=yes`. `done` is the end, on the device it goes on.
 */
export type DeviceProps =
  | {
      readonly step: 'code';
      readonly action: string;
      readonly fields: Readonly<Record<string, string>>;
      readonly code: string;
      readonly error?: FormError;
    }
  | {
      readonly step: 'confirm';
      readonly action: string;
      readonly fields: Readonly<Record<string, string>>;
      /** As the device shows it. */
      readonly code: string;
      readonly app: { readonly name: string; readonly purpose: Sentence };
      /** Who is signed in; null: they sign in next. */
      readonly name: string | null;
    }
  | { readonly step: 'done'; readonly isAllowed: boolean; readonly app: { readonly name: string } | null };
