import type { ServiceContext } from '@edutrust/platform/context';
import { EduTrustError } from '@edutrust/platform/errors';
import { anyone, localeOf } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { hide, strict } from '@edutrust/platform/schemas';
import Type from 'typebox';
import type { DiplomaProps, SigningPages } from '../pages.ts';
import { lookUpDiploma } from './register.ts';

const url = '/verify/diploma';
const field = (maxLength: number) => Type.String({ maxLength });
const Typed = Type.Object({ number: field(20), year: field(4), fullName: field(150), birthDate: field(10) }, strict);

const showForm = (pages: SigningPages) =>
  route({
    method: 'GET',
    url,
    access: anyone,
    schema: { ...hide, querystring: Type.Object({ lang: Type.Optional(Type.String()) }) },
    handle: (request, reply) =>
      reply
        .type('text/html; charset=utf-8')
        .send(pages.diploma({ action: url }, { locale: localeOf(request), path: request.url })),
  });

const answer = ({ db }: ServiceContext, pages: SigningPages) =>
  route({
    method: 'POST',
    url,
    access: anyone,
    schema: { ...hide, body: Typed },
    handle: async (request, reply) => {
      const typed = request.body;
      const props: DiplomaProps = { action: url, typed, answer: await answerOf(db, typed) };
      return reply
        .type('text/html; charset=utf-8')
        .header('cache-control', 'no-store')
        .send(pages.diploma(props, { locale: localeOf(request), path: url }));
    },
  });

/** In force, in force no more, or nothing that fits: what is wrong of the four is never said. */
async function answerOf(
  db: ServiceContext['db'],
  { number, year, fullName, birthDate }: Type.Static<typeof Typed>,
): Promise<NonNullable<DiplomaProps['answer']>> {
  const asked = { number, year: Number.parseInt(year, 10), fullName, birthDate };
  if (!Number.isSafeInteger(asked.year) || Number.isNaN(Date.parse(birthDate))) return 'none';
  try {
    const { state } = await lookUpDiploma(db, asked);
    return state === 'issued' ? 'in-force' : 'not-in-force';
  } catch (error) {
    if (error instanceof EduTrustError && error.code === 'forms/no-diploma') return 'none';
    throw error;
  }
}

/** `/verify/diploma`: whether a diploma is in force, by what stands on it, for who holds the paper only. */
export const diplomaPages = (context: ServiceContext, pages: SigningPages): Route[] => [
  showForm(pages),
  answer(context, pages),
];
