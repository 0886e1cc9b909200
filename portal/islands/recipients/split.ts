// A pasted list is cut into addresses; what is none is told apart and not lost. The service has the last word.

export interface Split {
  good: string[];
  bad: string[];
}

const SEPARATORS = ";,\n\r\t";
const NAMED = /^(?:[^<>"]|"[^"]*")*<([^<>]*)>\s*$/;
const ADDRESS = /^[^\s@<>"(),:;[\]\\]+@[^\s@<>"(),:;[\]\\.]+(?:\.[^\s@<>"(),:;[\]\\.]+)+$/u;

/** The address in `Nom <a@b>`, or the piece itself. */
export function addressIn(piece: string): string {
  return (NAMED.exec(piece)?.[1] ?? piece).trim();
}

export function isAddress(text: string): boolean {
  return text.length <= 254 && ADDRESS.test(text);
}

/** The addresses of a list, each once, and what cannot be read. Blanks separate addresses, not the words of a name. */
export function split(text: string): Split {
  const good = new Map<string, string>();
  const bad = new Set<string>();
  for (const piece of pieces(text)) {
    const words = isAddress(addressIn(piece)) ? [piece] : apart(piece);
    for (const word of words) {
      const address = addressIn(word);
      if (isAddress(address)) good.set(address.toLowerCase(), good.get(address.toLowerCase()) ?? address);
      else bad.add(word);
    }
  }
  return { good: [...good.values()], bad: [...bad] };
}

/** At blanks, when that yields addresses; else it is one piece that cannot be read. */
function apart(piece: string): string[] {
  const words = piece.match(/(?:"[^"]*"|[^\s<>"])*\s*<[^<>]*>|\S+/g) ?? [];
  return words.some((word) => isAddress(addressIn(word))) ? words.map((word) => word.trim()) : [piece];
}

/** A separator between double quotes belongs to a name. */
function pieces(text: string): string[] {
  const found: string[] = [""];
  const isBalanced = text.split('"').length % 2 === 1;
  let isQuoted = false;
  for (const character of text) {
    if (character === '"' && isBalanced) isQuoted = !isQuoted;
    if (SEPARATORS.includes(character) && !isQuoted) found.push("");
    else found[found.length - 1] += character;
  }
  return found.map((piece) => piece.trim()).filter((piece) => piece !== "");
}
