/** What a page was rendered with: the test's pages print their props. */
export interface ShownPage {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects and fails when it is not there
  readonly props: any;
  readonly view: { readonly idleSeconds?: number };
}

export interface Shown {
  readonly status: number;
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
  readonly page: ShownPage | undefined;
  /** Those that are posted. */
  readonly forms: readonly Form[];
}

/** A form of a page: where it is sent, and what it sends besides what a person types. */
export interface Form {
  readonly action: string;
  readonly hidden: Readonly<Record<string, string>>;
}

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
}

/** A browser without JavaScript: cookies by host and path, redirects followed, forms posted. */
export class TestBrowser {
  readonly #cookies = new Map<string, Cookie>();
  /** Every `Set-Cookie` seen, for tests of their attributes. */
  readonly setCookies: string[] = [];
  /** Stop before these origins: nobody listens at a test's relying app. */
  readonly stopAt: readonly string[];

  constructor({ stopAt = [] }: { stopAt?: readonly string[] } = {}) {
    this.stopAt = stopAt;
  }

  cookie(name: string): string | undefined {
    return [...this.#cookies.values()].find((cookie) => cookie.name === name)?.value;
  }

  setCookie(name: string, value: string, host: string): void {
    this.#cookies.set(`${host}|/|${name}`, { name, value, path: '/' });
  }

  header(url: URL): string {
    return [...this.#cookies]
      .filter(([key, { path }]) => key.startsWith(`${url.host}|`) && url.pathname.startsWith(path))
      .map(([, { name, value }]) => `${name}=${value}`)
      .join('; ');
  }

  /** One request, no redirect followed. */
  async request(address: string | URL, init: RequestInit = {}): Promise<Response> {
    const url = new URL(address);
    const cookie = this.header(url);
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: { accept: 'text/html', ...(cookie ? { cookie } : {}), ...(init.headers as Record<string, string>) },
    });
    for (const line of response.headers.getSetCookie()) {
      this.setCookies.push(line);
      const [pair = '', ...attributes] = line.split(/;\s*/);
      const at = pair.indexOf('=');
      const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice(5) ?? '/';
      const name = pair.slice(0, at);
      const value = pair.slice(at + 1);
      const key = `${url.host}|${path}|${name}`;
      const gone = /max-age=0(?:;|$)|expires=Thu, 01 Jan 1970/i.test(line) || value === '';
      if (gone) this.#cookies.delete(key);
      else this.#cookies.set(key, { name, value, path });
    }
    return response;
  }

  async get(address: string | URL): Promise<Shown> {
    return this.#follow(new URL(address), {});
  }

  async post(address: string | URL, fields: Record<string, string>): Promise<Shown> {
    const body = new URLSearchParams(fields);
    return this.#follow(new URL(address), { method: 'POST', body, headers: { 'sec-fetch-site': 'same-origin' } });
  }

  async json(address: string | URL, body: object, method = 'POST'): Promise<{ status: number; json: Json }> {
    const response = await this.request(address, {
      method,
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', accept: 'application/json' },
    });
    const text = await response.text();
    return { status: response.status, json: text ? JSON.parse(text) : undefined };
  }

  async #follow(start: URL, init: RequestInit): Promise<Shown> {
    let url = start;
    let response = await this.request(url, init);
    for (let hops = 0; response.status >= 300 && response.status < 400 && hops < 20; hops += 1) {
      url = new URL(response.headers.get('location') ?? '', url);
      if (this.stopAt.includes(url.origin)) break;
      await response.arrayBuffer();
      response = await this.request(url);
    }
    const body = await response.text();
    const found = /<script type="application\/json">(.*?)<\/script>/s.exec(body)?.[1];
    return {
      status: response.status,
      url: url.href,
      headers: response.headers,
      body,
      page: found ? JSON.parse(found) : undefined,
      forms: formsOf(body),
    };
  }
}

function formsOf(html: string): Form[] {
  const forms = html.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs);
  return [...forms].map(([, attributes = '', content = '']) => ({
    action: attributeOf(attributes, 'action') ?? '',
    hidden: Object.fromEntries(
      [...content.matchAll(/<input\b([^>]*)>/g)]
        .filter(([, input = '']) => attributeOf(input, 'type') === 'hidden' && attributeOf(input, 'name'))
        .map(([, input = '']) => [attributeOf(input, 'name') ?? '', attributeOf(input, 'value') ?? '']),
    ),
  }));
}

function attributeOf(attributes: string, name: string): string | undefined {
  return new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1]?.replaceAll('&amp;', '&').replaceAll('&quot;', '"');
}

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects and fails when it is not there
export type Json = any;
