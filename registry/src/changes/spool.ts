import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Text that is written once and read again, on the disk and not in memory. */
export interface Spool extends AsyncDisposable {
  /** Resolves when the disk has taken it; most calls only fill a buffer. */
  write(text: string): Promise<void> | void;
  /** Everything that was written, in chunks; may be read again. */
  read(): AsyncGenerator<Buffer>;
}

const bufferedCharacters = 128 * 1024;

/**
 * A file in the system's folder for temporary ones, encrypted under a key that only this process has: what a crash leaves
 * is noise (AES-256 in counter mode; nobody gives us the file back, so it carries no tag).
 */
export async function openSpool(): Promise<Spool> {
  const directory = await mkdtemp(join(tmpdir(), 'edutrust-rows-'));
  const path = join(directory, 'rows');
  const handle = await open(path, 'wx', 0o600);
  const key = randomBytes(32);
  const counter = Buffer.alloc(16);
  const cipher = createCipheriv('aes-256-ctr', key, counter);
  let buffered = '';
  const flush = async () => {
    const text = buffered;
    buffered = '';
    if (text !== '') await handle.writeFile(cipher.update(text, 'utf8'));
  };
  return {
    write(text) {
      buffered += text;
      if (buffered.length >= bufferedCharacters) return flush();
    },
    async *read() {
      await flush();
      const decipher = createDecipheriv('aes-256-ctr', key, counter);
      for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) yield decipher.update(chunk);
    },
    async [Symbol.asyncDispose]() {
      await handle.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** What was written, line by line, some at once. */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string[]> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield lines;
  }
}
