import { certsKinds, certsPersonal, createCerts } from '@edutrust/certs/service';
import {
  clientNames,
  createDirectorySync,
  listReleases,
  listSystemRecipients,
  releaseKind,
  sourceNames,
  syncPersonal,
  targetNames,
} from '@edutrust/directory-sync/service';
import { approvalPasskeys } from '@edutrust/idp/passkeys';
import { appNames, appsThatKnow, createIdp, idpKinds, idpPersonal } from '@edutrust/idp/service';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Gate } from '@edutrust/platform/http';
import type { PersonalData } from '@edutrust/platform/personal';
import type { Service } from '@edutrust/platform/service';
import { accessBook } from '@edutrust/registry/accesses';
import { type ApprovalKind, createApprovals } from '@edutrust/registry/approvals';
import { can } from '@edutrust/registry/permissions';
import { createRegistry, registryKinds, registryPersonal } from '@edutrust/registry/service';
import { documentNames, listIssuedDocuments, listWaiting } from '@edutrust/signing-service/documents';
import { makeReceipt } from '@edutrust/signing-service/receipts';
import { answerCredentialSignIn } from '@edutrust/signing-service/remote-signing';
import { createSigning, signingKinds, signingPersonal } from '@edutrust/signing-service/service';

import type { Pages } from './screens.ts';
import type { ServiceName } from './service-names.ts';

export interface Services {
  readonly selected: readonly Service[];
  readonly gate: Gate;
}

/** Every kind of act that takes two people; each is its owner's. */
export const approvalKinds: readonly ApprovalKind[] = [
  ...registryKinds,
  ...idpKinds,
  ...certsKinds,
  ...signingKinds,
  releaseKind as ApprovalKind,
];

/** What each workspace keeps of a person; the house test compares it with the tables. */
export const personalData: readonly PersonalData[] = [
  registryPersonal,
  idpPersonal,
  signingPersonal,
  certsPersonal,
  syncPersonal,
];

/** The registry's own last: by its relations the others still find what concerns the person. */
const erasures = [...personalData.slice(1), ...personalData.slice(0, 1)].flatMap((data) => data.erasures);

/** Systems outside that got something of the person: directories and client systems, and apps by consent or of the school. */
async function recipientsOf({ db }: ServiceContext, personId: string): Promise<string[]> {
  const [releases, apps] = await Promise.all([listReleases(db, personId), appsThatKnow(db, personId)]);
  return [...releases.map(({ recipient }) => recipient), ...apps];
}

/** What the log calls the things that each workspace keeps. */
const subjectNames = {
  app: appNames,
  'signing-request': documentNames,
  'sync-source': sourceNames,
  'sync-target': targetNames,
  'sync-client': clientNames,
};

/** Builds the services that this process serves. The provider is always built: it knows who is calling. */
export async function buildServices(
  context: ServiceContext,
  names: readonly ServiceName[],
  pages: Pages,
): Promise<Services> {
  const idp = await createIdp(context, pages.idpPages, {
    documents: {
      issuedTo: (personIds) => listIssuedDocuments(context.db, personIds),
      waitingFor: (actor) => listWaiting(context.db, actor),
    },
    releasedOf: (personId) => listReleases(context.db, personId),
    recipients: () => listSystemRecipients(context.db),
    credentialSignIn: (signIn) => answerCredentialSignIn(context, signIn),
    receipts: (receipt) => makeReceipt(context, receipt),
    personal: personalData.flatMap(({ parts }) => parts),
  });
  const built: Partial<Record<ServiceName, Service | readonly Service[]>> = {
    idp,
    ...(names.includes('registry')
      ? {
          registry: [
            createRegistry(context, subjectNames, {
              erasures,
              kept: personalData.flatMap(({ kept }) => kept),
              evidenceKinds: approvalKinds.filter(({ isEvidence }) => isEvidence).map(({ kind }) => kind),
              recipientsOf: async (personId) => recipientsOf(context, personId),
            }),
            createApprovals(context, { kinds: approvalKinds, ...approvalPasskeys(context) }),
          ],
        }
      : {}),
    ...(names.includes('certs') ? { certs: createCerts(context, pages.certsPages) } : {}),
    ...(names.includes('signing') ? { signing: await createSigning(context, pages.signingPages, idp.apps) } : {}),
    ...(names.includes('sync') ? { sync: createDirectorySync(context) } : {}),
  };
  const selected = names.flatMap((name) => built[name] ?? []);
  const gate: Gate = {
    authenticate: (request) => idp.authenticate(request),
    authenticateAgain: (request) => idp.authenticateAgain(request),
    can: can(context.db),
    disclosures: accessBook(context),
  };
  return { selected, gate };
}
