import type { ServiceContext } from '@edutrust/platform/context';
import { InvalidInput } from '@edutrust/platform/errors';
import { anyone } from '@edutrust/platform/http';
import { type Route, route } from '@edutrust/platform/route';
import { hide, strict } from '@edutrust/platform/schemas';
import { formatEducationId } from '@edutrust/registry/education-id';
import { getPerson, personClaims } from '@edutrust/registry/people';
import { needPasskey, recordedRolesOf } from '@edutrust/registry/permissions';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { formErrorOf, seeOther, sendPage, viewOf } from '../page-reply.ts';
import type { FormError } from '../pages.ts';
import { creationOptions, keepPasskey, listPasskeys, verifyAttestation } from '../passkeys/passkeys.ts';
import { AttestationBody } from '../passkeys/schemas.ts';
import { forgetPassword, hashNewPassword, keepPassword, passwordRule } from '../password/password.ts';
import { placeOf } from '../provider/claims.ts';
import { secondFactorPath } from '../second-factor/routes.ts';
import { findSecondFactor } from '../second-factor/second-factor.ts';
import { deviceOf } from '../sessions/device.ts';
import { beginAfterActivation } from '../signin/activated.ts';
import { proofOfActivation } from '../signin/proof.ts';
import { originOf } from '../throttling/origin.ts';
import type { IdpTools } from '../tools.ts';
import { openActivation, readTicket, useActivation } from './activation.ts';

const Ticket = Type.String({ maxLength: 100 });
const Text = Type.String({ maxLength: 1_024 });

const showCode = (
  { pages }: IdpTools,
  request: FastifyRequest,
  reply: FastifyReply,
  { code = '', error, status = 200 }: { code?: string; error?: FormError; status?: number } = {},
) =>
  sendPage(
    reply,
    pages.activate({ step: 'code', action: '/activate', code, ...(error ? { error } : {}) }, viewOf(request)),
    status,
  );

async function showConfirm(
  { context, pages }: IdpTools,
  request: FastifyRequest,
  reply: FastifyReply,
  ticket: string,
  personId: string,
) {
  const view = viewOf(request);
  const claims = await personClaims(context.db, personId);
  const { isPupil } = await passwordRule(context, personId);
  const maskedName = maskName(claims.name);
  const place = placeOf(claims, view.locale);
  return sendPage(
    reply,
    pages.activate({ step: 'confirm', action: '/activate/confirm', ticket, maskedName, place, isPupil }, view),
  );
}

async function showChoose(
  { context, pages }: IdpTools,
  request: FastifyRequest,
  reply: FastifyReply,
  ticket: string,
  { error, status }: { error?: FormError; status?: number } = {},
) {
  const { personId } = await readTicket(context, ticket);
  const view = viewOf(request);
  const person = await getPerson(context.db, personId);
  const rule = await passwordRule(context, personId);
  const html = pages.activate(
    {
      step: 'choose',
      action: '/activate/password',
      ticket,
      educationId: formatEducationId(person.educationId),
      name: person.fullName,
      isPupil: rule.isPupil,
      needsPasskey: needPasskey(await recordedRolesOf(context.db, personId)),
      minimumLength: rule.minimumLength,
      advice: rule.advice[view.locale],
      ...(error ? { error } : {}),
      passkey: { optionsPath: '/activate/passkey/options', verifyPath: '/activate/passkey', ticket },
    },
    view,
  );
  return sendPage(reply, html, status);
}

// Opening the link uses nothing up: what scans links in mail and chat must not take it from the person. A wrong one
// counts for nothing: 256 bits are not guessed, and a page elsewhere could ask for it in anybody's name.
const Token = Type.Object({ token: Type.String({ maxLength: 100 }), lang: Type.Optional(Type.String()) });

const Confirm = Type.Object({ ticket: Ticket, answer: Type.Enum(['yes', 'no']) }, strict);

const Password = Type.Object({ ticket: Ticket, password: Text, repeat: Text }, strict);

const Passkey = Type.Object(
  { ticket: Ticket, credential: AttestationBody, name: Type.Optional(Type.String({ maxLength: 200 })) },
  strict,
);

const showForm = (tools: IdpTools) =>
  route({
    method: 'GET',
    url: '/activate',
    access: anyone,
    schema: hide,
    handle: (request, reply) => showCode(tools, request, reply),
  });

const takeCode = (tools: IdpTools) => {
  const { context, throttle, cookies } = tools;
  return route({
    method: 'POST',
    url: '/activate',
    access: anyone,
    schema: { ...hide, body: Type.Object({ code: Text }, strict) },
    handle: async (request, reply) => {
      const origin = originOf(request, cookies.device);
      try {
        await throttle.beginCode(origin);
        const opened = await openActivation(context, request.body.code, 'code');
        return await showConfirm(tools, request, reply, opened.ticket, opened.personId);
      } catch (error) {
        if (error instanceof InvalidInput) await throttle.codeFailed(origin);
        const { error: shown, status } = formErrorOf(error, request);
        return showCode(tools, request, reply, { code: request.body.code.slice(0, 40), error: shown, status });
      }
    },
  });
};

const openLink = (tools: IdpTools) =>
  route({
    method: 'GET',
    url: '/activate/first',
    access: anyone,
    schema: { ...hide, querystring: Token },
    handle: async (request, reply) => {
      const opened = await openActivation(tools.context, request.query.token, 'link');
      return showConfirm(tools, request, reply, opened.ticket, opened.personId);
    },
  });

const confirm = (tools: IdpTools) =>
  route({
    method: 'POST',
    url: '/activate/confirm',
    access: anyone,
    schema: { ...hide, body: Confirm },
    handle: async (request, reply) =>
      request.body.answer === 'yes'
        ? showChoose(tools, request, reply, request.body.ticket)
        : showCode(tools, request, reply, {
            error: {
              detail:
                viewOf(request).locale === 'vi'
                  ? 'Đây không phải phiếu của mình. Hãy trả phiếu lại cho thầy cô và xin đúng phiếu.'
                  : 'This is not your sheet. Give it back to your teacher and ask for your own.',
            },
          }),
  });

/** Their roles ask for more than the password that they chose, and they have nothing that is more. */
const lacksSecond = async ({ db }: ServiceContext, personId: string) =>
  needPasskey(await recordedRolesOf(db, personId)) &&
  !(await findSecondFactor(db, personId)) &&
  (await listPasskeys(db, personId)).length === 0;

const choosePassword = (tools: IdpTools) =>
  route({
    method: 'POST',
    url: '/activate/password',
    access: anyone,
    schema: { ...hide, body: Password },
    handle: async (request, reply) => {
      const { ticket, password, repeat } = request.body;
      const opened = await readTicket(tools.context, ticket);
      try {
        if (password.normalize('NFC') !== repeat.normalize('NFC')) throw notTheSame();
        const hash = await hashNewPassword(tools.context, tools.hasher, opened.personId, password);
        await tools.context.db.transaction().execute(async (transaction) => {
          await useActivation(transaction, tools.context, opened);
          await keepPassword(transaction, tools.context, { personId: opened.personId, hash }, activation);
        });
        const proof = await proofOfActivation(tools, opened.personId, { acr: 'pwd', amr: ['pwd'] });
        // A password alone opens nothing of a role above a teacher's (W5): its second factor comes next.
        const next = (await lacksSecond(tools.context, opened.personId)) ? secondFactorPath : '/';
        return seeOther(reply, await beginAfterActivation(tools, request, reply, proof, next));
      } catch (error) {
        const { error: shown, status } = formErrorOf(error, request);
        return showChoose(tools, request, reply, ticket, { error: shown, status });
      }
    },
  });

const passkeyOptions = ({ context }: IdpTools) =>
  route({
    method: 'POST',
    url: '/activate/passkey/options',
    access: anyone,
    schema: { ...hide, body: Type.Object({ ticket: Ticket }, strict) },
    handle: async (request) => {
      const { personId } = await readTicket(context, request.body.ticket);
      return { options: await creationOptions(context, { boundTo: `ticket:${request.body.ticket}`, personId }) };
    },
  });

const choosePasskey = (tools: IdpTools) =>
  route({
    method: 'POST',
    url: '/activate/passkey',
    access: anyone,
    schema: { ...hide, body: Passkey },
    handle: async (request, reply) => {
      const { ticket, credential } = request.body;
      const name = request.body.name ?? deviceOf(request.headers['user-agent'] ?? '').replace('unknown', '');
      const opened = await readTicket(tools.context, ticket);
      const passkey = await verifyAttestation(tools.context, credential, {
        boundTo: `ticket:${ticket}`,
        personId: opened.personId,
      });
      await tools.context.db.transaction().execute(async (transaction) => {
        const given = await useActivation(transaction, tools.context, opened);
        await forgetPassword(transaction, opened.personId);
        await keepPasskey(transaction, tools.context, { personId: opened.personId, name, passkey, given }, activation);
      });
      const how = { acr: 'passkey', amr: ['pop', 'user', 'mfa'] } as const;
      const proof = await proofOfActivation(tools, opened.personId, how);
      return { location: await beginAfterActivation(tools, request, reply, proof) };
    },
  });

/** Activation with a printed code or the first administrator's link: code, «is this you?», choose how to sign in. */
export const activationRoutes = (tools: IdpTools): Route[] => [
  showForm(tools),
  takeCode(tools),
  openLink(tools),
  confirm(tools),
  choosePassword(tools),
  passkeyOptions(tools),
  choosePasskey(tools),
];

const activation = { kind: 'system', name: 'activation' } as const;

/** `Đặng Thị Ánh Nguyệt` → `Đ… T… Á… Nguyệt`: enough to know oneself by, little for the finder of a sheet. */
function maskName(name: string): string {
  const words = name.split(' ');
  return words.map((word, index) => (index === words.length - 1 ? word : `${[...word][0]}…`)).join(' ');
}

function notTheSame(): InvalidInput {
  const detail = { vi: 'Hai lần nhập mật khẩu không giống nhau.', en: 'The two passwords are not the same.' };
  return new InvalidInput('passwords/not-repeated', detail, { fields: [{ pointer: '/repeat', detail }] });
}
