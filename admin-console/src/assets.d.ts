declare module '*.css';

/** The address of a file that is served as it is. */
declare module '*?url' {
  const address: string;
  export default address;
}

/** Set by the build: the public pages' own files. */
declare const __PAGE_ASSETS__: { readonly script: string; readonly styles: readonly string[] };

/** Set by the build: the sprite's address; in pages that the server draws, what is inside each icon's file. */
declare const __ICONS__: { readonly sprite: string; readonly shapes: Readonly<Record<string, string>> };

/** Set by the build: what the phone's app opens with when there is no network. */
declare const __SHELL__: { readonly version: string; readonly files: readonly string[] };

/** Set by the build: the address of the judge of signed files, a script for a thread of a page. */
declare const __JUDGE__: string;
