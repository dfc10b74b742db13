import { InvalidInput } from '@edutrust/platform/errors';
import { anyone, type HttpServer } from '@edutrust/platform/http';
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
import { beginAfterActivation } from '../signin/activated.ts';
import { proofOfActivation } from '../signin/proof.ts';
import { originOf } from '../throttling/origin.ts';
import type { IdpTools } from '../tools.ts';
import { openActivation, readTicket, useActivation } from './activation.ts';

const config = { access: anyone };
const Ticket = Type.String({ maxLength: 100 });
const Text = Type.String({ maxLength: 1_024 });

/** Activation with a printed code or the first administrator's link: code, «is this you?», choose how to sign in. */
export function addActivationRoutes(app: HttpServer, tools: IdpTools): void {
  const { context, pages, hasher, throttle, cookies } = tools;
  const { db } = context;

  const showCode = (request: FastifyRequest, reply: FastifyReply, code = '', error?: FormError, status = 200) =>
    sendPage(
      reply,
      pages.activate({ step: 'code', action: '/activate', code, ...(error ? { error } : {}) }, viewOf(request)),
      status,
    );

  async function showConfirm(request: FastifyRequest, reply: FastifyReply, ticket: string, personId: string) {
    const view = viewOf(request);
    const claims = await personClaims(db, personId);
    const { isPupil } = await passwordRule(context, personId);
    const maskedName = maskName(claims.name);
    const place = placeOf(claims, view.locale);
    return sendPage(
      reply,
      pages.activate({ step: 'confirm', action: '/activate/confirm', ticket, maskedName, place, isPupil }, view),
    );
  }

  async function showChoose(
    request: FastifyRequest,
    reply: FastifyReply,
    ticket: string,
    { error, status }: { error?: FormError; status?: number } = {},
  ) {
    const { personId } = await readTicket(context, ticket);
    const view = viewOf(request);
    const person = await getPerson(db, personId);
    const rule = await passwordRule(context, personId);
    const html = pages.activate(
      {
        step: 'choose',
        action: '/activate/password',
        ticket,
        educationId: formatEducationId(person.educationId),
        name: person.fullName,
        isPupil: rule.isPupil,
        needsPasskey: needPasskey(await recordedRolesOf(db, personId)),
        minimumLength: rule.minimumLength,
        advice: rule.advice[view.locale],
        ...(error ? { error } : {}),
        passkey: { optionsPath: '/activate/passkey/options', verifyPath: '/activate/passkey', ticket },
      },
      view,
    );
    return sendPage(reply, html, status);
  }

  app.get('/activate', { config, schema: hide }, (request, reply) => showCode(request, reply));

  app.post(
    '/activate',
    { config, schema: { ...hide, body: Type.Object({ code: Text }, strict) } },
    async (request, reply) => {
      const origin = originOf(request, cookies.device);
      try {
        await throttle.beginCode(origin);
        const opened = await openActivation(context, request.body.code, 'code');
        return await showConfirm(request, reply, opened.ticket, opened.personId);
      } catch (error) {
        if (error instanceof InvalidInput) await throttle.codeFailed(origin);
        const { error: shown, status } = formErrorOf(error, request);
        return showCode(request, reply, request.body.code.slice(0, 40), shown, status);
      }
    },
  );

  // Opening the link uses nothing up: what scans links in mail and chat must not take it from the person. A wrong one
  // counts for nothing: 256 bits are not guessed, and a page elsewhere could ask for it in anybody's name.
  const Token = Type.Object({ token: Type.String({ maxLength: 100 }), lang: Type.Optional(Type.String()) });
  app.get('/activate/first', { config, schema: { ...hide, querystring: Token } }, async (request, reply) => {
    const opened = await openActivation(context, request.query.token, 'link');
    return showConfirm(request, reply, opened.ticket, opened.personId);
  });

  const Confirm = Type.Object({ ticket: Ticket, answer: Type.Enum(['yes', 'no']) }, strict);
  app.post('/activate/confirm', { config, schema: { ...hide, body: Confirm } }, async (request, reply) =>
    request.body.answer === 'yes'
      ? showChoose(request, reply, request.body.ticket)
      : showCode(request, reply, '', {
          detail:
            viewOf(request).locale === 'vi'
              ? 'Đây không phải phiếu của bạn. Hãy trả phiếu lại cho giáo viên và xin phiếu của mình.'
              : 'This is not your sheet. Give it back to your teacher and ask for your own.',
        }),
  );

  /** Their roles ask for more than the password that they chose, and they have nothing that is more. */
  const lacksSecond = async (personId: string) =>
    needPasskey(await recordedRolesOf(db, personId)) &&
    !(await findSecondFactor(db, personId)) &&
    (await listPasskeys(db, personId)).length === 0;

  const Password = Type.Object({ ticket: Ticket, password: Text, repeat: Text }, strict);
  app.post('/activate/password', { config, schema: { ...hide, body: Password } }, async (request, reply) => {
    const { ticket, password, repeat } = request.body;
    const opened = await readTicket(context, ticket);
    try {
      if (password.normalize('NFC') !== repeat.normalize('NFC')) throw notTheSame();
      const hash = await hashNewPassword(context, hasher, opened.personId, password);
      await db.transaction().execute(async (transaction) => {
        await useActivation(transaction, context, opened);
        await keepPassword(transaction, context, { personId: opened.personId, hash }, activation);
      });
      const proof = await proofOfActivation(tools, opened.personId, { acr: 'pwd', amr: ['pwd'] });
      // A password alone opens nothing of a role above a teacher's (W5): its second factor comes next.
      const next = (await lacksSecond(opened.personId)) ? secondFactorPath : '/';
      return seeOther(reply, await beginAfterActivation(tools, request, reply, proof, next));
    } catch (error) {
      const { error: shown, status } = formErrorOf(error, request);
      return showChoose(request, reply, ticket, { error: shown, status });
    }
  });

  app.post(
    '/activate/passkey/options',
    { config, schema: { ...hide, body: Type.Object({ ticket: Ticket }, strict) } },
    async (request) => {
      const { personId } = await readTicket(context, request.body.ticket);
      return { options: await creationOptions(context, { boundTo: `ticket:${request.body.ticket}`, personId }) };
    },
  );

  const Passkey = Type.Object(
    { ticket: Ticket, credential: AttestationBody, name: Type.Optional(Type.String({ maxLength: 200 })) },
    strict,
  );
  app.post('/activate/passkey', { config, schema: { ...hide, body: Passkey } }, async (request, reply) => {
    const { ticket, credential, name = '' } = request.body;
    const opened = await readTicket(context, ticket);
    const passkey = await verifyAttestation(context, credential, {
      boundTo: `ticket:${ticket}`,
      personId: opened.personId,
    });
    await db.transaction().execute(async (transaction) => {
      const given = await useActivation(transaction, context, opened);
      await forgetPassword(transaction, opened.personId);
      await keepPasskey(transaction, context, { personId: opened.personId, name, passkey, given }, activation);
    });
    const how = { acr: 'passkey', amr: ['pop', 'user', 'mfa'] } as const;
    const proof = await proofOfActivation(tools, opened.personId, how);
    return { location: await beginAfterActivation(tools, request, reply, proof) };
  });
}

const activation = { kind: 'system', name: 'activation' } as const;

/** `Đặng Thị Ánh Nguyệt` → `Đ… T… Á… Nguyệt`: enough to know oneself by, little for whoever found the sheet. */
function maskName(name: string): string {
  const words = name.split(' ');
  return words.map((word, index) => (index === words.length - 1 ? word : `${[...word][0]}…`)).join(' ');
}

function notTheSame(): InvalidInput {
  const detail = { vi: 'Hai lần nhập mật khẩu không giống nhau.', en: 'The two passwords are not the same.' };
  return new InvalidInput('passwords/not-repeated', detail, { fields: [{ pointer: '/repeat', detail }] });
}
