declare module '*.css';

/** The address of a file that is served as it is. */
declare module '*?url' {
  const address: string;
  export default address;
}

/** Set by the build: the public pages' own files. */
declare const __PAGE_ASSETS__: { readonly script: string; readonly styles: readonly string[] };
