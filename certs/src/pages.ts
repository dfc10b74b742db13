import type { Locale } from '@edutrust/platform/messages';

/** How a page is shown. */
export interface PageView {
  readonly locale: Locale;
  /** The address that was asked for: language links return to it. */
  readonly path: string;
}

/** An authority in the public repository. Times are ISO 8601 UTC. */
export interface RepositoryEntry {
  readonly id: string;
  readonly name: string;
  readonly role: 'root' | 'people' | 'services';
  readonly notAfter: string;
  /** SHA-256 of the certificate, hexadecimal. */
  readonly sha256: string;
  readonly certificatePath: string;
  readonly list: { readonly path: string; readonly number: number; readonly nextUpdate: string } | null;
  readonly isRetired: boolean;
}

/** `/pki`: what anybody needs to trust our root and to check what we issue. */
export interface RepositoryProps {
  readonly authorities: readonly RepositoryEntry[];
  readonly ocspAddress: string;
  readonly timeStampAddress: string;
  /** Object identifiers of our policies. */
  readonly policies: {
    readonly official: string;
    readonly seal: string;
    readonly services: string;
    readonly timeStamps: string;
  };
}

/** The public page, a whole HTML document that works without JavaScript. Implemented by the screens. */
export interface CertsPages {
  repository(props: RepositoryProps, view: PageView): string;
}
