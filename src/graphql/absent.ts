type WithoutNulls<T> = { [Key in keyof T]: Exclude<T[Key], null> };

/** GraphQL tells a null field from an absent one; services do not: fields that are null are left out. One level deep. */
export function nullsToAbsent<T extends object>(input: T | null | undefined): WithoutNulls<Partial<T>> | undefined;
export function nullsToAbsent(input: object | null | undefined): object | undefined {
  if (input === null || input === undefined) return undefined;
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null && value !== undefined));
}
