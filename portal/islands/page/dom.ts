// Creates and finds elements; text is always set as text, never as HTML.

type Properties = Record<string, string | number | boolean | ((event: Event) => void)>;

/** Create an element. A function is a listener (`onclick`), the rest are attributes; `true` is an empty attribute. */
export function el<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Properties = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(key.slice(2), value);
    else if (value !== false) element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

/** Iterate over the islands below `root`, each with its name. */
export function* islands(root: ParentNode): Generator<[string, HTMLElement]> {
  for (const element of root.querySelectorAll<HTMLElement>("[data-island]")) {
    yield [element.dataset.island ?? "", element];
  }
}

/** Return the element below `root` that the template marks with `data-ref`. */
export function byRef(root: ParentNode, name: string): HTMLElement | null {
  return root.querySelector<HTMLElement>(`[data-ref="${name}"]`);
}

/** Set the text only if it differs, so that screen readers do not repeat it. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
