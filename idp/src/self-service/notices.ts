import { type Notice, undoPath } from '@edutrust/registry/notices';
import type { AccountProps } from '../pages.ts';
import type { IdpTools } from '../tools.ts';

/** A notice as the account page shows it, with the link «not me» while what it tells of can be taken back. */
export const noticeProps =
  ({ secrets, undoable, locale }: NoticesView) =>
  ({ id, at, title, remedy }: Notice): AccountProps['notices'][number] => ({
    at: at.toISOString(),
    title: title[locale],
    remedy: remedy[locale],
    ...(undoable.some((change) => change.id === id) ? { notMePath: undoPath(secrets, id) } : {}),
  });

interface NoticesView {
  readonly secrets: IdpTools['context']['secrets'];
  readonly undoable: readonly { readonly id: string }[];
  readonly locale: 'vi' | 'en';
}
