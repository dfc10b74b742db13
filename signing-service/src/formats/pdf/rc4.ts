/** RC4, which old PDFs are encrypted with (ISO 32000-2 §7.6.3). Only to read them: it protects nothing. */
export function rc4(key: Uint8Array, data: Uint8Array): Buffer {
  const state = Uint8Array.from({ length: 256 }, (_, index) => index);
  const at = (index: number) => state[index & 255] ?? 0;
  const swap = (a: number, b: number) => {
    const kept = at(a);
    state[a & 255] = at(b);
    state[b & 255] = kept;
  };
  for (let i = 0, j = 0; i < 256; i++) {
    j += at(i) + (key[i % key.length] ?? 0);
    swap(i, j);
  }
  const out = Buffer.alloc(data.length);
  for (let index = 0, i = 0, j = 0; index < data.length; index++) {
    i++;
    j += at(i);
    swap(i, j);
    out[index] = (data[index] ?? 0) ^ at(at(i) + at(j));
  }
  return out;
}
