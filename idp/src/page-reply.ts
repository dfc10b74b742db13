import { EduTrustError } from '@edutrust/platform/errors';
import { localeOf } from '@edutrust/platform/http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FormError, View } from './pages.ts';

export function viewOf(request: FastifyRequest): View {
  return { locale: localeOf(request), path: request.url };
}

/** A page is for one person at one moment: kept nowhere (P13). */
export function sendPage(reply: FastifyReply, html: string, status = 200): FastifyReply {
  return reply.code(status).header('cache-control', 'no-store').type('text/html; charset=utf-8').send(html);
}

/** After a form: the browser fetches the next page, and reloading it sends nothing twice. */
export function seeOther(reply: FastifyReply, location: string): FastifyReply {
  return reply.code(303).header('cache-control', 'no-store').header('location', location).send();
}

/** An error of ours as the form shows it, and the status of the page; anything else is thrown on. */
export function formErrorOf(
  error: unknown,
  request: FastifyRequest,
): { error: FormError; status: number; retryAfterSeconds: number | undefined } {
  if (!(error instanceof EduTrustError)) throw error;
  const locale = localeOf(request);
  const field = error.fields[0]?.pointer.slice(1);
  return {
    error: {
      ...(field ? { field } : {}),
      detail: error.detail[locale],
      ...(error.remedy ? { remedy: error.remedy[locale] } : {}),
    },
    status: error.status,
    retryAfterSeconds: error.retryAfterSeconds,
  };
}
