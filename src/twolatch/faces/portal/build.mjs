// Builds the portal's assets: node src/twolatch/faces/portal/build.mjs (after `npm ci` in phone/, whose esbuild is used).
// Every file gets its content's hash into its name, so that it can be kept for ever; files.json tells which is which.
import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const { buildSync } = createRequire(resolve(here, "../../../../phone/package.json"))("esbuild");
const target = join(here, "built");
const names = {};

function keep(name, content) {
  const extension = extname(name);
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 16);
  names[name] = `${name.slice(0, -extension.length)}.${hash}${extension}`;
  writeFileSync(join(target, names[name]), content);
}

function bundled(entry) {
  const { outputFiles } = buildSync({
    entryPoints: [join(here, entry)],
    bundle: true,
    minify: true,
    format: "esm",
    target: ["es2022", "safari16"],
    charset: "utf8",
    legalComments: "none",
    write: false,
  });
  return outputFiles[0].contents;
}

rmSync(target, { recursive: true, force: true });
mkdirSync(target);
keep("portal.js", bundled("scripts/portal.ts"));
keep("portal.css", bundled("assets/portal.css"));
keep("desk.js", bundled("scripts/desk.ts"));
keep("desk.css", bundled("assets/desk.css"));
keep("soft-card.js", bundled("scripts/soft-card.ts"));
keep("soft-card.css", bundled("assets/soft-card.css"));
writeFileSync(join(target, "files.json"), JSON.stringify(names, null, 2) + "\n");
