// Resolve the newest versions for a folder (default: this one), and write package-lock.json with a hash for each package
// and without addresses.
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [, , argument] = process.argv;
const folder = argument ? pathToFileURL(`${resolve(argument)}/`) : new URL(".", import.meta.url);
const lock = new URL("package-lock.json", folder);
const INSTALL = ["install", "--package-lock-only", "--omit-lockfile-registry-resolved", "--ignore-scripts"];

rmSync(lock, { force: true });
rmSync(new URL("node_modules", folder), { recursive: true, force: true }); // otherwise npm would keep its versions
execFileSync("npm", [...INSTALL, "--no-audit", "--no-fund", "--loglevel=error"], { cwd: folder, stdio: "inherit" });
const resolved = JSON.parse(readFileSync(lock, "utf8"));
for (const entry of Object.values(resolved.packages)) {
  delete entry.resolved;
  delete entry.funding;
  delete entry.license;
}
writeFileSync(lock, `${JSON.stringify(resolved, null, 2)}\n`);
