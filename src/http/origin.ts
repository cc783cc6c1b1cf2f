/**
 * Whose page speaks to us. A gateway on a laptop has no password, and a browser will send any page's requests to it: pages
 * of other origins are refused where the browser would not do so itself (WebSockets, uploads).
 */
export interface OriginRules {
  /** The gateway's own address as callers see it; absent: what they put into `Host`. */
  readonly publicUrl?: string | undefined;
  /** Other origins whose pages may use the gateway, for instance `https://studio.example`. */
  readonly allowedOrigins: readonly string[];
}

/** Where a caller reached the gateway, without a trailing slash. */
export function originOf({ publicUrl }: OriginRules, host: string | undefined): string {
  if (publicUrl !== undefined) return publicUrl.replace(/\/+$/, '');
  return `http://${host ?? 'localhost'}`;
}

/** Programs that are not browsers send no origin and may speak. */
export function allowsOrigin(rules: OriginRules, origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return true;
  if (rules.allowedOrigins.includes(origin)) return true;
  return URL.canParse(origin) && (new URL(origin).host === host || origin === originOf(rules, host));
}
