import { Forbidden } from '@edutrust/platform/errors';
import type { FastifyRequest } from 'fastify';

/**
 * What a session of somebody who left opens: their own account, data and papers, and the way in and out. Everything else,
 * also what is added one day, is closed to them (ADR 0375). A path that is spelled in another way is closed too.
 */
const own =
  /^\/(?:account(?:\/(?:password|passkey|passkeys|second-factor|sessions|upstream|looks|documents|data-requests|apps)(?:\/[^?]*)?)?|api\/v1\/account(?:\/(?:data|documents|notices|releases|data-requests|sessions|passkeys)(?:\/[^?]*)?)?|signin(?:\/[^?]*)?|activate(?:\/[^?]*)?|sign-out|signed-out|not-me)?(?:\?|$)/;

/** `path` with or without its query. */
export const isOwnOfLeft = (path: string): boolean => own.test(path);

const requests = new WeakSet<FastifyRequest>();

/** Keeps that the request came with a session of somebody who left. */
export function keepOfLeft(request: FastifyRequest): void {
  requests.add(request);
}

/** Whether the request came with a session of somebody who left. */
export const isOfLeft = (request: FastifyRequest): boolean => requests.has(request);

/** For a page that would send nobody's browser to sign in: who left is told, and not sent round in a circle. @throws Forbidden `account/left` */
export function mustNotBeOfLeft(request: FastifyRequest): void {
  if (!isOfLeft(request) || isOwnOfLeft(request.url)) return;
  throw new Forbidden(
    'account/left',
    {
      vi: 'Trang này dành cho người đang học hoặc làm việc ở trường.',
      en: 'This page is for people who learn or work at a school now.',
    },
    {
      remedy: {
        vi: 'Giấy tờ, dữ liệu và tài khoản của chính mình vẫn ở trang đầu.',
        en: 'Your own papers, data and account are still on the first page.',
      },
    },
  );
}
