// Compile every services/notify/mjml/<kind>.mjml into the Jinja2 template services/notify/compiled/<kind>.html.
//   node compile.mjs [<source folder> <target folder>]
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import mjml2html from "mjml";

const project = fileURLToPath(new URL("../..", import.meta.url));
const [sourceFolder = join(project, "services/notify/mjml"), targetFolder = join(project, "services/notify/compiled")] =
  process.argv.slice(2).map((given) => resolve(given));

const NAMESPACE = ' xmlns="http://www.w3.org/1999/xhtml"'; // superfluous in HTML, and a mail contains no address but ours

async function compile(path) {
  const options = { filePath: path, ignoreIncludes: false, keepComments: false, validationLevel: "strict", fonts: {} };
  const { html } = await mjml2html(readFileSync(path, "utf8"), options);
  const lines = html.replace(NAMESPACE, "").split("\n").map((line) => line.trim());
  return `${lines.filter(Boolean).join("\n")}\n`;
}

function writeAtomically(name, html) {
  const temporary = join(targetFolder, `.${name}.${process.pid}`); // a reader sees the old file or the new one
  writeFileSync(temporary, html);
  renameSync(temporary, join(targetFolder, name));
}

const kinds = readdirSync(sourceFolder).filter((name) => name.endsWith(".mjml"));
const compiled = await Promise.all(
  kinds.map(async (kind) => [`${basename(kind, ".mjml")}.html`, await compile(join(sourceFolder, kind))]),
);
mkdirSync(targetFolder, { recursive: true });
for (const [name, html] of compiled) writeAtomically(name, html);
const wanted = new Set(compiled.map(([name]) => name));
const obsolete = readdirSync(targetFolder).filter((name) => name.endsWith(".html") && !wanted.has(name));
for (const name of obsolete) rmSync(join(targetFolder, name), { force: true });
