import { expect, test } from "vitest";
import { sizeFormatter, translator } from "../page/i18n";

const UNITS = ["octet", "octets", "ko", "Mo", "Go", "To"];

test.each([
  [0, "0 octet"],
  [1, "1 octet"],
  [999, "999 octets"],
  [1_000, "1 ko"],
  [1_540_000, "1,5 Mo"],
  [41e6, "41 Mo"],
  [20e9, "20 Go"],
  [999_600, "1 Mo"],
])("%i bytes are %j", (bytes, text) => expect(sizeFormatter(UNITS, "fr")(bytes)).toBe(text.replace(" ", "\u00a0")));

test("placeholders are filled, and the number selects the form", () => {
  const t = translator({ file: { one: "{n} fichier", other: "{n} fichiers" }, at: "à {hours} h {minutes}" }, "fr");
  expect([0, 1, 2].map((n) => t("file", { n }))).toEqual(["0 fichier", "1 fichier", "2 fichiers"]);
  expect(t("at", { hours: "14", minutes: "05" })).toBe("à 14 h 05");
});
