import { certsEvents } from '@edutrust/certs/events';
import { syncEvents } from '@edutrust/directory-sync/events';
import { idpEvents } from '@edutrust/idp/events';
import type { EventDefinition } from '@edutrust/platform/events';
import { installationEvents } from '@edutrust/platform/installation-events';
import { registryEvents } from '@edutrust/registry/events';
import { signingEvents } from '@edutrust/signing-service/events';

/** Every event that this program can record, by name. */
export const eventCatalogue: readonly (readonly [string, EventDefinition])[] = [
  registryEvents,
  certsEvents,
  idpEvents,
  signingEvents,
  syncEvents,
  installationEvents,
].flatMap(({ table }) => Object.entries(table));
