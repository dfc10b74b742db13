import { Forbidden, InvalidInput, Unavailable } from '@edutrust/platform/errors';
import { signProof } from '@edutrust/signing-service/sealing-machine';
import { type KeptPairing, privateKeyOf } from './pairing-file.ts';

/** The part of `fetch` that is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** The service as a paired machine asks it. Every method throws what the service answers, in its own words. */
export interface Client {
  get<Answer>(path: string): Promise<Answer>;
  file(path: string): Promise<Buffer>;
  post<Answer>(path: string, body: object): Promise<Answer>;
}

/** Asks without being paired: to be paired. */
export async function askOrigin<Answer>(fetch: Fetch, origin: string, path: string, body: object): Promise<Answer> {
  return (
    await send(fetch, origin + path, { method: 'POST', headers: json, body: JSON.stringify(body) })
  ).json() as Answer;
}

const json = { 'content-type': 'application/json' };

/** Each request is proved by this computer's key for its method, address and body, once (RFC 9449). */
export function createClient(fetch: Fetch, now: () => Date, pairing: KeptPairing): Client {
  const key = privateKeyOf(pairing);
  const { origin, token } = pairing;
  const ask = async (method: 'GET' | 'POST', path: string, body?: object): Promise<Response> => {
    const url = origin + path;
    const proof = await signProof(key, { method, url, token, body }, now());
    const headers = { authorization: `DPoP ${token}`, dpop: proof, ...(body ? json : {}) };
    return send(fetch, url, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
  };
  return {
    get: async <Answer>(path: string) => (await ask('GET', path)).json() as Answer,
    file: async (path) => Buffer.from(await (await ask('GET', path)).arrayBuffer()),
    post: async <Answer>(path: string, body: object) => (await ask('POST', path, body)).json() as Answer,
  };
}

/** A redirect would lead to another origin than the paired one: it is refused. */
async function send(fetch: Fetch, url: string, init: RequestInit): Promise<Response> {
  const answer = await fetch(url, { ...init, redirect: 'error' }).catch((cause) => {
    throw new Unavailable(
      'sign/no-answer',
      { vi: `Không kết nối được tới ${url}.`, en: `There is no connection to ${url}.` },
      { remedy: { vi: 'Xem lại mạng và địa chỉ --origin.', en: 'Check the network and the address --origin.' }, cause },
    );
  });
  if (answer.ok) return answer;
  const problem = (await answer.json().catch(() => ({}))) as { code?: string; detail?: string; remedy?: string };
  const text = problem.detail ?? `HTTP ${answer.status}`;
  const remedy = problem.remedy ? { remedy: { vi: problem.remedy, en: problem.remedy } } : {};
  const Kind = answer.status >= 500 ? Unavailable : answer.status === 403 ? Forbidden : InvalidInput;
  throw new Kind(problem.code ?? 'sign/no-answer', { vi: text, en: text }, remedy); // in the language of the request
}
