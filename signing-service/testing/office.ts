import type { Answer, TestCity, TestPhone } from './city.ts';

/** The people of the demo city's first school who send files, sign and seal them. */
export interface Office {
  readonly organisationId: string;
  readonly administrator: string;
  readonly teacher: TestPhone;
  readonly principal: TestPhone;
  readonly clerk: TestPhone;
  /** Address of what belongs to the school. */
  readonly path: (what: string) => string;
  /** Sends a file to be signed. */
  readonly upload: (
    bytes: Buffer,
    options?: {
      readonly person?: string;
      readonly where?: string;
      readonly name?: string;
      readonly method?: 'POST' | 'PUT';
    },
    // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects and fails when it is not there
  ) => Promise<{ readonly status: number; readonly json: any }>;
  /** Asks for signatures on it. */
  readonly ask: (body: object, person?: string) => Promise<Answer>;
  /** Signs or seals in one confirmation; what came of each. */
  readonly sign: (phone: TestPhone, ids: readonly string[], purpose?: 'sign' | 'seal') => Promise<string[]>;
}

/** Enrols the phones of teacher, principal and clerk, and gives the school its seal. */
export async function officeOf(world: TestCity): Promise<Office> {
  const school = world.city.schools[0];
  if (!school) throw new TypeError('a demo city has a school');
  const { id: organisationId, administratorId: administrator } = school;
  const path = (what: string) => `/api/v1/signing/organisations/${organisationId}/${what}`;
  const teacher = await world.phoneOf(world.classTeacherOf(0));
  const principal = await world.phoneOf(school.principalId);
  const clerk = await world.phoneOf(school.clerkId ?? '');
  await world.giveSeal(0);
  return {
    organisationId,
    administrator,
    teacher,
    principal,
    clerk,
    path,
    upload: async (
      bytes,
      { person = administrator, where = path('uploads'), name = 'quyết định.pdf', method = 'POST' } = {},
    ) => {
      const boundary = 'a-boundary-of-this-test';
      const head = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\ncontent-type: application/octet-stream\r\n\r\n`;
      const answer = await world.app.inject({
        method,
        url: where,
        headers: {
          'x-person': person,
          'x-session': `session of ${person}`,
          'sec-fetch-site': 'same-origin',
          'content-type': `multipart/form-data; boundary=${boundary}`,
        },
        payload: Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]),
      });
      return { status: answer.statusCode, json: answer.json() };
    },
    ask: (body, person = administrator) => world.call(person, 'POST', path('documents'), body),
    sign: async (phone, ids, purpose = 'sign') => {
      const session = await phone.open(ids, purpose);
      const { json } = await phone.confirm(session, await phone.confirmation(session));
      return json.items?.map(
        ({ state, error }: { state: string; error: { code: string } | null }) => error?.code ?? state,
      );
    },
  };
}
