import type { Actor } from '@edutrust/platform/actor';
import type { ServiceContext } from '@edutrust/platform/context';
import { type Child, listChildren } from '@edutrust/registry/guardians';
import { personClaims } from '@edutrust/registry/people';
import type { AppDirectory } from '../apps/directory.ts';
import { guardianConsents } from '../consent/guardian.ts';
import { listSharing } from '../consent/sharing.ts';
import type { Datum, IssuedLink } from '../pages.ts';
import { releasedData } from '../provider/claims.ts';
import { accountActivity } from '../self-service/activity.ts';

/** A document that was issued to somebody, as another service keeps it. */
export interface IssuedDocument {
  readonly id: string;
  readonly personId: string;
  /** `Học bạ lớp 5A, năm học 2026–2027` */
  readonly title: string;
  readonly issuedAt: Date;
  /** As printed, for `/verify/…`. */
  readonly code: string;
}

/** As a page shows it, to the person and to who acts for them. */
export const issuedLink = ({ id, title, issuedAt, code }: IssuedDocument): IssuedLink => ({
  title,
  issuedAt: issuedAt.toISOString(),
  filePath: `/api/v1/account/documents/${id}/file`,
  verifyPath: `/verify/${code}`,
});

/** Documents that wait for one person together: those of a class, or one that stands alone. */
export interface WaitingBatch {
  readonly purpose: 'sign' | 'seal';
  /** Of the phone's address: the class, or the document. */
  readonly key: string;
  readonly className: string | null;
  readonly title: string;
  readonly isTranscripts: boolean;
  readonly count: number;
  readonly dueAt: Date | null;
  /** Whose marks stand out against their class. */
  readonly standOut: readonly { readonly personId: string; readonly fullName: string }[];
}

/** What this service asks of those who keep documents; given by the composition root. */
export interface DocumentsPort {
  /** The issued documents of these people, newest first. */
  issuedTo(personIds: readonly string[]): Promise<readonly IssuedDocument[]>;
  /** What waits for the person's signature or seal: how many documents, and the most urgent batches. */
  waitingFor(
    actor: Extract<Actor, { kind: 'person' }>,
  ): Promise<{ readonly count: number; readonly batches: readonly WaitingBatch[] }>;
}

export interface ChildView extends Child {
  readonly documents: readonly IssuedDocument[];
  readonly activity: Awaited<ReturnType<typeof accountActivity>>;
  readonly apps: readonly {
    readonly clientId: string;
    readonly name: string;
    readonly since: Date;
    readonly data: readonly Datum[];
    /** Agreed to, and so the guardian's to take back; an app of the school needs no agreement. */
    readonly isConsent: boolean;
    /** Whose word it is; null when the school approved the app. */
    readonly agreedBy: string | null;
  }[];
  /** What waits for a guardian's word. */
  readonly asked: readonly {
    readonly clientId: string;
    readonly name: string;
    readonly purpose: string;
    readonly data: readonly Datum[];
    readonly askedAt: Date;
  }[];
}

/** Whether it is the guardian's to decide, and to see who knows what. */
export const decides = ({ decidesAlone, isLimited }: Child) => !decidesAlone && !isLimited;

/** A guardian's children with what was issued to them and who knows what of them. Nobody else's. */
export async function viewChildren(
  { db, clock }: Pick<ServiceContext, 'db' | 'clock'>,
  { apps, documents }: { readonly apps: AppDirectory; readonly documents: DocumentsPort | undefined },
  guardianId: string,
  locale: 'vi' | 'en',
): Promise<ChildView[]> {
  const children = await listChildren(db, guardianId, clock.now());
  const issued = (await documents?.issuedTo(children.map(({ id }) => id))) ?? [];
  return Promise.all(
    children.map(async (child) => {
      const [claims, sharing, activity, consents] = await Promise.all([
        personClaims(db, child.id),
        decides(child) ? listSharing(db, apps, child.id) : [],
        decides(child) ? accountActivity(db, child.id, locale) : [],
        decides(child) ? guardianConsents(db, child.id) : [],
      ]);
      return {
        ...child,
        activity,
        asked: (
          await Promise.all(
            consents.map(async ({ clientId, scopes, askedAt, givenAt }) => {
              const app = givenAt === null ? await apps.app(clientId) : undefined;
              if (!app) return [];
              return [
                {
                  clientId,
                  name: app.name,
                  purpose: app.purpose[locale],
                  askedAt,
                  data: releasedData(claims, scopes, locale),
                },
              ];
            }),
          )
        ).flat(),
        documents: issued.filter(({ personId }) => personId === child.id),
        apps: sharing.map(({ app, since, scopes, isConsent, agreedBy }) => ({
          clientId: app.clientId,
          name: app.name,
          since,
          data: releasedData(claims, scopes, locale),
          isConsent,
          agreedBy,
        })),
      };
    }),
  );
}
