/** What is used of pako 2. */
declare module 'pako' {
  export class Inflate {
    constructor(options: { readonly chunkSize: number; readonly raw?: true; readonly windowBits?: number });
    readonly strm: { readonly total_in: number };
    onData: (part: Uint8Array) => void;
    /** Whether the end of the data was reached. */
    push(data: Uint8Array, isLast: true): boolean;
  }
}
