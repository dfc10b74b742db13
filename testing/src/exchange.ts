import { Agent, request } from 'node:http';

/** One request and its whole answer, with the headers as the server sent them. */
export interface Exchanged {
  readonly status: number;
  /** Without those that name this moment or connection: date, connection, keep-alive. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
}

const momentary = new Set(['date', 'connection', 'keep-alive']);

/** Sends exactly the headers that are given, where `fetch` adds its own. */
export function exchange(
  url: string | URL,
  { method = 'GET', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: Buffer } = {},
): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    const agent = new Agent();
    const outgoing = request(url, { method, headers, agent }, (incoming) => {
      const parts: Buffer[] = [];
      incoming.on('data', (part: Buffer) => parts.push(part));
      incoming.on('error', reject);
      incoming.on('end', () => {
        agent.destroy();
        const kept = Object.entries(incoming.headers).filter(([name]) => !momentary.has(name));
        resolve({
          status: incoming.statusCode ?? 0,
          headers: Object.fromEntries(kept) as Exchanged['headers'], // no header of an answer is undefined
          body: Buffer.concat(parts),
        });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
