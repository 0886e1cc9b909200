import { expect, test } from "vitest";
import type { LimitsResponse } from "../api/upload";
import { type DraftContent, normalisePath, pathKey, validate } from "../uploader/limits";

const LIMITS: LimitsResponse = {
  total_bytes: { agent: 200, external: 100 },
  files: 3,
  refused_extensions: ["exe", "js"],
  path_characters: 40,
  folders: 2,
  name_characters: 40,
  recipients: 3,
  drafts: 3,
  subject_characters: 40,
  text_characters: 40,
  validity_days: { shortest: 1, longest: 14, usual: 7 },
  part_bytes: { smallest: 8, largest: 64 },
  languages: ["fr", "en"],
};
const NOTHING: DraftContent = { paths: [], count: 0, bytes: 0, role: "external" };
const file = (path: string, size = 1) => ({ path, file: { size } });
const formatSize = (bytes: number): string => `${bytes} o`;
const reasons = (...candidates: ReturnType<typeof file>[]) =>
  validate(candidates, LIMITS, NOTHING, formatSize).refused.map(({ reason }) => reason);

test.each([
  ["", "refused_empty_name"],
  ["dossier/ . ", "refused_empty_name"],
  ["a\nb", "refused_name"],
  ["a/b/c/d", "refused_depth"],
  ["a".repeat(41), "refused_length"],
  ["virus.EXE", "refused_extension"],
  ["virus.ｅｘｅ", "refused_extension"],
  ["virus.exe.", "refused_extension"],
])("%j is refused: %s", (path, reason) => expect(reasons(file(path))).toEqual([reason]));

test.each(["a.txt", "dossier/a.exe.txt", "exe", ".profile"])("%j is accepted", (path) =>
  expect(reasons(file(path))).toEqual([]),
);

test("an empty file is accepted", () => expect(reasons(file("vide.txt", 0))).toEqual([]));

test("the same name twice is refused, also in other case and other accents", () => {
  expect(reasons(file("Relevé.txt"), file("RELEVÉ.TXT".normalize("NFD")))).toEqual(["refused_duplicate"]);
});

test("the files that the draft holds already count", () => {
  const content = { ...NOTHING, paths: ["a"], count: 2, bytes: 90 };
  const { accepted, refused } = validate(
    [file("A"), file("large", 11), file("b", 10), file("c", 0)],
    LIMITS,
    content,
    formatSize,
  );
  expect(accepted.map(({ path }) => path)).toEqual(["b"]);
  expect(refused.map(({ reason }) => reason)).toEqual(["refused_duplicate", "refused_size", "refused_count"]);
  expect(refused[1]?.values).toEqual({ limit: "100 o", size: "11 o" });
});

test("a file that is too large leaves room for smaller ones", () => {
  const { accepted } = validate([file("a", 60), file("b", 60), file("c", 40)], LIMITS, NOTHING, formatSize);
  expect(accepted.map(({ path }) => path)).toEqual(["a", "c"]);
});

test("a path is compared as the service stores it", () => {
  expect(normalisePath("dossier\\a:b?.txt ")).toBe("dossier/a_b_.txt");
  expect(pathKey("É.TXT")).toBe("é.txt");
});
