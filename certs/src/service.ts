import type { ServiceContext } from '@edutrust/platform/context';
import { payloadText } from '@edutrust/platform/jobs';
import { gauge } from '@edutrust/platform/metrics';
import { readOutbox } from '@edutrust/platform/outbox';
import type { Service } from '@edutrust/platform/service';
import type { ApprovalKind } from '@edutrust/registry/approvals';
import { findAlarms } from './alarms/alarms.ts';
import { alarmRoutes } from './alarms/routes.ts';
import { addAnchorKind, endAnchorKind } from './anchors/approval.ts';
import { anchorRoutes } from './anchors/routes.ts';
import { addMissingResponders, renewResponders } from './authority/responders.ts';
import { revokeKind } from './authority/revocation-approval.ts';
import { authorityRoutes } from './authority/routes.ts';
import type { CertsPages } from './pages.ts';
import { certifyKind } from './requests/approval.ts';
import { issueRequested, issueTask } from './requests/issue.ts';
import { renewSeals, renewTask as renewSealsTask } from './requests/renew-seals.ts';
import { requestRoutes } from './requests/routes.ts';
import { revokeOfFormerSigners, signerFollower } from './requests/subscriber.ts';
import { repositoryPages } from './revocation/page.ts';
import { refreshRevocationLists } from './revocation/revocation-list.ts';
import { repositoryRoutes } from './revocation/routes.ts';

export { migrations } from './migrations.ts';
export { certsPersonal } from './own-data/own-data.ts';

/** The acts of this workspace that take two people. */
export const certsKinds: readonly ApprovalKind[] = [certifyKind, addAnchorKind, endAnchorKind, revokeKind];

const refreshTask = 'certs.refresh-revocation-lists';
const renewTask = 'certs.renew-services';

/** The certificate authority: its public repository, status and time-stamp services, and its administration. */
export function createCerts(context: ServiceContext, pages?: CertsPages): Service {
  let follower: { stop(): Promise<void> } | undefined;
  return {
    name: 'certs',
    routes: () => [
      ...repositoryRoutes(context),
      ...authorityRoutes(context),
      ...anchorRoutes(context),
      ...alarmRoutes(context),
      ...requestRoutes(context),
      ...(pages ? repositoryPages(context, pages) : []),
    ],
    tasks: {
      [refreshTask]: () => refreshRevocationLists(context),
      [renewTask]: () => renewResponders(context),
      [issueTask]: (payload) => issueRequested(context, payloadText(payload, 'requestId')),
      [renewSealsTask]: async () => {
        await renewSeals(context);
        await revokeOfFormerSigners(context);
      },
    },
    schedule: {
      [refreshTask]: '*/10 * * * *',
      [renewTask]: '17 3 * * *',
      [renewSealsTask]: '37 19 * * *', // at night in Vietnam
    },
    start: async () => {
      gauge(
        'edutrust_certificate_alarms',
        'What is not as it should be with the authorities; 0 when all is well',
        async () => (await findAlarms(context)).length,
      );
      await addMissingResponders(context);
      await refreshRevocationLists(context);
      follower = readOutbox(context.db, signerFollower(context), (error) =>
        context.log.error({ err: error }, 'following signers'),
      );
    },
    close: async () => {
      await follower?.stop();
    },
  };
}
