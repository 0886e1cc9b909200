// Validates the files that were selected before anything is sent: each refused one has its reason, the others are accepted.
import type { LimitsResponse, Sender } from "../api/upload";
import type { Values } from "../page/i18n";

export interface Candidate {
  path: string;
  file: { size: number };
}

/** `reason` is the key of a message, `values` are what it is filled with. */
export interface FileRefusal {
  path: string;
  reason: string;
  values: Values;
}

/** What the draft holds already; `role` is its sender's. */
export interface DraftContent {
  paths: Iterable<string>;
  count: number;
  bytes: number;
  role: Sender["role"];
}

export interface Validation<Kind> {
  accepted: Kind[];
  refused: FileRefusal[];
}

const UNSAFE_CHARACTERS = /[<>:"|?*\u2044\u2215\u2216\u29f5\u29f8\u29f9\ufe68\uff0f\uff3c]/g;

/** Return the path as the service will store it, as far as needed to detect duplicates. */
export function normalisePath(path: string): string {
  const visible = path
    .normalize("NFC")
    .replace(/\p{Cf}/gu, "")
    .replaceAll("\\", "/");
  const names = visible.split("/").map((name) => name.trim().replace(UNSAFE_CHARACTERS, "_"));
  return names.map((name) => name.replace(/[\s.]+$/u, "")).join("/");
}

/** Return the same key for all paths that a case-insensitive file system considers equal. */
export function pathKey(path: string): string {
  return normalisePath(path).toLowerCase().normalize("NFC");
}

/** Validate files in order; one that is too large leaves room for the smaller ones after it. */
export function validate<Kind extends Candidate>(
  candidates: Kind[],
  limits: LimitsResponse,
  content: DraftContent,
  formatSize: (bytes: number) => string,
): Validation<Kind> {
  const keys = new Set([...content.paths].map(pathKey));
  const maxBytes = limits.total_bytes[content.role];
  let { count, bytes } = content;
  const validation: Validation<Kind> = { accepted: [], refused: [] };
  for (const candidate of candidates) {
    const { path, file } = candidate;
    const refusal =
      nameRefusal(path, limits) ??
      (keys.has(pathKey(path)) ? (["refused_duplicate", {}] as const) : undefined) ??
      (count >= limits.files ? (["refused_count", { limit: limits.files }] as const) : undefined) ??
      (bytes + file.size > maxBytes
        ? (["refused_size", { limit: formatSize(maxBytes), size: formatSize(file.size) }] as const)
        : undefined);
    if (refusal) {
      validation.refused.push({ path, reason: refusal[0], values: refusal[1] });
      continue;
    }
    keys.add(pathKey(path));
    count += 1;
    bytes += file.size;
    validation.accepted.push(candidate);
  }
  return validation;
}

function nameRefusal(path: string, limits: LimitsResponse): readonly [string, Values] | undefined {
  const normalised = normalisePath(path);
  const names = normalised.split("/");
  if (names.some((name) => name === "")) return ["refused_empty_name", {}];
  if (/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(path)) return ["refused_name", {}];
  if (names.length - 1 > limits.folders) return ["refused_depth", { limit: limits.folders }];
  if (normalised.length > limits.path_characters) return ["refused_length", { limit: limits.path_characters }];
  const [, extension] = /\.([^.]*)$/.exec((names.at(-1) ?? "").normalize("NFKC").toLowerCase()) ?? [];
  return extension && limits.refused_extensions.includes(extension) ? ["refused_extension", { extension }] : undefined;
}
