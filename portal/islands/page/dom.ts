// Small ways to build and to find elements; text is always set as text.

type Properties = Record<string, string | number | boolean | ((event: Event) => void)>;

/** A new element; `onclick` and its like are listeners, the others attributes; `true` is an empty attribute. */
export function el<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Properties = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (typeof value === "function") made.addEventListener(key.slice(2), value);
    else if (value !== false) made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children);
  return made;
}

/** Every island below, with its name. */
export function* islands(root: ParentNode): Generator<[string, HTMLElement]> {
  for (const place of root.querySelectorAll<HTMLElement>("[data-island]")) {
    yield [place.dataset["island"] ?? "", place];
  }
}

/** A part of an island that the template has marked. */
export function part(root: ParentNode, name: string): HTMLElement | null {
  return root.querySelector<HTMLElement>(`[data-part="${name}"]`);
}

/** Set the text only where it differs, so that nobody hears it twice. */
export function write(place: HTMLElement, text: string): void {
  if (place.textContent !== text) place.textContent = text;
}
