import { InvalidInput } from '@edutrust/platform/errors';
import { folderSource } from './folder/folder.ts';
import { ldapSource } from './ldap/ldap.ts';
import { oneRosterSource } from './oneroster/oneroster.ts';
import type { SourceKind } from './source.ts';

/** Every kind of source. */
export const sourceKinds = [ldapSource, oneRosterSource, folderSource] as const satisfies readonly SourceKind[];

/** @throws InvalidInput `sync/unknown-kind` */
export function sourceKindOf(kind: string): SourceKind {
  const found = (sourceKinds as readonly SourceKind[]).find((one) => one.kind === kind);
  if (found) return found;
  throw new InvalidInput('sync/unknown-kind', {
    vi: `Không có loại nguồn «${kind.slice(0, 40)}».`,
    en: `There is no kind of source "${kind.slice(0, 40)}".`,
  });
}
