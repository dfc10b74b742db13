import createClient from 'openapi-fetch';
import type { paths } from '../generated/api.d.ts';
import { keepOverSignIn } from './keep.ts';
import { locale, t } from './language.ts';

/** Our own API, typed from the document that the server generates. */
export const api = createClient<paths>({ baseUrl: '/', headers: { accept: 'application/json' } });
api.use({
  onRequest: ({ request }) => {
    request.headers.set('accept-language', locale());
  },
});

/** What the server says when it refuses (RFC 9457). */
export interface Problem {
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  readonly remedy?: string;
  readonly acr?: string;
  readonly fields?: readonly { readonly pointer: string; readonly detail: string }[];
}

/** A refusal as an exception whose message is the sentence for the person. */
export class Refused extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    const { detail, fields = [], remedy } = problem;
    super([...new Set([detail, ...fields.map((field) => field.detail), remedy])].filter(Boolean).join(' '));
    this.problem = problem;
  }
}

/** No answer came: the line is cut, or the server is away. */
export class NoConnection extends Error {
  constructor() {
    super(
      t(
        'Không nối được tới máy chủ. Kiểm tra mạng rồi thử lại.',
        'The server cannot be reached. Check the network and try again.',
      ),
    );
  }
}

/**
 * The answer's data, or an exception. Anyone who is not signed in (or not recently enough) is sent to sign in and
 * comes back here; what they typed is kept.
 */
export async function must<Data>(answer: Promise<{ data?: Data; error?: unknown; response: Response }>): Promise<Data> {
  const { data, error, response } = await answer.catch(() => {
    throw new NoConnection();
  });
  if (response.ok) return data as Data;
  const problem = error as Problem | undefined;
  if (response.status === 401) {
    keepOverSignIn();
    const back = encodeURIComponent(location.pathname + location.search);
    const stepUp = problem?.code === 'session/step-up-required' ? '&fresh=300' : '';
    location.assign(`/signin?return_to=${back}${stepUp}${problem?.acr ? `&acr=${problem.acr}` : ''}`);
    return new Promise<never>(() => undefined); // the page is leaving
  }
  throw new Refused(
    problem ?? {
      code: 'unknown',
      status: response.status,
      detail: t('Có lỗi, hãy thử lại.', 'Something went wrong, try again.'),
    },
  );
}
