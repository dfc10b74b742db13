import type { ServiceContext } from '@edutrust/platform/context';
import type { FastifyRequest } from 'fastify';
import type { ValidationPool } from '../validation/validation.ts';
import { verificationQueue } from './limits.ts';
import { readSubmission } from './submission.ts';
import { type VerificationReport, verifyFile } from './verify.ts';

/** What is said of a file that somebody sent. */
export interface Judged {
  readonly report: VerificationReport;
  readonly fileName: string;
}

export type Judge = (request: FastifyRequest) => Promise<Judged>;

/** Judges the files of requests, a bounded number at once in the whole process; see `verificationQueue`. */
export function createJudge(context: ServiceContext, pool: ValidationPool): Judge {
  const inTurn = verificationQueue();
  return async (request) => {
    await using submission = await readSubmission(request);
    const { trust, at, password } = submission;
    const report = await inTurn(async () => {
      const content = await submission.content();
      return verifyFile(context, await submission.bytes(), {
        trust,
        pool,
        ...(content ? { content } : {}),
        ...(at ? { at } : {}),
        ...(password ? { password } : {}),
      });
    });
    return { report, fileName: submission.fileName };
  };
}
