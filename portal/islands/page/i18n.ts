// Translates with the messages that the template puts on the island, in the reader's language; scripts hold none.

type Forms = string | { one: string; other: string };
export type Values = Record<string, string | number>;
export type Translate = (key: string, values?: Values) => string;

/** Return a function that fills `{name}` in a message; of two forms, the value `n` selects one. */
export function translator(messages: Record<string, Forms | string[]>, language: string): Translate {
  const plural = new Intl.PluralRules(language);
  const number = new Intl.NumberFormat(language);
  return (key, values = {}) => {
    const forms = messages[key];
    if (forms === undefined || Array.isArray(forms)) return key;
    const n = Number(values.n ?? 1);
    const text = typeof forms === "string" ? forms : forms[plural.select(n) === "one" ? "one" : "other"];
    return text.replace(/\{(\w+)\}/g, (placeholder, name: string) => {
      const value = values[name] ?? placeholder;
      return typeof value === "number" ? number.format(value) : value;
    });
  };
}

export interface I18n {
  t: Translate;
  formatSize: (bytes: number) => string;
}

/** Return the messages of the nearest element that carries some. */
export function i18nOf(root: HTMLElement): I18n {
  const json = root.closest<HTMLElement>("[data-messages]")?.dataset.messages ?? "{}";
  const messages = JSON.parse(json) as Record<string, Forms | string[]>;
  const language = document.documentElement.lang || "fr";
  const { units } = messages;
  return {
    t: translator(messages, language),
    formatSize: sizeFormatter(Array.isArray(units) ? units : [], language),
  };
}

const NO_BREAK_SPACE = "\u00a0";

/** Return a function that formats bytes as the pages do, `1,5 Mo`: decimal units, one decimal place below ten. */
export function sizeFormatter(units: string[], language: string): (bytes: number) => string {
  const [singular = "", plural = "", ...multiples] = units;
  return (bytes) => {
    if (bytes < 1_000) {
      const isOne = new Intl.PluralRules(language).select(bytes) === "one";
      return `${bytes}${NO_BREAK_SPACE}${isOne ? singular : plural}`;
    }
    let value = bytes;
    let unit = "";
    for (const name of multiples) {
      value /= 1_000;
      unit = name;
      if (value < 999.5) break;
    }
    const formatted = new Intl.NumberFormat(language, { maximumFractionDigits: value < 9.95 ? 1 : 0 }).format(value);
    return `${formatted}${NO_BREAK_SPACE}${unit}`;
  };
}
