/** Options that stand before or after any command. */
export interface GlobalOptions {
  readonly config?: string;
  readonly data?: string;
  readonly verbose?: boolean;
}
