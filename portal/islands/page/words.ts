// The page's own words: a template puts them on the island, in the reader's language; none are written here.

type Forms = string | { one: string; other: string };
export type Values = Record<string, string | number>;
export type Say = (key: string, values?: Values) => string;

/** Words with `{name}` filled in; where there are two forms, `n` chooses. */
export function speaker(words: Record<string, Forms | string[]>, language: string): Say {
  const plural = new Intl.PluralRules(language);
  const number = new Intl.NumberFormat(language);
  return (key, values = {}) => {
    const forms = words[key];
    if (forms === undefined || Array.isArray(forms)) return key;
    const n = Number(values["n"] ?? 1);
    const text = typeof forms === "string" ? forms : forms[plural.select(n) === "one" ? "one" : "other"];
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = values[name];
      return value === undefined ? whole : typeof value === "number" ? number.format(value) : value;
    });
  };
}

export interface Vocabulary {
  say: Say;
  size: (bytes: number) => string;
}

/** The words of the nearest element that carries some. */
export function wordsOf(place: HTMLElement): Vocabulary {
  const text = place.closest<HTMLElement>("[data-words]")?.dataset["words"] ?? "{}";
  const words = JSON.parse(text) as Record<string, Forms | string[]>;
  const language = document.documentElement.lang || "fr";
  const units = words["units"];
  return { say: speaker(words, language), size: sizer(Array.isArray(units) ? units : [], language) };
}

const WIDE = "\u00a0";

/** `1,5 Mo`: decimal units, one digit after the comma below ten, as the pages themselves say it. */
export function sizer(units: string[], language: string): (bytes: number) => string {
  const [one = "", many = "", ...larger] = units;
  return (bytes) => {
    if (bytes < 1_000) return `${bytes}${WIDE}${new Intl.PluralRules(language).select(bytes) === "one" ? one : many}`;
    let value = bytes;
    let unit = "";
    for (const name of larger) {
      value /= 1_000;
      unit = name;
      if (value < 999.5) break;
    }
    const shown = new Intl.NumberFormat(language, { maximumFractionDigits: value < 9.95 ? 1 : 0 }).format(value);
    return `${shown}${WIDE}${unit}`;
  };
}
