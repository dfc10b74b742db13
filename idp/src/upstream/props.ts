/** Accounts of other houses that a person signs in with; times are ISO 8601 UTC. */
export interface UpstreamProps {
  readonly providers: readonly {
    readonly name: string;
    /** Link that leaves for the other house; null when it is linked. */
    readonly linkPath: string | null;
    /** Form without fields; null when it is not linked. */
    readonly unlinkAction: string | null;
    readonly linkedAt: string | null;
    readonly lastUsedAt: string | null;
  }[];
  readonly error?: { readonly field?: string; readonly detail: string; readonly remedy?: string };
  readonly accountPath: string;
}
