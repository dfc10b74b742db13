import type { ServiceContext } from '@edutrust/platform/context';
import { payloadText } from '@edutrust/platform/jobs';
import { readOutbox } from '@edutrust/platform/outbox';
import type { Service } from '@edutrust/platform/service';
import type { ApprovalKind } from '@edutrust/registry/approvals';
import { completeNow, completeTask } from './activation/complete.ts';
import { forgetSessions, forgetTask } from './activation/purge.ts';
import { activationRoutes } from './activation/routes.ts';
import type { AskingAppsPort } from './app-documents/port.ts';
import { appDocumentRoutes } from './app-documents/routes.ts';
import { copyRoutes } from './copies/routes.ts';
import { delegationRoutes } from './delegations/routes.ts';
import { documentRoutes } from './documents/routes.ts';
import { forgetUploads } from './documents/upload.ts';
import { enrolPhoneKind, revokePhoneKind } from './enrolment/approval.ts';
import { issueFor, issueTask, revokeCertificateOf, revokeTask } from './enrolment/certificate.ts';
import { consequenceRoutes } from './enrolment/consequences.ts';
import { renewCertificates, renewTask } from './enrolment/renewal.ts';
import { enrolmentRoutes } from './enrolment/routes.ts';
import { enrolmentFollower } from './enrolment/subscriber.ts';
import { diplomaPages } from './forms/look-up-page.ts';
import { revocationKind } from './forms/revoke.ts';
import { formRoutes } from './forms/routes.ts';
import { issuedRoutes } from './issued/routes.ts';
import { archiveIssued, archiveTask, renewArchives, renewArchivesTask } from './long-term/archive.ts';
import { marksRoutes } from './marks/routes.ts';
import type { SigningPages } from './pages.ts';
import { parcelRoutes } from './parcels/routes.ts';
import { pictureRoutes } from './pictures/routes.ts';
import { sealPictureKind } from './pictures/seal.ts';
import { verificationRoutes } from './public-verification/routes.ts';
import { remind, remindByMail, remindByMailTask, remindTask } from './reminders/remind.ts';
import { reminderRoutes } from './reminders/routes.ts';
import { pushFollower } from './reminders/subscriptions.ts';
import { forgetAuthorisations } from './remote-signing/authorisations.ts';
import { cscRoutes } from './remote-signing/csc-routes.ts';
import { authorisationRoutes } from './remote-signing/phone-routes.ts';
import type { AppsPort } from './remote-signing/port.ts';
import { correctionKind } from './requests/corrections.ts';
import { flowRoutes } from './requests/flow-routes.ts';
import { requestRoutes } from './requests/routes.ts';
import { makeTranscripts, makeTranscriptsTask } from './requests/runs.ts';
import { pairMachineKind } from './sealing-machine/approval.ts';
import { sealingMachineRoutes } from './sealing-machine/routes.ts';
import { subjectRoutes } from './subjects/routes.ts';
import { resumeTask, resumeUnfinished } from './unfinished/unfinished.ts';
import { createValidationPool } from './validation/validation.ts';

export { signingPersonal } from './issued/own-data.ts';

/** The acts of this workspace that take two people. */
export const signingKinds: readonly ApprovalKind[] = [
  enrolPhoneKind,
  revokePhoneKind,
  correctionKind,
  revocationKind,
  pairMachineKind,
  sealPictureKind,
];

/** Where nobody says what apps there are, none may sign or send documents. */
const noApps: AppsPort & AskingAppsPort = {
  holderOf: async () => ({ holder: undefined, headers: {}, beside: async () => undefined }),
  app: async () => undefined,
  appOf: async () => ({ holder: undefined, headers: {} }),
  personOf: async () => undefined,
};

/** Enrolment of signers, signing requests, signing on the phone, and public verification. */
export function createSigning(
  context: ServiceContext,
  pages: SigningPages,
  knownApps: Partial<AppsPort & AskingAppsPort> = {},
): Service {
  const apps = { ...noApps, ...knownApps };
  const pool = createValidationPool();
  let followers: readonly { stop(): Promise<void> }[] = [];
  return {
    name: 'signing',
    routes: () => [
      ...documentRoutes(context, pool),
      ...appDocumentRoutes(context, { apps, pool }),
      ...enrolmentRoutes(context),
      ...consequenceRoutes(context),
      ...marksRoutes(context),
      ...subjectRoutes(context),
      ...requestRoutes(context),
      ...flowRoutes(context),
      ...delegationRoutes(context),
      ...pictureRoutes(context),
      ...activationRoutes(context),
      ...authorisationRoutes(context, apps),
      ...cscRoutes(context, apps),
      ...sealingMachineRoutes(context),
      ...copyRoutes(context),
      ...formRoutes(context),
      ...diplomaPages(context, pages),
      ...parcelRoutes(context),
      ...reminderRoutes(context),
      ...issuedRoutes(context),
      ...verificationRoutes(context, pages, pool),
    ],
    tasks: {
      [issueTask]: (payload) => issueFor(context, payloadText(payload, 'enrolmentId')),
      [revokeTask]: (payload) => revokeCertificateOf(context, payloadText(payload, 'enrolmentId')),
      [completeTask]: (payload) => completeNow(context, payloadText(payload, 'sessionId')),
      [resumeTask]: () => resumeUnfinished(context),
      [makeTranscriptsTask]: (payload) => makeTranscripts(context, payloadText(payload, 'runId')),
      [forgetTask]: async () => {
        await forgetSessions(context);
        await forgetAuthorisations(context);
        await forgetUploads(context);
      },
      [archiveTask]: (payload) => archiveIssued(context, payload),
      [renewArchivesTask]: ({ after }) => renewArchives(context, typeof after === 'string' ? { after } : {}),
      [renewTask]: () => renewCertificates(context),
      [remindTask]: () => remind(context),
      [remindByMailTask]: () => remindByMail(context),
    },
    schedule: {
      [resumeTask]: '* * * * *',
      [forgetTask]: '17 * * * *',
      [renewTask]: '7 19 * * *',
      [renewArchivesTask]: '47 19 * * *', // at night in Vietnam
      [remindTask]: '*/3 * * * *',
      [remindByMailTask]: '12 0 * * *', // at seven in the morning in Vietnam
    },
    start: () => {
      followers = [enrolmentFollower(context), pushFollower(context)].map((follower) =>
        readOutbox(context.db, follower, (error) => context.log.error({ err: error }, 'following signers')),
      );
    },
    close: async () => {
      await Promise.all(followers.map((follower) => follower.stop()));
      await pool.close();
    },
  };
}
