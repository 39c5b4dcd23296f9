/**
 * Reading untrusted JSON: a shape says what is expected and gives a typed copy, or fails.
 *
 * A notebook's saved output may hold anything. So nothing is used as it came: strings lose what
 * a screen would obey, numbers are numbers, words come from lists, unknown fields are dropped,
 * and a field that is not as expected makes the whole View unreadable.
 */

export type Shape<T> = (value: unknown, where: string) => T;
export type Of<S> = S extends Shape<infer T> ? T : never;

export const LENGTH = 20_000;
export const CHARACTERS = 500_000;

const ANSI =
  // eslint-disable-next-line no-control-regex
  /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])|\x9b[0-?]*[ -/]*[@-~]/g;
const HIDDEN =
  // eslint-disable-next-line no-control-regex
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** The text without control sequences; hidden characters become visible escapes. */
export function plain(text: string): string {
  return text
    .replace(ANSI, '')
    .replace(HIDDEN, found => '\\u' + found.charCodeAt(0).toString(16).padStart(4, '0'));
}

export function refuse(where: string): never {
  throw new TypeError(`not a View: ${where}`);
}

export const text: Shape<string> = (value, where) =>
  typeof value === 'string' && value.length <= CHARACTERS ? plain(value) : refuse(where);

/** Text that is compared, never shown. */
export const raw: Shape<string> = (value, where) =>
  typeof value === 'string' && value.length <= CHARACTERS ? value : refuse(where);

export const number: Shape<number> = (value, where) =>
  typeof value === 'number' && Number.isFinite(value) ? value : refuse(where);

export const flag: Shape<boolean> = (value, where) =>
  typeof value === 'boolean' ? value : refuse(where);

export const word =
  <W extends string>(...words: W[]): Shape<W> =>
  (value, where) =>
    words.find(known => known === value) ?? refuse(where);

export const exactly =
  (wanted: number): Shape<number> =>
  (value, where) =>
    value === wanted ? wanted : refuse(where);

export const maybe =
  <T>(inner: Shape<T>): Shape<T | null> =>
  (value, where) =>
    value === null ? null : inner(value, where);

export const either =
  <A, B>(a: Shape<A>, b: Shape<B>): Shape<A | B> =>
  (value, where) => {
    try {
      return a(value, where);
    } catch {
      return b(value, where); // the second shape tells what is wrong
    }
  };

export const list =
  <T>(inner: Shape<T>): Shape<T[]> =>
  (value, where) =>
    Array.isArray(value) && value.length <= LENGTH
      ? value.map((item, place) => inner(item, `${where}[${place}]`))
      : refuse(where);

/** Names to values, on an object without a prototype so that no name means anything. */
export const named =
  <T>(inner: Shape<T>): Shape<Record<string, T>> =>
  (value, where) => {
    const result = Object.create(null) as Record<string, T>;
    for (const [name, item] of Object.entries(object(value, where))) {
      result[plain(name)] = inner(item, `${where}.${name}`);
    }
    return result;
  };

export const fields =
  <F extends Record<string, Shape<unknown>>>(
    shapes: F
  ): Shape<{ [K in keyof F]: Of<F[K]> }> =>
  (value, where) => {
    const given = object(value, where);
    const result: Record<string, unknown> = {};
    for (const [name, shape] of Object.entries(shapes)) {
      result[name] = shape(Object.hasOwn(given, name) ? given[name] : undefined, `${where}.${name}`);
    }
    return result as { [K in keyof F]: Of<F[K]> };
  };

function object(value: unknown, where: string): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : refuse(where);
}
