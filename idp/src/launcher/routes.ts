import type { PersonActor } from '@edutrust/platform/actor';
import { dateInVietnam } from '@edutrust/platform/calendar';
import type { ServiceContext } from '@edutrust/platform/context';
import type { Database } from '@edutrust/platform/database';
import { anyone, disclose } from '@edutrust/platform/http';
import type { Locale } from '@edutrust/platform/messages';
import { type Route, route } from '@edutrust/platform/route';
import { tells } from '@edutrust/registry/accesses';
import { gradesOf, listClassesOfTeacher, schoolYearAt } from '@edutrust/registry/classes';
import { isDecidedFor, listChildren } from '@edutrust/registry/guardians';
import { getPerson, type PersonClaims, personClaims, splitName } from '@edutrust/registry/people';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { findAccount } from '../accounts/account.ts';
import { type LearnerAccount, listLearnerAccounts } from '../accounts/class-codes.ts';
import type { App } from '../apps/app.ts';
import { listTiles } from '../apps/tiles.ts';
import { type DocumentsPort, issuedLink } from '../children/children.ts';
import { waitingRequests } from '../ciba/requests.ts';
import { requestsPath } from '../ciba/routes.ts';
import { type Lesson, lessonOfSession } from '../lessons/lessons.ts';
import { sendPage } from '../page-reply.ts';
import type { Address, LauncherProps, Seat } from '../pages.ts';
import { mayOfferPasskey } from '../passkeys/offer.ts';
import { acceptedPasskeys, listPasskeys } from '../passkeys/passkeys.ts';
import { placeOf } from '../provider/claims.ts';
import { accountActivity } from '../self-service/activity.ts';
import { signedInOr } from '../self-service/pages.ts';
import { isOfLeft } from '../sessions/of-left.ts';
import { viewOfSession } from '../sessions/view.ts';
import type { IdpTools } from '../tools.ts';

const ownPages = [
  {
    roles: ['department-administrator', 'security-officer', 'auditor', 'school-administrator', 'clerk', 'app-owner'],
    label: { vi: 'Quản trị', en: 'Administration' },
    href: '/admin',
  },
  { roles: ['teacher'], label: { vi: 'Lớp của tôi', en: 'My class' }, href: '/teach' },
  { roles: ['signer', 'clerk'], label: { vi: 'Ký số', en: 'Signing' }, href: '/sign/' },
] as const;

function ownPagesOf({ roles: held }: PersonActor, locale: 'vi' | 'en'): LauncherProps['ownPages'] {
  const roles = new Set(held.map(({ role }) => role));
  return ownPages.flatMap((page) =>
    page.roles.some((role) => roles.has(role)) ? [{ label: page.label[locale], href: page.href }] : [],
  );
}

/** How the person is spoken to; who teaches is a teacher, whatever else they are. */
async function addressOf(
  db: Database,
  personId: string,
  roles: readonly PersonClaims['affiliations'][number]['role'][],
): Promise<Address> {
  const { gender } = await getPerson(db, personId);
  const isPupil = roles.length > 0 && roles.every((role) => role === 'learner');
  return { kind: isPupil ? 'pupil' : roles.includes('teacher') ? 'teacher' : 'adult', gender };
}

/** Each batch opens where it is decided; a document that stands alone opens to be read. */
function waitingView({ count, batches }: Awaited<ReturnType<DocumentsPort['waitingFor']>>): LauncherProps['waiting'] {
  return {
    count,
    href: '/sign/',
    batches: batches.map(({ key, dueAt, standOut, ...batch }) => ({
      ...batch,
      standOut: standOut.map(({ fullName }) => fullName),
      dueAt: dueAt?.toISOString() ?? null,
      href:
        batch.className === null && batch.purpose === 'sign'
          ? `/sign/read/${key}`
          : `/sign/batch/${batch.purpose}/${key}`,
    })),
  };
}

/** Which apps wait to be let in from here. */
async function signInRequestsView(
  directory: IdpTools['apps'],
  asked: Awaited<ReturnType<typeof waitingRequests>>,
): Promise<LauncherProps['signInRequests']> {
  const names = await Promise.all(asked.map(async ({ clientId }) => (await directory.app(clientId))?.name));
  const known = names.filter((name) => name !== undefined);
  return known.length > 0 ? { apps: [...new Set(known)], href: requestsPath } : null;
}

function seatOf({ status, lastSignInAt }: LearnerAccount, now: Date): Seat {
  if (status !== 'active') return 'none';
  return lastSignInAt && dateInVietnam(lastSignInAt) === dateInVietnam(now) ? 'in' : 'out';
}

async function ownClass(
  context: IdpTools['context'],
  { id, code }: { readonly id: string; readonly code: string },
): Promise<LauncherProps['classes'][number]> {
  const accounts = await listLearnerAccounts(context, id);
  return { code, seats: accounts.map((account) => seatOf(account, context.clock.now())), href: `/teach/classes/${id}` };
}

/** Grades after which learners leave their school for work, another city or a university. */
const lastGrades: ReadonlySet<number> = new Set([9, 12]);

/** Who signs in with a badge alone would stand outside once they have left: they are told while a teacher is there. */
async function needsOwnWay(db: Database, { acr, personId }: PersonActor): Promise<boolean> {
  if (acr !== 'badge' || !(await gradesOf(db, personId)).some((grade) => lastGrades.has(grade))) return false;
  const [account, passkeys] = await Promise.all([findAccount(db, personId), listPasskeys(db, personId)]);
  return account?.password_hash == null && passkeys.length === 0;
}

/** Told after a sign-in with a passkey: the browser that offered it is the one that may have old names. */
async function acceptedOf(
  { db, config }: ServiceContext,
  personId: string,
  claims: Pick<PersonClaims, 'education_id' | 'name'>,
) {
  const [account, passkeys] = await Promise.all([findAccount(db, personId), listPasskeys(db, personId)]);
  return acceptedPasskeys(config, account, passkeys, claims);
}

/** In an exam those that it names. */
function tilesOf(apps: readonly App[], lesson: Lesson | undefined, locale: Locale): LauncherProps['apps'] {
  const open = lesson?.kind === 'exam' ? apps.filter(({ clientId }) => lesson.apps.includes(clientId)) : apps;
  return open.flatMap(({ clientId, name, purpose, picture, homeUri: href }) =>
    href ? [{ clientId, name, purpose: purpose[locale], picture, href }] : [],
  );
}

/** Who belongs nowhere any longer: what is theirs for life. Nothing of a school is looked up (ADR 0375). */
async function showLeft(
  { context, pages }: Pick<IdpTools, 'context' | 'pages'>,
  documents: DocumentsPort | undefined,
  request: FastifyRequest,
  reply: FastifyReply,
  { personId, sessionId, acr }: PersonActor,
) {
  const { db, clock } = context;
  const [view, claims, { gender }, issued, isChild] = await Promise.all([
    viewOfSession(context, request, { sessionId }),
    personClaims(db, personId),
    getPerson(db, personId),
    documents?.issuedTo([personId]) ?? [],
    isDecidedFor(db, personId, clock.now()),
  ]);
  disclose(request, []); // their own alone
  const props: LauncherProps = {
    name: claims.name,
    givenName: claims.given_name,
    place: null,
    apps: [],
    ownPages: [],
    children: null,
    signInRequests: null,
    accountPath: '/account',
    offersPasskey: false,
    accepted: acr === 'passkey' ? await acceptedOf(context, personId, claims) : null,
    signOutAction: '/sign-out',
    lesson: null,
    isShared: view.idleSeconds !== undefined,
    address: { kind: isChild ? 'pupil' : 'adult', gender },
    waiting: null,
    classes: [],
    needsOwnWay: false,
    left: {
      documents: issued.map(issuedLink),
      looksPath: '/account/looks',
      requestsPath: '/account/data-requests',
    },
    activity: (await accountActivity(db, personId, view.locale)).slice(0, 3),
  };
  return sendPage(reply, pages.launcher(props, view));
}

const showLauncher = ({ context, pages, apps: directory }: IdpTools, documents: DocumentsPort | undefined) =>
  route({
    method: 'GET',
    url: '/',
    access: anyone,
    discloses: tells('marks.open'),
    schema: { hide: true },
    handle: async (request, reply) => {
      const actor = signedInOr(request, reply);
      if (!actor) return reply;
      if (isOfLeft(request)) return showLeft({ context, pages }, documents, request, reply, actor);
      const { personId } = actor;
      const [lesson, view, claims, apps, children, waiting, classes, asked] = await Promise.all([
        lessonOfSession(context.db, actor.sessionId),
        viewOfSession(context, request, actor),
        personClaims(context.db, personId),
        listTiles(context.db, personId),
        listChildren(context.db, personId, context.clock.now()),
        documents?.waitingFor(actor),
        listClassesOfTeacher(context.db, personId, schoolYearAt(context.clock.now())),
        waitingRequests(context.db, personId),
      ]);
      // Whose marks stand out is told of them: it leaves an entry in their book (N7).
      disclose(
        request,
        (waiting?.batches ?? []).flatMap(({ standOut }) => standOut.map((learner) => learner.personId)),
      );
      const address = await addressOf(
        context.db,
        personId,
        claims.affiliations.map(({ role }) => role),
      );
      const html = pages.launcher(
        {
          name: claims.name,
          givenName: claims.given_name,
          place: placeOf(claims, view.locale),
          apps: tilesOf(apps, lesson, view.locale),
          ownPages: ownPagesOf(actor, view.locale),
          children:
            children.length > 0
              ? { givenNames: children.map(({ fullName }) => splitName(fullName).givenName), href: '/account/children' }
              : null,
          signInRequests: await signInRequestsView(directory, asked),
          accountPath: '/account',
          offersPasskey: await mayOfferPasskey(context.db, actor),
          accepted: actor.acr === 'passkey' ? await acceptedOf(context, personId, claims) : null,
          signOutAction: lesson ? '/lab/next' : '/sign-out', // where the camera waits for the next child
          lesson: lesson ? { kind: lesson.kind, endsAt: lesson.endsAt.toISOString() } : null,
          isShared: view.idleSeconds !== undefined,
          address,
          waiting: waiting && waiting.count > 0 ? waitingView(waiting) : null,
          classes: await Promise.all(classes.map((one) => ownClass(context, one))),
          left: null,
          needsOwnWay: await needsOwnWay(context.db, actor),
          activity:
            address.kind === 'pupil' ? [] : (await accountActivity(context.db, personId, view.locale)).slice(0, 3),
        },
        view,
      );
      return sendPage(reply, html);
    },
  });

/** `/`: the apps of the person who is signed in. */
export const launcherRoutes = (tools: IdpTools, documents: DocumentsPort | undefined): Route[] => [
  showLauncher(tools, documents),
];
