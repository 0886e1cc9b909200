// Settles the versions of a folder anew, this one's if none is named: package-lock.json with a hash for each package, and
// no address in it.
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [, , named] = process.argv;
const folder = named ? pathToFileURL(`${resolve(named)}/`) : new URL(".", import.meta.url);
const lock = new URL("package-lock.json", folder);
const settle = ["install", "--package-lock-only", "--omit-lockfile-registry-resolved", "--ignore-scripts"];

rmSync(lock, { force: true });
rmSync(new URL("node_modules", folder), { recursive: true, force: true }); // else npm would read versions from there
execFileSync("npm", [...settle, "--no-audit", "--no-fund", "--loglevel=error"], { cwd: folder, stdio: "inherit" });
const settled = JSON.parse(readFileSync(lock, "utf8"));
for (const entry of Object.values(settled.packages)) {
  delete entry.resolved;
  delete entry.funding;
  delete entry.license;
}
writeFileSync(lock, `${JSON.stringify(settled, null, 2)}\n`);
