// Compiles every services/notify/mjml/<kind>.mjml into services/notify/compiled/<kind>.html, which notify fills with Jinja2.
//   node compile.mjs [<folder of sources> <folder of results>]
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import mjml2html from "mjml";

const project = fileURLToPath(new URL("../..", import.meta.url));
const [sources = join(project, "services/notify/mjml"), results = join(project, "services/notify/compiled")] =
  process.argv.slice(2).map((given) => resolve(given));

const NAMESPACE = ' xmlns="http://www.w3.org/1999/xhtml"'; // HTML has no use for it, and a mail names no address but ours

async function compiled(path) {
  const options = { filePath: path, ignoreIncludes: false, keepComments: false, validationLevel: "strict", fonts: {} };
  const { html } = await mjml2html(readFileSync(path, "utf8"), options);
  const lines = html.replace(NAMESPACE, "").split("\n").map((line) => line.trim());
  return `${lines.filter(Boolean).join("\n")}\n`;
}

function put(name, html) {
  const beside = join(results, `.${name}.${process.pid}`); // whoever reads meanwhile sees the old one or the new one
  writeFileSync(beside, html);
  renameSync(beside, join(results, name));
}

const kinds = readdirSync(sources).filter((name) => name.endsWith(".mjml"));
const pages = await Promise.all(
  kinds.map(async (kind) => [`${basename(kind, ".mjml")}.html`, await compiled(join(sources, kind))]),
);
mkdirSync(results, { recursive: true });
for (const [name, html] of pages) put(name, html);
const wanted = new Set(pages.map(([name]) => name));
const left = readdirSync(results).filter((name) => name.endsWith(".html") && !wanted.has(name));
for (const name of left) rmSync(join(results, name), { force: true });
