// Which of the files that were picked may come? Said before the first byte, one by one; the good ones stay.
import type { Values } from "../page/words";

/** From the public document of limits. */
export interface Limits {
  total_bytes: Record<string, number>;
  files: number;
  refused_extensions: string[];
  path_characters: number;
  folders: number;
}

export interface Candidate {
  path: string;
  file: { size: number };
}

export interface Refusal {
  path: string;
  reason: string;
  values: Values;
}

export interface Present {
  paths: Iterable<string>;
  count: number;
  bytes: number;
  role: string;
}

export interface Sifted<Kind> {
  good: Kind[];
  refused: Refusal[];
}

/** The path as the service will keep it, as far as it matters for telling two of them apart. */
export function tidy(path: string): string {
  const seen = path
    .normalize("NFC")
    .replace(/\p{Cf}/gu, "")
    .replaceAll("\\", "/");
  const names = seen
    .split("/")
    .map((name) => name.trim().replace(/[<>:"|?*\u2044\u2215\u2216\u29f5\u29f8\u29f9\ufe68\uff0f\uff3c]/g, "_"));
  return names.map((name) => name.replace(/[\s.]+$/u, "")).join("/");
}

/** The same for all that a file system without case takes for the same. */
export function folded(path: string): string {
  return tidy(path).toLowerCase().normalize("NFC");
}

/** Part the good from the others; earlier ones go before later ones, and what is too large leaves room for what is not. */
export function sift<Kind extends Candidate>(
  candidates: Kind[],
  limits: Limits,
  present: Present,
  size: (bytes: number) => string,
): Sifted<Kind> {
  const taken = new Set([...present.paths].map(folded));
  const most = limits.total_bytes[present.role] ?? Infinity;
  let { count, bytes } = present;
  const sifted: Sifted<Kind> = { good: [], refused: [] };
  for (const one of candidates) {
    const refusal =
      byName(one.path, limits) ??
      (taken.has(folded(one.path)) ? (["refused_duplicate", {}] as const) : undefined) ??
      (count >= limits.files ? (["refused_count", { limit: limits.files }] as const) : undefined) ??
      (bytes + one.file.size > most
        ? (["refused_size", { limit: size(most), size: size(one.file.size) }] as const)
        : undefined);
    if (refusal) {
      sifted.refused.push({ path: one.path, reason: refusal[0], values: refusal[1] });
      continue;
    }
    taken.add(folded(one.path));
    count += 1;
    bytes += one.file.size;
    sifted.good.push(one);
  }
  return sifted;
}

type Reason = readonly [string, Values];

function byName(path: string, limits: Limits): Reason | undefined {
  const names = tidy(path).split("/");
  if (names.some((name) => name === "")) return ["refused_empty_name", {}];
  if (/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(path)) return ["refused_name", {}];
  if (names.length - 1 > limits.folders) return ["refused_depth", { limit: limits.folders }];
  if (tidy(path).length > limits.path_characters) return ["refused_length", { limit: limits.path_characters }];
  const [, extension] = /\.([^.]*)$/.exec(names.at(-1)!.normalize("NFKC").toLowerCase()) ?? [];
  return extension && limits.refused_extensions.includes(extension) ? ["refused_extension", { extension }] : undefined;
}
