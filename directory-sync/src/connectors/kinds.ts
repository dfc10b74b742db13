import { InvalidInput } from '@edutrust/platform/errors';
import type { Connector } from './connector.ts';
import { ldapConnector } from './ldap/ldap.ts';
import { scimConnector } from './scim/scim.ts';

/** Every kind of target. */
export const connectors = [ldapConnector, scimConnector] as const satisfies readonly Connector[];

/** @throws InvalidInput `sync/unknown-kind` */
export function connectorOf(kind: string): Connector {
  const found = (connectors as readonly Connector[]).find((connector) => connector.kind === kind);
  if (found) return found;
  throw new InvalidInput('sync/unknown-kind', {
    vi: `Không có loại đích «${kind.slice(0, 40)}».`,
    en: `There is no kind of target "${kind.slice(0, 40)}".`,
  });
}
