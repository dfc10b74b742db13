import { createHash } from 'node:crypto';
import { ensureAuthorities } from '@edutrust/certs/authority';
import { certsKinds, migrations as certsMigrations, createCerts } from '@edutrust/certs/service';
import type { Actor } from '@edutrust/platform/actor';
import { type Clock, systemClock } from '@edutrust/platform/clock';
import { createHttpServer, type HttpServer, type TokenRequest } from '@edutrust/platform/http';
import { addRoutes } from '@edutrust/platform/route';
import type { Service } from '@edutrust/platform/service';
import { accessBook } from '@edutrust/registry/accesses';
import { type DemoCity, seedDemo as seedCity } from '@edutrust/registry/demo';
import { can, rolesOf } from '@edutrust/registry/permissions';
import { migrations as registryMigrations } from '@edutrust/registry/service';
import { demoSeed } from '@edutrust/registry/testing/demo';
import { type TwoPeople, twoPeople } from '@edutrust/registry/testing/two-people';
import { type Tampering, TestAuthenticator } from '@edutrust/testing/authenticator';
import { type ContextSeed, type TestContext, testContext } from '@edutrust/testing/context';
import { sql } from 'kysely';
import type Type from 'typebox';
import { authorise } from '../src/activation/authorise.ts';
import type { Confirmation, ConfirmBody, SigningSession } from '../src/activation/schemas.ts';
import type { AskingAppsPort } from '../src/app-documents/port.ts';
import { seedDemo } from '../src/demo/demo.ts';
import { possessionText } from '../src/enrolment/passkey.ts';
import type { CreationOptions } from '../src/enrolment/schemas.ts';
import { readZip } from '../src/formats/zip/read.ts';
import { migrations } from '../src/migrations.ts';
import type { AppsPort } from '../src/remote-signing/port.ts';
import { makeTranscripts } from '../src/requests/runs.ts';
import { createSigning, signingKinds } from '../src/service.ts';
import type { ClassTemplate } from '../src/templates/template.ts';
import { makeDeviceKey, signDigestsOnDevice, signOnDevice } from './device-key.ts';

type Options = Type.Static<typeof CreationOptions>;
export type Session = Type.Static<typeof SigningSession>;

/** A whole demo city with its authorities and this service behind the real HTTP base; who calls is a header. */
export interface TestCity extends AsyncDisposable {
  readonly context: TestContext;
  readonly city: DemoCity;
  readonly app: HttpServer;
  readonly service: Service;
  readonly origin: string;
  /** A person's phone, enrolled and approved at its first use. */
  phoneOf(personId: string): Promise<TestPhone>;
  /** The class teacher of the school's oldest class, whose transcripts wait. */
  classTeacherOf(school: number): string;
  /** Has the class teacher sign all that waits for them: it waits for the principal then. */
  passToPrincipal(school: number): Promise<void>;
  /** The next learners' transcripts, made, and signed by the class teacher; their requests. */
  nextForPrincipal(school: number, count: number, template?: ClassTemplate): Promise<string[]>;
  /** Asks for transcripts as the person, and has the job make them. */
  askFor(personId: string, body: object): Promise<Answer>;
  /** Gives the school a seal of the key store. */
  giveSeal(school: number): Promise<void>;
  /** Calls as a person; the answer's JSON with its status. */
  call(person: string, method: 'GET' | 'POST' | 'PUT', path: string, body?: object, session?: string): Promise<Answer>;
  /** Acts that take two people. */
  readonly two: TwoPeople;
}

/** What the provider would say of plain tokens. */
export const bearers =
  <Holder>(known: ReadonlyMap<string, Holder>) =>
  async ({ headers }: TokenRequest) => ({
    holder: known.get((headers.authorization ?? '').replace('Bearer ', '')),
    headers: {},
    beside: async (token: string) => known.get(token),
  });

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects and fails when it is not there
  readonly json: any;
  readonly body: Buffer;
}

/** With authorities, whose certificates name the address of the service: only where that is the usual one. */
const withAuthorities: ContextSeed = {
  key: 'signing demo',
  fill: async (context) => {
    await ensureAuthorities(context);
    await seedDemo(context, await seedCity(context));
  },
};

export async function testCity(
  clock: Clock = systemClock,
  environment: Record<string, string> = {},
  apps?: Partial<AppsPort & AskingAppsPort>,
): Promise<TestCity> {
  const sets = [registryMigrations, certsMigrations, migrations];
  const context = await testContext({
    migrations: sets,
    clock,
    environment,
    seed: Object.keys(environment).length === 0 ? withAuthorities : demoSeed,
  });
  await ensureAuthorities(context);
  const city = await seedCity(context);
  await seedDemo(context, city); // does what the seed has not done
  const pages = {
    verify: pageOfProps('verify'),
    verifyReport: pageOfProps('verifyReport'),
    verifyCode: pageOfProps('verifyCode'),
    diploma: pageOfProps('diploma'),
  };
  const service = createSigning(context, pages, apps);
  const { app, call } = await serve(context, service);
  const two = twoPeople(context, [...signingKinds, ...certsKinds]);
  const phones = new Map<string, TestPhone>();
  const world: TestCity = {
    context,
    city,
    app,
    service,
    two,
    origin: context.config.url.origin,
    call,
    phoneOf: async (personId) => {
      const known = phones.get(personId);
      if (known) return known;
      const phone = new TestPhone(world, personId);
      await phone.enrolAndApprove();
      phones.set(personId, phone);
      return phone;
    },
    classTeacherOf: (school) => {
      const { teacherIds, classIds } = city.schools[school] ?? {};
      return teacherIds?.[(classIds?.length ?? 0) - 1] ?? '';
    },
    passToPrincipal: async (school) => {
      const phone = await world.phoneOf(world.classTeacherOf(school));
      await phone.signAll();
    },
    nextForPrincipal: (school, count, template) => nextForPrincipal(world, school, count, template),
    askFor: async (personId, body) => {
      const asked = await call(personId, 'POST', '/api/v1/signing/transcripts', body);
      if (asked.status !== 202) return asked;
      await makeTranscripts(context, asked.json.id);
      return call(personId, 'GET', `/api/v1/signing/transcripts/${asked.json.id}`);
    },
    giveSeal: async (school) => {
      const { administrator, securityOfficer } = city.people;
      const seal = { organisationId: city.schools[school]?.id ?? '', custody: 'key-store' };
      const { json } = await call(administrator, 'POST', '/api/v1/certificate-requests', seal);
      await two.both(json.approvalId, administrator, securityOfficer);
    },
    [Symbol.asyncDispose]: async () => {
      await app.close();
      await service.close?.();
      await context[Symbol.asyncDispose]();
    },
  };
  return world;
}

/** A page that shows only what it was given. */
const pageOfProps = (name: string) => (props: unknown, view: unknown) =>
  `<!doctype html><title>${name}</title><script type="application/json">${JSON.stringify({ props, view }).replaceAll('<', '\\u003c')}</script>`;

/** The routes of this service and of certificates behind the real HTTP base, and a call to them as a person. */
async function serve(context: TestContext, service: Service): Promise<Pick<TestCity, 'app' | 'call'>> {
  let minute = 0;
  // A minute on at each call: nobody waits for a limit of requests, and everybody has just signed in.
  const clock: Clock = { now: () => new Date(Date.now() + 60_000 * minute) };
  const authenticate = async (request: { headers: Record<string, unknown> }): Promise<Actor | null> => {
    const personId = request.headers['x-person'];
    if (typeof personId !== 'string') return null;
    return {
      kind: 'person',
      personId,
      sessionId: String(request.headers['x-session']),
      roles: await rolesOf(context, personId),
      acr: 'passkey',
      authenticatedAt: clock.now(),
    };
  };
  const app = await createHttpServer({
    config: context.config,
    log: context.log,
    store: context.store,
    clock,
    gate: { authenticate, can: can(context.db), disclosures: accessBook(context) },
    readiness: {},
    metrics: async () => '',
  });
  addRoutes(app, service.routes?.() ?? []);
  addRoutes(app, createCerts(context).routes?.() ?? []);
  await app.ready();
  const call: TestCity['call'] = async (person, method, path, body, session = `session of ${person}`) => {
    minute += 1; // each in a minute of its own: how often one may ask is another test's
    const answer = await app.inject({
      method,
      url: path,
      headers: { 'x-person': person, 'x-session': session, 'sec-fetch-site': 'same-origin' },
      ...(body ? { payload: body } : {}),
    });
    const isJson = String(answer.headers['content-type']).includes('json');
    return { status: answer.statusCode, json: isJson ? answer.json() : undefined, body: answer.rawPayload };
  };
  return { app, call };
}

async function nextForPrincipal(
  world: TestCity,
  school: number,
  count: number,
  template: ClassTemplate = 'transcript',
): Promise<string[]> {
  const { context, city } = world;
  const classId = city.schools[school]?.classIds.at(-1) ?? '';
  const { rows } = await sql<{ id: string }>`
    SELECT DISTINCT m.person_id AS id FROM signing.marks AS m WHERE m.class_id = ${classId} AND NOT EXISTS (
      SELECT FROM signing.request AS r WHERE r.subject_id = m.person_id) ORDER BY m.person_id LIMIT ${count}`.execute(
    context.db,
  );
  const personIds = rows.map(({ id }) => id);
  const administrator = city.schools[school]?.administratorId ?? '';
  const { json } = await world.askFor(administrator, { classId, personIds, template });
  if (json.made !== count) throw new Error(JSON.stringify(json));
  await world.passToPrincipal(school);
  const made = await sql<{ id: string }>`
    SELECT id FROM signing.request WHERE subject_id = ANY(${personIds}::uuid[]) ORDER BY id`.execute(context.db);
  return made.rows.map(({ id }) => id);
}

/** As many connections as a browser opens to one server, and how often it asks for a file again. */
const mostConnections = 6;
const mostTries = 20;

/** What a phone says that it drew. */
type Drawn = Type.Static<typeof ConfirmBody>['drawn'][number];

/** A principal's phone: its authenticator, and what its browser does. */
export class TestPhone {
  readonly authenticator: TestAuthenticator;
  readonly #world: TestCity;
  readonly personId: string;
  readonly hasPrf: boolean;
  #prfSalt = '';

  constructor(world: TestCity, personId: string, { hasPrf = true } = {}) {
    this.#world = world;
    this.personId = personId;
    this.hasPrf = hasPrf;
    this.authenticator = new TestAuthenticator(world.origin);
  }

  call(method: 'GET' | 'POST', path: string, body?: object): Promise<Answer> {
    return this.#world.call(this.personId, method, `/api/v1/signing/${path}`, body);
  }

  async options(): Promise<Options> {
    const { json } = await this.call('POST', 'enrolment/options');
    return json;
  }

  /** The body of the enrolment for these options. */
  async answer(options: Options, tampering: Tampering = {}): Promise<object> {
    const attestation = this.authenticator.create(options.options, tampering);
    this.#prfSalt = options.options.extensions.prf.eval.first;
    const key = this.hasPrf
      ? await makeDeviceKey(
          this.authenticator.prf(this.#prfSalt),
          possessionText(options.options.challenge, attestation.id),
        )
      : {};
    return { ceremonyId: options.ceremonyId, attestation, deviceName: 'Điện thoại của cô', ...key };
  }

  async enrol(): Promise<Answer> {
    return this.call('POST', 'enrolment', await this.answer(await this.options()));
  }

  /** Enrols, and has the security officer approve. */
  async enrolAndApprove(): Promise<void> {
    const { json } = await this.enrol();
    await this.confirmPhone(json.approval.id);
    await this.#world.two.approve(json.approval.id, this.#world.city.people.securityOfficer, {
      code: json.approvalCode,
    });
  }

  /** The phone confirms its enrolment with its own passkey. */
  async confirmPhone(approvalId: string, tampering: Tampering = {}): Promise<void> {
    await this.#world.two.confirm(approvalId, this.personId, { passkey: this.authenticator, change: tampering });
  }

  async inbox(): Promise<{ id: string; title: string; code: string }[]> {
    return (await this.call('GET', 'inbox')).json.items;
  }

  async open(requestIds: readonly string[], purpose: 'sign' | 'seal' = 'sign'): Promise<Session> {
    const { json, status } = await this.call('POST', 'sessions', { requestIds, purpose });
    if (status !== 201) throw new Error(JSON.stringify(json));
    return json;
  }

  /** The confirmation of a session: the assertion, and the signatures with device custody; every document is opened unless said. */
  async confirmation(
    session: Session,
    tampering: Tampering = {},
    opens: (item: Session['items'][number]) => boolean = () => true,
  ): Promise<object> {
    const drawn: Drawn[] = [];
    const items = session.items.filter(opens).entries();
    const drawing = async () => {
      for (const [index, item] of items) drawn[index] = await this.#draw(session.id, item);
    };
    await Promise.all(Array.from({ length: mostConnections }, drawing));
    const closed = session.items.filter((item) => item.artefact === 'document' && !opens(item));
    const notOpened = closed.map(({ requestId }) => requestId);
    const assertion = this.authenticator.get(session.assertionOptions, tampering);
    if (session.custody === 'hsm') return { assertion, signatures: [], drawn, notOpened };
    const prf = this.authenticator.prf(this.#prfSalt);
    const signatures = await signOnDevice(
      prf,
      session.wrappedKey ?? '',
      session.items.map(({ signedAttributes }) => signedAttributes),
    );
    return {
      assertion,
      drawn,
      notOpened,
      signatures: session.items.map(({ requestId, artefact }, index) => ({
        requestId,
        artefact,
        signature: signatures[index],
      })),
    };
  }

  /** A file of the session; a server that is too busy for it is asked again, as the browser does. */
  async #file(address: string): Promise<Buffer> {
    for (let tries = 1; ; tries += 1) {
      const { status, body } = await this.call('GET', address);
      if (status !== 503) return body;
      if (tries === mostTries) throw new Error(body.toString());
    }
  }

  /** The digest of what this session would sign, computed from the file itself; zeros when the session gives none. */
  async #draw(sessionId: string, { requestId, artefact }: Session['items'][number]): Promise<Drawn> {
    const body = await this.#file(`sessions/${sessionId}/documents/${requestId}?artefact=${artefact}`);
    if (body[0] === 0x3c) {
      const bare = body.toString().replaceAll(/<ds:Signature .*?<\/ds:Signature>/gsu, '');
      return { requestId, artefact, digestHex: createHash('sha256').update(bare).digest('hex'), pages: 1 };
    }
    if (body.toString('latin1', 0, 2) === 'PK') {
      const manifest = [...readZip(body)].filter(([name]) => name.includes('ASiCManifest')).at(-1)?.[1]; // earlier ones are signed
      const digestHex = createHash('sha256')
        .update(manifest ?? '')
        .digest('hex');
      return { requestId, artefact, digestHex, pages: 1 };
    }
    const range = [...body.toString('latin1').matchAll(/\/ByteRange \[0 (\d+) (\d+) \d+ *\]>>\s+endobj/gu)].at(-1); // earlier ones are signed
    const digest = createHash('sha256')
      .update(body.subarray(0, Number(range?.[1])))
      .update(body.subarray(Number(range?.[2])));
    return { requestId, artefact, digestHex: range ? digest.digest('hex') : '0'.repeat(64), pages: 1 };
  }

  /** Signs everything that waits, a hundred at once. */
  async signAll(): Promise<string[]> {
    const ids = (await this.inbox()).map(({ id }) => id);
    if (ids.length === 0) return [];
    const session = await this.open(ids);
    const { json } = await this.confirm(session, await this.confirmation(session));
    const failed = json.items?.filter(({ state }: { state: string }) => state !== 'signed');
    if (failed?.length !== 0) throw new Error(JSON.stringify(json));
    return ids;
  }

  /** What a confirmation does before anything is completed: a process that dies right behind it leaves this. */
  async authorise(session: Session, confirmation: object): Promise<void> {
    const actor = { kind: 'person', personId: this.personId, sessionId: `session of ${this.personId}` } as const;
    const by = { ...actor, roles: [], acr: '', authenticatedAt: new Date() };
    await authorise(this.#world.context, session.id, confirmation as Confirmation, by); // as it was made above
  }

  /** Confirms what another app asks to be signed, as the phone does. */
  async confirmHashes(id: string, tampering: Tampering = {}): Promise<Answer> {
    const { json: asked } = await this.call('GET', `authorisations/${id}`);
    const assertion = this.authenticator.get(asked.assertionOptions, tampering);
    const digests = asked.hashes.map(({ hashHex }: { hashHex: string }) => Buffer.from(hashHex, 'hex'));
    const prf = () => this.authenticator.prf(this.#prfSalt);
    const signatures = asked.custody === 'device' ? await signDigestsOnDevice(prf(), asked.wrappedKey, digests) : [];
    return this.call('POST', `authorisations/${id}/confirm`, { assertion, signatures });
  }

  confirm(session: Session, confirmation: object): Promise<Answer> {
    return this.call('POST', `sessions/${session.id}/confirm`, confirmation);
  }
}
