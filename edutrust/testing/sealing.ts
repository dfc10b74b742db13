import type { KeyObject } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addAnchor } from '@edutrust/certs/anchors';
import { toPem } from '@edutrust/certs/certificate';
import { openSchoolToken } from '@edutrust/certs/school-token';
import { type TestTokens, testTokens } from '@edutrust/certs/testing/school-token';
import { systemClock } from '@edutrust/platform/clock';
import { type Answer, type TestCity, testCity } from '@edutrust/signing-service/testing/city';
import { otherAuthority } from '@edutrust/signing-service/testing/other-authority';
import type { Client, Fetch } from '../src/sign/client.ts';
import { pairedClient, type SchoolComputer, type SchoolKey } from '../src/sign/machine.ts';
import { sealNext } from '../src/sign/seal.ts';

type School = TestCity['city']['schools'][number];

/** A demo city whose schools have tokens of another authority, and a computer for them. */
export interface SealingWorld extends AsyncDisposable {
  readonly city: TestCity;
  readonly school: School & { readonly clerkId: string };
  readonly other: School & { readonly clerkId: string };
  readonly tokens: TestTokens;
  /** The list of the authority that issued the schools' certificates, as it answers now; no list: it does not. */
  answer(lists: 'good' | 'revoked' | 'nothing'): void;
  readonly anchorId: string;
  /** The certificate that the school's token has, with its key, and its issuer: as if it lay elsewhere. */
  readonly seal: { readonly certificate: Buffer; readonly key: KeyObject; readonly issuing: Buffer };
  /** The service as the program reaches it, and the lists of the authorities. */
  readonly fetch: Fetch;
  /** What the program said, English. */
  readonly said: string[];
  keyOf(label: keyof typeof labels): SchoolKey;
  computer(departures?: Partial<SchoolComputer>): SchoolComputer;
  /** Somebody types the code that the computer shows; their answer. */
  type(personId: string, organisationId: string, what?: '' | '/look'): Promise<Answer>;
  /** Pairs the school's computer, with its clerk and a second person. */
  pair(departures?: Partial<SchoolComputer>): Promise<Client>;
  /** Seals everything that the demo city has waiting. */
  sealAll(client: Client): Promise<void>;
  /** Documents that the principal has signed. */
  readyForSeal(count: number, template?: Parameters<TestCity['nextForPrincipal']>[2]): Promise<string[]>;
  stateOf(requestId: string): Promise<string>;
}

const labels = { school: 'con dau', other: 'truong khac', strange: 'la' } as const;
const listsAt = 'http://lists.test';
export const schoolName = 'Trường Tiểu học Lê Lợi';
const otherName = 'Trường Trung học cơ sở Hai Bà Trưng';

export async function sealingWorld(
  clock?: Parameters<typeof testCity>[0],
  apps?: Parameters<typeof testCity>[2],
): Promise<SealingWorld> {
  const city = await testCity(clock, {}, apps);
  const folder = await mkdtemp(join(tmpdir(), 'edutrust-sign-'));
  const authority = otherAuthority('Ban Cơ yếu', listsAt);
  const seals = {
    school: authority.seal(schoolName, 'rsa'),
    other: authority.seal(otherName, 'p256'),
    strange: otherAuthority('Lạ', listsAt).seal(schoolName, 'rsa'),
  };
  const tokens = await testTokens(
    Object.entries(seals).map(([name, { key, certificate }]) => ({
      label: labels[name as keyof typeof labels], // its keys
      key,
      certificates: [certificate, authority.issuing],
    })),
  );
  const anchorId = await trust(city, authority.root);
  const [school, other] = twoSchools(city);
  const lists = { now: authority.lists([]) };
  const fetch = reach(city, lists);
  const said: string[] = [];
  const keyOf: SealingWorld['keyOf'] = (name) => {
    const token = openSchoolToken(tokens.library, labels[name]);
    const { certificate } = seals[name];
    return { certificate, issuers: token.issuers, unlock: (pin) => token.unlock(certificate, pin) };
  };
  const world: SealingWorld = {
    city,
    school,
    other,
    tokens,
    anchorId,
    seal: { certificate: seals.school.certificate, key: seals.school.key, issuing: authority.issuing },
    fetch,
    said,
    keyOf,
    answer: (how) => {
      const revoked = how === 'revoked' ? [{ serial: seals.school.serial, at: new Date() }] : [];
      lists.now = how === 'nothing' ? new Map() : authority.lists(revoked);
    },
    computer: (departures) => ({
      origin: city.origin,
      key: keyOf('school'),
      folder,
      clock: systemClock,
      fetch,
      say: ({ en }) => void said.push(en),
      askPin: async () => tokens.pin,
      pause: async () => undefined,
      ...departures,
    }),
    type: (personId, organisationId, what = '') =>
      city.call(personId, 'POST', `${machinesOf(organisationId)}${what}`, { code: shownCode(said).toLowerCase() }),
    pair: (departures) => pair(world, departures),
    sealAll: (client) => sealAll(world, client),
    readyForSeal: async (count, template) => {
      const ids = await city.nextForPrincipal(0, count, template);
      await (await city.phoneOf(school.principalId)).signAll();
      return ids;
    },
    stateOf: async (id) =>
      (await city.call(school.administratorId, 'GET', `/api/v1/signing/requests/${id}`)).json.state,
    [Symbol.asyncDispose]: async () => {
      await city[Symbol.asyncDispose]();
      await tokens[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return world;
}

function twoSchools({ city }: TestCity) {
  const [first, second] = city.schools;
  if (!first?.clerkId || !second?.clerkId) throw new TypeError('a city of two schools with clerks');
  return [
    { ...first, clerkId: first.clerkId },
    { ...second, clerkId: second.clerkId },
  ] as const;
}

async function sealAll(world: SealingWorld, client: Client): Promise<void> {
  await world.readyForSeal(1); // the class teacher and the principal sign all that waits for them
  await sealNext(world.computer(), client);
}

/** Gives the answers of the service, and of where the other authorities put their lists. */
const reach =
  ({ app }: TestCity, lists: { readonly now: ReadonlyMap<string, Buffer> }): Fetch =>
  async (url, { method = 'GET', headers, body }) => {
    if (url.startsWith(listsAt)) {
      const list = lists.now.get(url);
      return list ? new Response(new Uint8Array(list)) : new Response('', { status: 503 });
    }
    const answer = await app.inject({
      method: method as 'GET' | 'POST', // the two that it uses
      url: new URL(url).pathname,
      headers: headers as Record<string, string>, // our own, an object
      ...(body ? { payload: String(body) } : {}),
    });
    return new Response(new Uint8Array(answer.rawPayload), { status: answer.statusCode });
  };

export const machinesOf = (organisationId: string) =>
  `/api/v1/signing/organisations/${organisationId}/sealing-machines`;

const shownCode = (said: readonly string[]) =>
  said.flatMap((line) => /Pairing code: (\S+)/.exec(line)?.[1] ?? []).at(-1) ?? '';

async function pair(world: SealingWorld, departures: Partial<SchoolComputer> = {}): Promise<Client> {
  const { city, school, type } = world;
  let approvalId = '';
  const pause = async () => {
    const { json } = await type(school.clerkId, school.id);
    approvalId = json.approval.id;
  };
  await pairedClient(world.computer({ ...departures, pause }), true);
  await city.two.both(approvalId, school.clerkId, city.city.people.securityOfficer);
  const client = await pairedClient(world.computer(departures), false);
  if (!client) throw new Error('not paired');
  return client;
}

const trust = ({ context }: TestCity, root: Buffer) =>
  context.db.transaction().execute((transaction) =>
    addAnchor(
      transaction,
      {
        name: 'Ban Cơ yếu Chính phủ',
        certificatePem: toPem(root),
        purposes: ['documents'],
        from: null,
        until: null,
        permittedNames: [],
      },
      { kind: 'system', name: 'test' },
    ),
  );

/** The code of the error that something ends with. */
export const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error) => error.code ?? String(error),
  );
